"""Which agents can take work now, in the order in which they should get it, by each rule that some queue goes by.

Least work, then longest idle, then name is always kept; the other orders only where the plan asks for them. Agents with
too little of the hour behind them count as the pool's median, so that nobody back from a break is flooded.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter

from kindline.language.ids import Instant
from kindline.language.queue_rules import AgentChoice
from kindline.routing.domain.choosing import RANKS, Turn
from kindline.routing.domain.line_up import CHANNELS, LineUp
from kindline.routing.domain.places import Place, Suits, Work, reckoned
from kindline.routing.domain.scores import Scores
from kindline.routing.domain.served import Able, Numbers

RANK = attrgetter("rank")
"""Where somebody with room stands by least work while nobody is a newcomer."""


class Standing:
    """The agents of one pool in order, as of a minute."""

    __slots__ = ("_few", "_known", "_newcomers", "_room", "_roster", "_scores", "_turns", "minute", "places", "scores")

    def __init__(
        self, minute: Instant, rules: Iterable[AgentChoice], few: Callable[[Able, int], Numbers | None]
    ) -> None:
        """Begin with nobody; keep the order of these rules, too.

        `few` finds all who are able where these are few of so many agents.
        """
        self._turns = {rule: Turn(rule) for rule in rules if rule in RANKS}
        self.places: dict[str, Place] = {}
        self._roster: list[Place] = []
        self._few = few
        # What most are left out by, side by side: agents' own places lie far from each other.
        self._room = bytearray()
        self._scores = array("d")
        self.minute = minute
        self.scores = Scores(self._roster, minute)
        self._known = LineUp()
        self._newcomers = LineUp()

    def admit(self, place: Place) -> None:
        """There is one agent more."""
        place.number = len(self._roster)
        self._roster.append(place)
        self._room.append(0)
        self._scores.append(0.0)
        self.places[place.agent.agent_id] = place

    def of(self, bits: int) -> Iterator[Place]:
        """Those whose bits are set."""
        return (place for place in self._roster if bits >> place.number & 1)

    def turn(self, rule: AgentChoice) -> Turn | None:
        """The order of a rule that has one of its own."""
        return self._turns.get(rule)

    def put(self, place: Place) -> None:
        """Bring an agent's place up to what is known of the agent now."""
        for turn in self._turns.values():
            turn.put(place)
        former, before, shown, mask = place.score, place.rank, place.shown, place.mask
        if mask | place.over:
            score, rank = self._reckon(place)
            if score == former and rank == before and shown == mask:
                return
        else:
            # Whoever has no room stands nowhere: what they were given is reckoned when it is asked for.
            score, rank = former, None
            self.scores.overlook(place)
        if before is not None:
            (self._newcomers if former is None else self._known).remove(before, shown)
        self.scores.give(place, score)
        place.rank = rank
        if rank is not None:
            (self._newcomers if score is None else self._known).add(rank, mask)
            self._scores[place.number] = rank[0]
        place.shown = mask
        self._room[place.number] = mask & CHANNELS

    def _reckon(self, place: Place) -> tuple[float | None, Work | None]:
        agent = place.agent
        score = reckoned(agent, self.minute)
        return score, (score or 0.0, agent.idle_rank, agent.agent_id, place) if place.mask else None

    def roll(self, minute: Instant) -> None:
        """Another minute begins: everybody's score moves on, so all who have room are put in order at once."""
        self.minute = minute
        self.scores.roll(minute)
        places = [place for place in self._roster if place.mask | place.over]
        for place in places:
            place.score, place.rank = self._reckon(place)
            self._scores[place.number] = place.score or 0.0
        self._known.fill(place.rank for place in places if place.rank and place.score is not None)
        self._newcomers.fill(place.rank for place in places if place.rank and place.score is None)

    def least_work(self, place: Place) -> float:
        """The score of anybody who is present, a newcomer's the median."""
        return self.scores.median() if place.score is None else place.score

    def work(self, place: Place) -> Work:
        """Where an agent with room stands by least work, a newcomer at the median."""
        if place.rank is None:
            raise LookupError(place.agent.agent_id)
        return place.rank if place.score is not None else (self.scores.median(), *place.rank[1:])

    def best(self, turn: Turn | None, bit: int, suits: Suits | None, able: Able) -> Place | None:
        """The first in turn, or by least work, of the able who have room for this bit and suit, or None."""
        numbers = self._few(able, len(self._roster))
        if numbers is not None:
            return self._first_of(self._with_room(able, numbers, bit), turn, suits)
        if turn is not None:
            return turn.order.first(able, bit, suits)
        first = self._known.first(able, bit, suits)
        newcomer = self._newcomers.first(able, bit, suits) if self._newcomers else None
        if first is None or newcomer is None:
            return first or newcomer
        return min(first, newcomer, key=self.work)

    def _with_room(self, able: Able, numbers: Numbers, bit: int) -> list[int]:
        """Which of these few have room for a bit."""
        room, channel = self._room, bit & CHANNELS
        if not channel:
            return [number for number in numbers if self._roster[number].mask & bit]
        return [number for number in numbers if room[number] & channel]

    def _first_of(self, left: list[int], turn: Turn | None, suits: Suits | None) -> Place | None:
        """The same, where these are all who are able and have room."""
        if len(left) > 1 and suits is None and turn is None and not self._newcomers:
            scores = [self._scores[number] for number in left]
            least = min(scores)
            left = [left[scores.index(least)]] if scores.count(least) == 1 else left
        wanted = [self._roster[number] for number in left]
        if suits is not None:
            wanted = [place for place in wanted if suits(place.agent)]
        if len(wanted) <= 1:
            return wanted[0] if wanted else None
        return min(wanted, key=turn.rank if turn else self.work if self._newcomers else RANK)
