"""Finds the clocks that are due without looking at the others.

Promises the fold O(log n) for each clock that starts or comes due, and a memory bounded by the clocks that run: a
settled clock leaves its entries behind, and they are swept out when they outnumber the living.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from kindline.language.ids import Instant
from kindline.language.sla import SlaTarget

ClockName = tuple[str, SlaTarget]
"""Interaction and target."""

SWEEP_ABOVE = 1_000


class Due:
    """When to look at which clock next; it never says that a clock still runs."""

    def __init__(self, entries: Iterable[tuple[Instant, ClockName]] = ()) -> None:
        """Begin with these."""
        self._heap = list(entries)
        heapq.heapify(self._heap)

    def __len__(self) -> int:
        """Entries, those of settled clocks too."""
        return len(self._heap)

    def add(self, at: Instant, name: ClockName) -> None:
        """Look at this clock once `at` has passed."""
        heapq.heappush(self._heap, (at, name))

    def passed(self, now: Instant) -> list[ClockName]:
        """The clocks whose time has passed before `now`, earliest first; a clock may be named twice."""
        names = []
        while self._heap and self._heap[0][0] < now:
            names.append(heapq.heappop(self._heap)[1])
        return names

    def sweep(self, running: int, still_due: Callable[[Instant, ClockName], bool]) -> None:
        """Forget the entries of settled clocks, if there are many; each running clock has two entries at most."""
        if len(self._heap) > SWEEP_ABOVE + 4 * running:
            self._heap = [entry for entry in self._heap if still_due(*entry)]
            heapq.heapify(self._heap)
