"""One process's view of a log in memory, which a simulation may cut off, hold back or crash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping

from kindline.ledger.memory.faults import ACKNOWLEDGED, AppendFault, Outcome
from kindline.ledger.memory.group import MemoryMembership, OnAssigned
from kindline.ledger.memory.log import MemoryLog
from kindline.ledger.memory.reader import MemoryReader
from kindline.ledger.memory.writer import MemoryWriter
from kindline.ledger.port import LATEST_APPEND_SECONDS, Bounds, LedgerUnavailable, Partition, checked_late

ROUND_TRIP_SECONDS = 2.0
SESSION_SECONDS = 10.0

CUT_OFF = AppendFault(copies=0, after=60.0, outcome=Outcome.UNKNOWN)


class MemoryLedger:
    """A ledger in memory; fulfils port.Ledger.

    `partitions` is the count of every topic when no shared `log` is given. A test or simulation may set at any time:
    `fault` (asked with the partition before each append), `reachable` (False: nothing goes in or out), and `held_back`
    (how many seconds old a record must be before readers of this ledger see it).
    """

    def __init__(
        self,
        partitions: int = 4,
        *,
        log: MemoryLog | None = None,
        fault: Callable[[Partition], AppendFault] | None = None,
    ) -> None:
        """Open a log of its own, or one that others share."""
        self.log = log or MemoryLog(partitions)
        self.fault: Callable[[Partition], AppendFault] = fault or (lambda _: ACKNOWLEDGED)
        self.reachable = True
        self.held_back = 0.0
        self._writers: list[MemoryWriter] = []
        self._readers: list[MemoryReader] = []
        self._memberships: list[MemoryMembership] = []

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has. Raises LedgerUnavailable, LookupError."""
        await self._round_trip()
        return self.log.partitions(topic)

    async def bounds(self, partitions: Collection[Partition]) -> Mapping[Partition, Bounds]:
        """Where each partition begins and ends. Raises LedgerUnavailable after 2 s."""
        await self._round_trip()
        return {partition: self.log.bounds(partition) for partition in partitions}

    def writer(self, *, late: float = 0.0) -> MemoryWriter:
        """A new writer of its own; here nobody is late, whatever is allowed."""
        checked_late(late, LATEST_APPEND_SECONDS)
        writer = MemoryWriter(self.log, lambda partition: self.fault(partition) if self.reachable else CUT_OFF)
        self._writers.append(writer)
        return writer

    def reader(self, positions: Mapping[Partition, int], *, late: float = 0.0) -> MemoryReader:
        """A new reader that begins at these positions; here nobody is late, whatever is allowed."""
        checked_late(late)
        reader = MemoryReader(self.log, positions, lambda: self.held_back if self.reachable else None)
        self._readers.append(reader)
        return reader

    async def join(self, group: str, topic: str, on_assigned: OnAssigned | None = None) -> MemoryMembership:
        """Join a group that shares out a topic's partitions; on_assigned hears of each new assignment."""
        await self._round_trip()
        membership = MemoryMembership(self.log.group(group, topic), on_assigned, lambda: self.reachable)
        self._memberships.append(membership)
        return membership

    async def trim(self, before: Mapping[Partition, int]) -> None:
        """Delete the records below these offsets. Raises LedgerUnavailable."""
        await self._round_trip()
        self.log.trim(before)

    async def close(self) -> None:
        """Close everything that this ledger gave out."""
        await self._let_go()
        for membership in self._memberships:
            await membership.close()
        self._memberships.clear()

    async def vanish(self) -> None:
        """Be gone without a word, as after SIGKILL: the groups notice only when the session of 10 s is over."""
        self.reachable = False
        await self._let_go()
        loop = asyncio.get_running_loop()
        for membership in self._memberships:
            loop.call_later(SESSION_SECONDS, membership.expel)
        self._memberships.clear()

    async def _let_go(self) -> None:
        for writer in self._writers:
            await writer.close()
        for reader in self._readers:
            await reader.close()
        self._writers.clear()
        self._readers.clear()

    async def _round_trip(self) -> None:
        """Let other tasks run, as a real request would; cut off, fail as late as one."""
        if not self.reachable:
            await asyncio.sleep(ROUND_TRIP_SECONDS)
        await asyncio.sleep(0)
        if not self.reachable:
            raise LedgerUnavailable("this ledger is cut off")
