"""Appends in memory, with the faults that a simulation chooses for each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from kindline.ledger.memory.faults import AppendFault, Outcome
from kindline.ledger.port import Appended, AppendRefused, AppendUnknown, Headers, LedgerUnavailable, Partition

if TYPE_CHECKING:
    from kindline.ledger.memory.log import MemoryLog

DELIVERY_SECONDS = 5.0


class MemoryWriter:
    """A writer in memory; fulfils port.Writer. What it has begun may land after it was closed, as with a real one."""

    def __init__(self, log: MemoryLog, fault: Callable[[Partition], AppendFault]) -> None:
        """Ask `fault` before each append how it shall go."""
        self._log = log
        self._fault = fault
        self._last: dict[Partition, asyncio.Task[Appended | None]] = {}
        self._closed = asyncio.Event()
        self._landing: set[asyncio.Task[Appended | None]] = set()  # Only keeps the tasks alive; never iterated.

    async def append(
        self, partition: Partition, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> Appended:
        """Append one record and wait for its acknowledgement, 5 s at the longest, as the port says."""
        if self._closed.is_set():
            raise LedgerUnavailable("this writer is closed")
        self._log.check(partition, value)
        fault = self._fault(partition)
        if fault.outcome is Outcome.REFUSED:
            await asyncio.sleep(fault.before + fault.after)
            raise AppendRefused("refused by a fault")
        if fault.outcome is Outcome.UNAVAILABLE:
            await asyncio.sleep(fault.before + fault.after)
            raise LedgerUnavailable("cut off by a fault")
        task = asyncio.create_task(self._land(self._last.get(partition), fault, partition, (key, value, headers)))
        self._last[partition] = task
        self._landing.add(task)
        task.add_done_callback(self._landing.discard)
        appended = await self._await_acknowledgement(task)
        if appended is None:
            raise AppendUnknown("no acknowledgement came in time")
        return appended

    async def close(self) -> None:
        """Let go at once; appends under way end as AppendUnknown."""
        self._closed.set()

    async def _land(
        self,
        before_this: asyncio.Task[Appended | None] | None,
        fault: AppendFault,
        partition: Partition,
        said: tuple[bytes | None, bytes | None, Headers],
    ) -> Appended | None:
        """Put the record into the log after those begun earlier. Gives what the writer may hear of it."""
        await asyncio.sleep(fault.before)
        if before_this is not None:
            await asyncio.wait({before_this})
        places = [self._log.append(partition, *said) for _ in range(fault.copies)]
        await asyncio.sleep(fault.after)
        return places[0] if places and fault.outcome is Outcome.ACKNOWLEDGED else None

    async def _await_acknowledgement(self, task: asyncio.Task[Appended | None]) -> Appended | None:
        closed = asyncio.ensure_future(self._closed.wait())
        try:
            await asyncio.wait((task, closed), timeout=DELIVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closed.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await closed
        return task.result() if task.done() else None
