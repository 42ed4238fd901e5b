"""What waits for one stream: a bounded deque that its writer drains whole, so that a burst costs one write.

Promises the one who fills it that putting never waits, and the writer that it learns when it was too slow: the outbox
then forgets everything and says so, and the writer begins again from a fresh snapshot.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")

BOUND = 1_000


class Outbox(Generic[T]):
    """One writer takes, the event loop puts."""

    def __init__(self, bound: int = BOUND) -> None:
        """Hold at most `bound` items."""
        self._items: deque[T] = deque()
        self._bound = bound
        self._woken = asyncio.Event()
        self._overflowed = False
        self.closed = False

    def put(self, items: Iterable[T]) -> None:
        """Add items in order; when they are too many, forget all that wait and remember that."""
        self._items.extend(items)
        if len(self._items) > self._bound:
            self._items.clear()
            self._overflowed = True
        self._woken.set()

    def close(self) -> None:
        """Say that nothing more will come once the waiting items are taken."""
        self.closed = True
        self._woken.set()

    def overflowed(self) -> bool:
        """Whether items were forgotten since the last time this was asked."""
        overflowed, self._overflowed = self._overflowed, False
        return overflowed

    async def take(self, wait: float) -> list[T]:
        """All that waits, as soon as there is something; empty after `wait` seconds, on overflow and when closed."""
        if not self._items and not self.closed:
            try:
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            except TimeoutError:
                return []
        self._woken.clear()
        items = list(self._items)
        self._items.clear()
        return items
