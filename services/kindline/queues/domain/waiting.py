"""Who waits in one queue, and since when the oldest of them.

Promises the floor O(log n) for each move and a memory bounded by those who wait.
"""

from __future__ import annotations

import heapq

from kindline.language.ids import Instant

SWEEP_ABOVE = 64


class Waiting:
    """The interactions that wait in one queue without an offer."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._since: dict[str, Instant] = {}
        self._heap: list[tuple[Instant, str]] = []

    def __len__(self) -> int:
        """How many wait."""
        return len(self._since)

    def add(self, interaction_id: str, since: Instant) -> None:
        """Somebody waits, or waits again at their old place."""
        self._since[interaction_id] = since
        heapq.heappush(self._heap, (since, interaction_id))
        if len(self._heap) > SWEEP_ABOVE + 2 * len(self._since):
            self._heap = [(since, name) for name, since in self._since.items()]
            heapq.heapify(self._heap)

    def remove(self, interaction_id: str) -> None:
        """They wait no more; KeyError if they did not."""
        del self._since[interaction_id]

    def oldest(self) -> Instant | None:
        """Since when the oldest waits; None when nobody does."""
        while self._heap and self._since.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
