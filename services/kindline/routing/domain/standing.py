"""Which agents can take work now, in the order in which they should get it, by each rule that some queue goes by.

Least work, then longest idle, then name is always kept; the other orders only where the plan asks for them. Agents with
too little of the hour behind them count as the pool's median, so that nobody back from a break is flooded.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kindline.language.ids import Instant
from kindline.language.plan import AgentPlan
from kindline.language.queue_rules import AgentChoice
from kindline.routing.domain import effort
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.choosing import RANKS, Rank, Turn
from kindline.routing.domain.profile import Profile

Work = tuple[float, Instant, str]
"""Score, idle since, agent: lowest first."""


@dataclass(slots=True, eq=False)
class Place:
    """What matching knows of one agent.

    `mask` has a bit for each channel with room, `over` for each that could have it by interrupting other work only;
    `score` is None for newcomers.
    """

    agent: Agent
    profile: Profile
    plan: AgentPlan
    mask: int = 0
    over: int = 0
    score: float | None = None
    rank: Work | None = None


def reckoned(agent: Agent, minute: Instant) -> float | None:
    """What an agent was given for the time they were there, as of a minute; None for a newcomer or nobody present."""
    if not agent.is_present:
        return None
    return effort.reckon(agent.spans, agent.sums, running=agent.running, load=agent.load, minute=minute)


class Standing:
    """The agents of one pool in order, as of a minute."""

    __slots__ = ("_known", "_newcomers", "_scores", "_turns", "minute", "places")

    def __init__(self, minute: Instant, rules: Iterable[AgentChoice] = ()) -> None:
        """Begin with nobody; keep the order of these rules, too."""
        self._turns = {rule: Turn(rule) for rule in rules if rule in RANKS}
        self.places: dict[str, Place] = {}
        self.minute = minute
        self._known: list[Work] = []
        self._newcomers: list[Work] = []
        self._scores: list[float] = []

    @property
    def median(self) -> float:
        """The middle score of those who are at work long enough to have one; 0 when nobody is."""
        middle = len(self._scores) // 2
        return self._scores[middle] if self._scores else 0.0

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
        if score == former and rank == before:
            return
        if before is not None:
            ranks = self._newcomers if former is None else self._known
            del ranks[bisect_left(ranks, before)]
        if score != former:
            if former is not None:
                del self._scores[bisect_left(self._scores, former)]
            if score is not None:
                insort(self._scores, score)
        place.score, place.rank = score, rank
        if rank is not None:
            insort(self._newcomers if score is None else self._known, rank)

    def _reckon(self, place: Place) -> tuple[float | None, Work | None]:
        score = reckoned(place.agent, self.minute)
        return score, (score or 0.0, place.agent.idle_rank, place.agent.agent_id) if place.mask else None

    def roll(self, minute: Instant) -> None:
        """Another minute begins: everybody's score moves on, so all are put in order at once."""
        self.minute = minute
        for place in self.places.values():
            place.score, place.rank = self._reckon(place)
        places = self.places.values()
        self._scores = sorted(place.score for place in places if place.score is not None)
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

    def best(self, rule: AgentChoice, suits: Callable[[Place], bool]) -> Place | None:
        """The first by a rule who suits, or None."""
        turn = self._turns.get(rule)
        if turn is not None:
            return self._first(turn.order, suits)
        known = self._first(self._known, suits)
        newcomer = self._first(self._newcomers, suits)
        if known is None or newcomer is None:
            return known or newcomer
        return min(known, newcomer, key=self.work)

    def best_among(
        self, rule: AgentChoice, profiles: Iterable[Profile], suits: Callable[[Place], bool]
    ) -> Place | None:
        """As `best`, where only the members of these profiles can suit."""
        turn = self._turns.get(rule)
        best: Place | None = None
        first: Rank | None = None
        for profile in profiles:
            for name in profile.members:
                place = self.places[name]
                if place.rank is not None and suits(place):
                    rank = turn.ranks[name] if turn else self.work(place)
                    if first is None or rank < first:
                        best, first = place, rank
        return best

    def _first(self, ranks: Sequence[Rank], suits: Callable[[Place], bool]) -> Place | None:
        places = self.places
        for rank in ranks:
            place = places[rank[-1]]
            if suits(place):
                return place
        return None
