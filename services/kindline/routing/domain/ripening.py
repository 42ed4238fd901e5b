"""When somebody passes the starvation ceiling: for each requirement class the moment at which its oldest may, at first.

Nobody looks at anybody before that moment, and nobody is told of every instant: it is enough to ask before the order of
those who wait matters. Whoever joins past the ceiling already is either seen to be when they join, or watched from then
on and found when it is next asked; so an answer is always as of the latest instant that was asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from kindline.language.ids import Instant
from kindline.routing.domain.order import EMPTY, GRAIN, Order

if TYPE_CHECKING:
    from kindline.routing.domain.lanes import Lane


class Ripening:
    """The entries that are watched for, one of each class at most."""

    __slots__ = ("_due", "_moment", "_now", "_order", "_ripe", "horizon", "lanes", "watched")

    def __init__(self, order: Order) -> None:
        """Begin with class 0, which is always empty."""
        self._order = order
        self._now = self._moment = -1.0
        self._ripe = math.inf
        # Some are watched for no more: an entry counts while `watched` says the same.
        self._due: list[tuple[int, int]] = []
        self.horizon = 0
        """Whoever has an entry below this starves; as of the instant at which it was last renewed."""
        self.watched = [EMPTY]
        """The oldest entry of each class by its number, or an older one; EMPTY where the oldest may starve already."""
        self.lanes: list[Lane | None] = [None]
        """The lane in which that entry stood when it began to be watched for; None where nobody knows."""

    def introduce(self) -> None:
        """There is one more class, with the next number."""
        self.watched.append(EMPTY)
        self.lanes.append(None)

    def keep(self, watched: Iterable[int]) -> None:
        """Forget all classes but these, which are numbered anew from 1, in this order."""
        self.watched = [EMPTY, *watched]
        self.lanes = [None] * len(self.watched)
        self._due = [(entry, number) for number, entry in enumerate(self.watched) if entry != EMPTY]
        heapify(self._due)

    def watch(self, number: int, oldest: int, lane: Lane) -> None:
        """Tell when this entry of a class starves."""
        self.watched[number], self.lanes[number] = oldest, lane
        heappush(self._due, (oldest, number))
        self._ripe = min(self._ripe, self._order.starves_from(oldest))

    def renew(self) -> int:
        """The horizon as of the latest instant."""
        self.horizon = self._order.horizon(self._now)
        return self.horizon

    def passed(self, now: Instant) -> Sequence[tuple[int, int]]:
        """The numbers of classes whose oldest may starve by now, if nobody was told so before, each with that entry."""
        if now > self._now:
            self._now = now
            self._moment = now * GRAIN
        if self._moment < self._ripe:
            return ()
        due, horizon, passed = self._due, self.renew(), []
        while due and due[0][0] < horizon:
            entry, number = heappop(due)
            if self.watched[number] == entry:
                self.watched[number] = EMPTY
                passed.append((number, entry))
        self._ripe = self._order.starves_from(due[0][0]) if due else math.inf
        return passed
