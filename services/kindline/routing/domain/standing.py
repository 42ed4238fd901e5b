"""Which agents can take work now, in the order in which they should get it: least work, then longest idle, then name.

Agents with too little of the hour behind them count as the pool's median, so that nobody back from a break is flooded.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass

from kindline.language.ids import Instant
from kindline.language.plan import AgentPlan
from kindline.routing.domain import effort
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.waiting import Profile

Rank = tuple[float, Instant, str]
"""Score, idle since, agent: lowest first."""


@dataclass(slots=True, eq=False)
class Place:
    """What matching knows of one agent. `mask` has a bit for each channel with room; `score` is None for newcomers."""

    agent: Agent
    profile: Profile
    plan: AgentPlan
    mask: int = 0
    score: float | None = None
    rank: Rank | None = None
    counted: bool = False


class Standing:
    """The agents of one pool in order, as of a minute."""

    __slots__ = ("_known", "_newcomers", "_scores", "minute", "places")

    def __init__(self, minute: Instant) -> None:
        """Begin with nobody."""
        self.places: dict[str, Place] = {}
        self.minute = minute
        self._known: list[Rank] = []
        self._newcomers: list[Rank] = []
        self._scores: list[float] = []

    @property
    def median(self) -> float:
        """The middle score of those who are at work long enough to have one; 0 when nobody is."""
        middle = len(self._scores) // 2
        return self._scores[middle] if self._scores else 0.0

    def put(self, place: Place, mask: int) -> None:
        """Bring an agent's place up to what is known of the agent now."""
        self._take_out(place)
        agent = place.agent
        place.mask = mask
        place.score = None
        if agent.is_present:
            place.score = effort.reckon(agent.spans, running=agent.running, load=agent.load, minute=self.minute)
            if place.score is not None:
                place.counted = True
                insort(self._scores, place.score)
        if mask:
            place.rank = (place.score or 0.0, agent.idle_rank, agent.agent_id)
            insort(self._known if place.score is not None else self._newcomers, place.rank)

    def roll(self, minute: Instant) -> None:
        """Another minute begins: everybody's score moves on."""
        self.minute = minute
        for place in self.places.values():
            self.put(place, place.mask)

    def best(self, suits: Callable[[Place], bool]) -> tuple[Place, float] | None:
        """The first in order who suits, with their score, or None."""
        known = self._first(self._known, suits)
        newcomer = self._first(self._newcomers, suits)
        if newcomer is None or newcomer.rank is None:
            return None if known is None or known.rank is None else (known, known.rank[0])
        score = self.median
        if known is None or known.rank is None or (score, *newcomer.rank[1:]) < known.rank:
            return newcomer, score
        return known, known.rank[0]

    def _first(self, ranks: list[Rank], suits: Callable[[Place], bool]) -> Place | None:
        places = self.places
        for rank in ranks:
            place = places[rank[2]]
            if suits(place):
                return place
        return None

    def _take_out(self, place: Place) -> None:
        if place.rank is not None:
            ranks = self._known if place.score is not None else self._newcomers
            del ranks[bisect_left(ranks, place.rank)]
            place.rank = None
        if place.counted and place.score is not None:
            del self._scores[bisect_left(self._scores, place.score)]
            place.counted = False
