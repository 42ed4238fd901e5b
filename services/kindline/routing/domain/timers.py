"""Deadlines in the order in which they fall due, for the engine: a heap in which moved or dropped entries die lazily.

Equal deadlines fall due in the order of their keys, so the order never depends on when they were set.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from heapq import heappop, heappush

from kindline.language.ids import Instant
from kindline.routing.domain.shelves import HANDFUL, Shelves


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

    __hash__ = int.__hash__
    """By its number, in one step: each look for a deadline asks for it."""


TimerKey = tuple[Due, str | int, str]
"""Kind, then two names: as (REPLICA, replica, pool), (LEASE, pool, agent) or (OFFER, interaction, offer).

Those who wait have their sequence before their name, as (LADDER, sequence, interaction): where very many of them are
due in one instant, and one decision does not do for all, whoever came first is first.
"""

SLACK = 1_024
"""Dead entries that are always tolerated before those that live are moved to another heap."""
MOVED = 4
"""Entries that are moved with each new one: a heap is at most half dead, so all are moved before the next is."""
FRESH = 1_024
"""Changes that may wait to be put in order: a millisecond's work, even if nobody asks what comes first for long."""


class Timers:
    """Deadlines by key; at most one for each key.

    Most deadlines are moved or dropped soon, many by the very decision that set them. So what changes is only noted
    until somebody asks which comes first: each key is put in order once then, however often it changed.

    A heap of a million would stand still for a second to be cleared of its dead. So it is put aside, and emptied from
    its end, which leaves it a heap, into a new one; until it is empty, the first of the two comes first.
    """

    __slots__ = ("_due", "_fresh", "_heap", "_old")

    def __init__(self) -> None:
        """Begin with none."""
        self._due: Shelves[TimerKey, Instant] = Shelves()
        self._fresh: dict[TimerKey, Instant | None] = {}
        """What has changed and was not put in order since."""
        self._heap: list[tuple[Instant, TimerKey]] = []
        self._old: list[tuple[Instant, TimerKey]] = []

    def watch(self, key: TimerKey, due: Instant | None) -> None:
        """Set the deadline of a key, in place of the one it had; None drops it."""
        fresh = self._fresh
        fresh[key] = due
        if len(fresh) >= FRESH:
            self._put_in_order()

    def next_due(self) -> Instant | None:
        """The earliest deadline, or None."""
        heap = self._first()
        return heap[0][0] if heap else None

    def take(self, now: Instant) -> TimerKey | None:
        """Remove and return the key whose deadline came first, if it is not after now."""
        heap = self._first()
        if not heap or heap[0][0] > now:
            return None
        _, key = heappop(heap)
        del self._due[key]
        return key

    def emptying(self) -> Iterator[None]:
        """Drop all of them, a handful at each step."""
        yield from self._due.emptying()
        while self._fresh:
            self._fresh.popitem()
            yield
        for heap in (self._heap, self._old):
            while heap:
                del heap[-HANDFUL:]
                yield

    def _first(self) -> list[tuple[Instant, TimerKey]]:
        """The heap whose first entry is the first of all; empty when nothing is watched."""
        if self._fresh:
            self._put_in_order()
        heap, old = self._heap, self._old
        if heap:
            self._bury(heap)
        if not old:
            return heap
        self._bury(old)
        return old if old and (not heap or old[0] < heap[0]) else heap

    def _put_in_order(self) -> None:
        for key, due in self._fresh.items():
            dues = self._due.of(key)
            if due is None:
                dues.pop(key, None)
            elif dues.get(key) != due:
                dues[key] = due
                heappush(self._heap, (due, key))
                if self._old:
                    self._move()
                elif not len(self._heap) % SLACK and len(self._heap) > 2 * len(self._due) + SLACK:
                    self._old, self._heap = self._heap, []
        self._fresh.clear()

    def _bury(self, heap: list[tuple[Instant, TimerKey]]) -> None:
        while heap and self._due.get(heap[0][1]) != heap[0][0]:
            heappop(heap)

    def _move(self) -> None:
        old = self._old
        for _ in range(min(MOVED, len(old))):
            due, key = entry = old.pop()
            if self._due.get(key) == due:
                heappush(self._heap, entry)
