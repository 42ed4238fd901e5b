"""Deadlines that somebody must keep: noted when they begin, asked about once time has passed them.

An owner does what is due in the batch in which it is due, but may be held up by a surge or a take-over. So a deadline
is asked about only when time has been past it for some batches that were not full.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from kindline.language.ids import Instant

PATIENCE = 20
"""Batches past a deadline after which what was due must have been done."""

Thing = TypeVar("Thing")


class Due(Generic[Thing]):
    """Deadlines of things, each by a number that says in which order they were noted."""

    def __init__(self, patience: int = PATIENCE) -> None:
        """Begin with none; things are late so many batches after their time."""
        self._patience = patience
        self._noted = 0
        self._heap: list[tuple[Instant, int, Thing]] = []
        self._late: deque[tuple[int, Thing]] = deque()
        self._batches = 0

    def note(self, at: Instant, thing: Thing) -> None:
        """Something is due at an instant."""
        self._noted += 1
        heapq.heappush(self._heap, (at, self._noted, thing))

    def late(self, now: Instant, *, full: bool = False) -> Iterator[Thing]:
        """A batch is over: what has been due for too many batches by now, each once; full ones do not count."""
        self._batches += not full
        while self._heap and self._heap[0][0] < now:
            _, _, thing = heapq.heappop(self._heap)
            self._late.append((self._batches + self._patience, thing))
        while self._late and self._late[0][0] <= self._batches:
            yield self._late.popleft()[1]
