"""Least work, then longest idle, then name: the order in which the agents of a pool come next, as of a minute.

Agents with too little of the hour behind them count as the pool's median, so that nobody back from a break is flooded.

Any pool may be asked for this order: by queues that left the plan, by interrupting, and for what a newcomer counts. But
where no queue of the plan goes by it, it is made when it is first asked for in a minute, and kept until that ends.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from operator import attrgetter

from kindline.language.ids import Instant
from kindline.routing.domain.line_up import LineUp
from kindline.routing.domain.places import Place, Suits, Work, reckoned
from kindline.routing.domain.scores import Scores
from kindline.routing.domain.served import Able

RANK = attrgetter("rank")
"""Where somebody with room stands while nobody is a newcomer."""


class LeastWork:
    """The agents of one pool who have room, in this order."""

    __slots__ = ("_column", "_is_kept", "_is_usual", "_known", "_minute", "_newcomers", "_roster", "_scores")

    def __init__(self, roster: Sequence[Place], minute: Instant, *, is_usual: bool) -> None:
        """Begin with nobody; the caller adds to the roster, and says whether any queue of the plan goes by this."""
        self._roster = roster
        self._minute = minute
        self._is_usual = self._is_kept = is_usual
        self._scores = Scores(roster, minute)
        # The scores of those who have room side by side: agents' own places lie far from each other.
        self._column = array("d")
        self._known = LineUp()
        self._newcomers = LineUp()

    def admit(self) -> None:
        """There is one agent more on the roster."""
        self._column.append(0.0)

    def overlook(self, place: Place) -> None:
        """Somebody without room, who had none before, has changed."""
        self._scores.overlook(place)

    def put(self, place: Place) -> None:
        """Bring an agent's place up to what is known of the agent now."""
        if not self._is_kept:
            return
        former, before, shown, mask = place.score, place.rank, place.shown, place.mask
        if mask | place.over:
            score, rank = self._reckon(place)
            if score == former and rank == before and shown == mask:
                return
        else:
            # Whoever has no room stands nowhere: what they were given is reckoned when it is asked for.
            score, rank = former, None
            self._scores.overlook(place)
        if before is not None:
            (self._newcomers if former is None else self._known).remove(before, shown)
        self._scores.give(place, score)
        place.rank = rank
        if rank is not None:
            (self._newcomers if score is None else self._known).add(rank, mask)
            self._column[place.number] = rank[0]

    def _reckon(self, place: Place) -> tuple[float | None, Work | None]:
        agent = place.agent
        score = reckoned(agent, self._minute)
        return score, (score or 0.0, agent.idle_rank, agent.agent_id, place) if place.mask else None

    def roll(self, minute: Instant) -> None:
        """Another minute begins: everybody's score moves on, so all who have room are put in order at once."""
        self._minute = minute
        self._scores.roll(minute)
        self._is_kept = False
        if self._is_usual:
            self.keep()

    def keep(self) -> None:
        """Somebody asks for the order: it is kept until the minute ends."""
        if self._is_kept:
            return
        self._is_kept = True
        for place in self._roster:
            # What is left of another minute says nothing.
            place.rank = None
        places = [place for place in self._roster if place.mask | place.over]
        for place in places:
            place.score, place.rank = self._reckon(place)
            self._column[place.number] = place.score or 0.0
        self._known.fill(place.rank for place in places if place.rank and place.score is not None)
        self._newcomers.fill(place.rank for place in places if place.rank and place.score is None)

    def median(self) -> float:
        """The middle score of those who are at work long enough to have one; 0 when nobody is."""
        self.keep()
        return self._scores.median()

    def score(self, place: Place) -> float:
        """The score of anybody who is present, a newcomer's the median."""
        self.keep()
        return self._scores.median() if place.score is None else place.score

    def rank(self, place: Place) -> Work:
        """Where an agent with room stands, a newcomer at the median."""
        if place.rank is None:
            raise LookupError(place.agent.agent_id)
        return place.rank if place.score is not None else (self._scores.median(), *place.rank[1:])

    def first(self, able: Able, bit: int, suits: Suits | None) -> Place | None:
        """The first of those who are able, have room for this bit and suit, or None."""
        self.keep()
        first = self._known.first(able, bit, suits)
        newcomer = self._newcomers.first(able, bit, suits) if self._newcomers else None
        if first is None or newcomer is None:
            return first or newcomer
        return min(first, newcomer, key=self.rank)

    def least(self, numbers: list[int]) -> Place:
        """The first of some who have room, by their numbers."""
        self.keep()
        if not self._newcomers:
            scores = [self._column[number] for number in numbers]
            least = min(scores)
            if scores.count(least) == 1:
                return self._roster[numbers[scores.index(least)]]
        return min([self._roster[number] for number in numbers], key=self.rank if self._newcomers else RANK)
