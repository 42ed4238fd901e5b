"""The score of everybody in a pool, and the middle one of all, as of a minute: in order once somebody asks for it.

Only newcomers stand at the median, and most of the time none of them is due. So whoever has no room is reckoned when it
is asked for and not before, and of those who have room only the score is kept until then. A score follows from what an
agent was given and from the minute, so it is the same whenever it is reckoned.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence

from kindline.language.ids import Instant
from kindline.routing.domain.places import Place, reckoned


class Scores:
    """The scores of the agents of one pool."""

    __slots__ = ("_minute", "_ordered", "_overlooked", "_places")

    def __init__(self, places: Sequence[Place], minute: Instant) -> None:
        """Begin in order of nothing; the caller adds to the places."""
        self._places = places
        self._minute = minute
        self._ordered: list[float] | None = None
        self._overlooked: dict[Place, None] = {}

    def roll(self, minute: Instant) -> None:
        """Another minute begins: everybody's score moves on; the caller gives those who have room theirs."""
        self._minute = minute
        self._ordered = None
        self._overlooked.clear()

    def overlook(self, place: Place) -> None:
        """Somebody without room has changed: they are reckoned when all are asked for."""
        if self._ordered is not None:
            self._overlooked[place] = None

    def give(self, place: Place, score: float | None) -> None:
        """A place has this score from here on."""
        former, ordered = place.score, self._ordered
        if score == former:
            return
        place.score = score
        if ordered is not None:
            if former is not None:
                del ordered[bisect_left(ordered, former)]
            if score is not None:
                insort(ordered, score)

    def median(self) -> float:
        """The middle score of those who are at work long enough to have one; 0 when nobody is."""
        if self._ordered is None:
            for place in self._places:
                if not place.mask | place.over:
                    place.score = reckoned(place.agent, self._minute)
            self._ordered = sorted(place.score for place in self._places if place.score is not None)
        for place in self._overlooked:
            # Whoever has room by now was given a score when they were put in order.
            if place.rank is None:
                self.give(place, reckoned(place.agent, self._minute))
        self._overlooked.clear()
        return self._ordered[len(self._ordered) // 2] if self._ordered else 0.0
