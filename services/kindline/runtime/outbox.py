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
        self._overflowed = False
        self._woken = False
        self.closed = False
        self._writer: asyncio.Future[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._patient_until = 0.0

    @property
    def ended(self) -> bool:
        """Whether it was closed, and all that waited then is taken: what came while its writer wrote, still waits."""
        return self.closed and not self._items

    def put(self, items: Iterable[T]) -> None:
        """Add items in order; when they are too many, forget all that wait and remember that. Nothing after the end."""
        if self.closed:
            return
        self._items.extend(items)
        if len(self._items) > self._bound:
            self._items.clear()
            self._overflowed = True
        self._wake()

    def close(self) -> None:
        """Say that nothing more will come once the waiting items are taken."""
        self.closed = True
        self._wake()

    def overflowed(self) -> bool:
        """Whether items were forgotten since the last time this was asked."""
        overflowed, self._overflowed = self._overflowed, False
        return overflowed

    async def take(self, wait: float) -> list[T]:
        """All that waits, as soon as there is something; empty after `wait` seconds, on overflow and when closed."""
        if not self._items and not self.closed and not self._woken:
            loop = asyncio.get_running_loop()
            self._patient_until = loop.time() + wait
            self._writer = loop.create_future()
            if self._alarm is None or self._alarm.when() > self._patient_until:
                self._set_alarm(loop)
            await self._writer
        self._woken = False
        items = list(self._items)
        self._items.clear()
        return items

    def _wake(self) -> None:
        self._woken = True
        if self._writer is not None and not self._writer.done():
            self._writer.set_result(None)

    def _set_alarm(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ring when the writer's patience ends.

        The alarm is left alone when items come before: one for each frame, set and cancelled, is what most of a take
        would cost. Where it rings too early it is set anew.
        """
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = loop.call_at(self._patient_until, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._alarm = None
        if self._writer is None or self._writer.done():
            return
        if loop.time() < self._patient_until:
            self._set_alarm(loop)
        else:
            self._wake()
