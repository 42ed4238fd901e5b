"""Which agents can take work now, in the order in which they should get it, by each rule that some queue goes by.

Least work, then longest idle, then name is always kept; the other orders only where the plan asks for them. Agents with
too little of the hour behind them count as the pool's median, so that nobody back from a break is flooded.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from itertools import islice

from kindline.language.ids import Instant
from kindline.language.queue_rules import AgentChoice
from kindline.routing.domain.choosing import RANKS, Rank, Turn
from kindline.routing.domain.places import Place, Wanted, Work, reckoned
from kindline.routing.domain.profile import Profile
from kindline.routing.domain.scores import Scores

PATIENCE = 4
"""How many times longer than is to be expected the order is walked before the able are looked at one and all."""


class Standing:
    """The agents of one pool in order, as of a minute."""

    __slots__ = ("_known", "_newcomers", "_ready", "_turns", "minute", "places", "scores")

    def __init__(self, minute: Instant, rules: Iterable[AgentChoice] = ()) -> None:
        """Begin with nobody; keep the order of these rules, too."""
        self._turns = {rule: Turn(rule) for rule in rules if rule in RANKS}
        self.places: dict[str, Place] = {}
        self.minute = minute
        self.scores = Scores(self.places, minute)
        self._known: list[Work] = []
        self._newcomers: list[Work] = []
        self._ready: set[Profile] = set()

    @property
    def median(self) -> float:
        """The middle score of those who are at work long enough to have one; 0 when nobody is."""
        return self.scores.median()

    @property
    def ready(self) -> int:
        """How many have room on some channel."""
        return len(self._known) + len(self._newcomers)

    def put(self, place: Place) -> None:
        """Bring an agent's place up to what is known of the agent now; what did not change is not touched."""
        for turn in self._turns.values():
            turn.put(place.agent, ready=bool(place.mask))
        score, rank = self._reckon(place)
        former, before = place.score, place.rank
        if score == former and rank == before and place.profile is (place.counted or place.profile):
            return
        if before is not None:
            ranks = self._newcomers if former is None else self._known
            del ranks[bisect_left(ranks, before)]
        self.scores.give(place, score)
        place.rank = rank
        self._count(place)
        if rank is not None:
            insort(self._newcomers if score is None else self._known, rank)

    def _count(self, place: Place) -> None:
        """Count a place among the ready of its profile, or no more."""
        former, place.counted = place.counted, place.profile if place.rank else None
        if former is place.counted:
            return
        if former is not None:
            former.ready -= 1
            if not former.ready:
                self._ready.discard(former)
        if place.counted is not None:
            place.counted.ready += 1
            self._ready.add(place.counted)

    def _reckon(self, place: Place) -> tuple[float | None, Work | None]:
        score = reckoned(place.agent, self.minute)
        return score, (score or 0.0, place.agent.idle_rank, place.agent.agent_id) if place.mask else None

    def roll(self, minute: Instant) -> None:
        """Another minute begins: everybody's score moves on, so all who have room are put in order at once."""
        self.minute = minute
        self.scores.roll(minute)
        places = [place for place in self.places.values() if place.mask | place.over]
        for place in places:
            place.score, place.rank = self._reckon(place)
        self._known = sorted(place.rank for place in places if place.rank and place.score is not None)
        self._newcomers = sorted(place.rank for place in places if place.rank and place.score is None)

    def least_work(self, place: Place) -> float:
        """The score of anybody who is present, a newcomer's the median."""
        return self.median if place.score is None else place.score

    def work(self, place: Place) -> Work:
        """Where an agent with room stands by least work, a newcomer at the median."""
        if place.rank is None:
            raise LookupError(place.agent.agent_id)
        return place.rank if place.score is not None else (self.median, *place.rank[1:])

    def best(self, rule: AgentChoice, wanted: Wanted, servers: set[Profile], share: float) -> Place | None:
        """The first by a rule of those who are wanted, or None; `servers` are all profiles that serve the class.

        The order is walked where a large share is able, for then the first is soon found; else the able are looked at.
        """
        steps = int(PATIENCE / share) if share else 0
        if steps < PATIENCE * share * len(self.places):
            turn = self._turns.get(rule)
            orders = (turn.order,) if turn else (self._known, self._newcomers)
            found = [self._walk(order, wanted, servers, steps) for order in orders]
            if not any(place is None and len(order) > steps for place, order in zip(found, orders, strict=True)):
                places = [place for place in found if place is not None]
                return min(places, key=self.work) if len(places) > 1 else places[0] if places else None
        return self.best_among(rule, wanted, servers)

    def best_among(self, rule: AgentChoice, wanted: Wanted, servers: set[Profile]) -> Place | None:
        """As `best`, by looking at every member of these profiles."""
        turn, median = self._turns.get(rule), self.median
        best: Place | None = None
        first: Rank = ()
        for profile in servers & self._ready:
            for place in profile.members.values():
                rank = place.rank
                if rank is None or not place.mask & wanted.bit:
                    continue
                if turn is not None:
                    standing: Rank = turn.ranks[rank[-1]]
                else:
                    standing = rank if place.score is not None else (median, *rank[1:])
                if (best is None or standing < first) and wanted.suits(place.agent):
                    best, first = place, standing
        return best

    def _walk(self, order: Sequence[Rank], wanted: Wanted, servers: set[Profile], steps: int) -> Place | None:
        """The first in an order who is wanted, among so many; None when none of them is."""
        places, bit = self.places, wanted.bit
        for rank in islice(order, steps):
            place = places[rank[-1]]
            if place.mask & bit and place.profile in servers and wanted.suits(place.agent):
                return place
        return None
