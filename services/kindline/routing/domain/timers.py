"""Deadlines in the order in which they fall due, for the engine: a heap in which moved or dropped entries die lazily.

Equal deadlines fall due in the order of their keys, so the order never depends on when they were set.
"""

from __future__ import annotations

from enum import IntEnum
from heapq import heapify, heappop, heappush

from kindline.language.ids import Instant


class Due(IntEnum):
    """Due says what a deadline is for; of equal deadlines the lower comes first."""

    PARKED = 1
    OFFER = 2
    INTERACTION = 3
    REPLICA = 4
    LEASE = 5
    BACK_OFF = 6
    GAP = 7
    LADDER = 8
    NOBODY = 9
    DORMANT = 10
    TELL = 11
    PREFERENCE = 12


TimerKey = tuple[Due, str, str]
"""Kind, then two names: as (REPLICA, replica, pool), (LEASE, pool, agent) or (OFFER, interaction, offer)."""

SLACK = 1_024
"""Dead entries that are always tolerated before the heap is built anew."""


class Timers:
    """Deadlines by key; at most one for each key."""

    __slots__ = ("_due", "_heap")

    def __init__(self) -> None:
        """Begin with none."""
        self._due: dict[TimerKey, Instant] = {}
        self._heap: list[tuple[Instant, TimerKey]] = []

    def watch(self, key: TimerKey, due: Instant | None) -> None:
        """Set the deadline of a key, in place of the one it had; None drops it."""
        if due is None:
            self._due.pop(key, None)
        elif self._due.get(key) != due:
            self._due[key] = due
            heappush(self._heap, (due, key))
            if len(self._heap) > 2 * len(self._due) + SLACK:
                self._heap = [(due, key) for key, due in self._due.items()]
                heapify(self._heap)

    def next_due(self) -> Instant | None:
        """The earliest deadline, or None."""
        heap, dues = self._heap, self._due
        while heap and dues.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def take(self, now: Instant) -> TimerKey | None:
        """Remove and return the key whose deadline came first, if it is not after now."""
        heap, dues = self._heap, self._due
        while heap and heap[0][0] <= now:
            due, key = heappop(heap)
            if dues.get(key) == due:
                del dues[key]
                return key
        return None
