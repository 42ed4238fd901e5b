"""Which agents can take work now, in the order in which they should get it: least work, then longest idle, then name.

Agents with too little of the hour behind them count as the pool's median, so that nobody back from a break is flooded.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kindline.language.ids import Instant
from kindline.language.plan import AgentPlan
from kindline.routing.domain import effort
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.profiles import Profile

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

    @property
    def ready(self) -> int:
        """How many have room on some channel."""
        return len(self._known) + len(self._newcomers)

    def put(self, place: Place, mask: int) -> None:
        """Bring an agent's place up to what is known of the agent now; what did not change is not touched."""
        agent = place.agent
        score: float | None = None
        if agent.is_present:
            score = effort.reckon(agent.spans, agent.sums, running=agent.running, load=agent.load, minute=self.minute)
        rank = (score or 0.0, agent.idle_rank, agent.agent_id) if mask else None
        place.mask = mask
        if score == place.score and rank == place.rank:
            return
        if place.rank is not None:
            ranks = self._newcomers if place.score is None else self._known
            del ranks[bisect_left(ranks, place.rank)]
        if score != place.score:
            if place.score is not None:
                del self._scores[bisect_left(self._scores, place.score)]
            if score is not None:
                insort(self._scores, score)
        place.score, place.rank = score, rank
        if rank is not None:
            insort(self._newcomers if score is None else self._known, rank)

    def roll(self, minute: Instant) -> None:
        """Another minute begins: everybody's score moves on."""
        self.minute = minute
        for place in self.places.values():
            self.put(place, place.mask)

    def rank(self, place: Place) -> Rank:
        """Where an agent with room stands, a newcomer at the median."""
        if place.rank is None:
            raise LookupError(place.agent.agent_id)
        return place.rank if place.score is not None else (self.median, *place.rank[1:])

    def best(self, suits: Callable[[Place], bool]) -> Place | None:
        """The first in order who suits, or None."""
        known = self._first(self._known, suits)
        newcomer = self._first(self._newcomers, suits)
        if known is None or newcomer is None:
            return known or newcomer
        return min(known, newcomer, key=self.rank)

    def best_among(self, profiles: Iterable[Profile], suits: Callable[[Place], bool]) -> Place | None:
        """As `best`, where only the members of these profiles can suit."""
        best: Place | None = None
        first: Rank | None = None
        for profile in profiles:
            for name in profile.members:
                place = self.places[name]
                if place.rank is not None and suits(place):
                    rank = self.rank(place)
                    if first is None or rank < first:
                        best, first = place, rank
        return best

    def _first(self, ranks: list[Rank], suits: Callable[[Place], bool]) -> Place | None:
        places = self.places
        for rank in ranks:
            place = places[rank[2]]
            if suits(place):
                return place
        return None
