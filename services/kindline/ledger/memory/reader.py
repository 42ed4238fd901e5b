"""Reading in memory, from a log that a simulation may hold back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING

from kindline.ledger.port import OutsideLog, Partition, Record

if TYPE_CHECKING:
    from kindline.ledger.memory.log import MemoryLog

RECORDS_AT_ONCE = 2_000


class MemoryReader:
    """A reader in memory; fulfils port.Reader. `held_back` says how many seconds old a record must be to be seen."""

    def __init__(
        self, log: MemoryLog, positions: Mapping[Partition, int], held_back: Callable[[], float | None]
    ) -> None:
        """Begin at these positions; held_back gives None while nothing at all comes through."""
        self._log = log
        self._positions = dict(positions)
        self._held_back = held_back
        self._changed = asyncio.Event()
        self._visible_in = inf
        """Seconds until the first record that is held back now may be seen."""
        self._stop_listening = log.listen(self._changed.set)

    async def read(self, wait: float) -> Sequence[Record]:
        """What has arrived, at most 2,000 records; empty after `wait` seconds without any. Raises OutsideLog."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        await asyncio.sleep(0)  # A reader that never waits must not keep the loop to itself.
        while True:
            self._changed.clear()
            if records := self._arrived():
                return records
            left = deadline - loop.time()
            if left <= 0:
                return ()
            await self._wait_for_change(min(left, self._visible_in))

    def position(self, partition: Partition) -> int:
        """The offset of the next record that read() will give from this partition. Raises KeyError."""
        return self._positions[partition]

    async def follow(self, positions: Mapping[Partition, int]) -> None:
        """Add partitions, or move to new positions in those already followed."""
        self._positions.update(positions)
        self._changed.set()

    async def drop(self, partitions: Collection[Partition]) -> None:
        """Follow these no more."""
        for partition in partitions:
            self._positions.pop(partition, None)

    async def close(self) -> None:
        """Let go."""
        self._stop_listening()
        self._positions.clear()
        self._changed.set()

    def _arrived(self) -> list[Record]:
        """What may be seen now, partition after partition, each in order."""
        self._visible_in = inf
        lag = self._held_back()
        if lag is None:
            return []
        now = self._log.now()
        found: list[Record] = []
        for partition, position in self._positions.items():
            bounds = self._log.bounds(partition)
            if not bounds.begin <= position <= bounds.end:
                raise OutsideLog(partition, position)
            records = self._log.slice(partition, position, RECORDS_AT_ONCE - len(found))
            if lag:
                seen = [record for record in records if record.appended_at + lag <= now]
                if len(seen) < len(records):
                    self._visible_in = min(self._visible_in, records[len(seen)].appended_at + lag - now)
                records = seen
            if records:
                found += records
                self._positions[partition] = records[-1].offset + 1
        return found

    async def _wait_for_change(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass
