"""Appends in the order in which appends were begun, also while the first of them wait for the broker."""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod

from kindline.ledger.clients.limits import DELIVERY_SECONDS
from kindline.ledger.port import Appended, AppendUnknown, Headers, LedgerUnavailable, Partition


class OrderlyWriter(ABC):
    """Fulfils port.Writer for a library's producer, which starts with the first append."""

    def __init__(self) -> None:
        """Connect to nothing yet."""
        self._known: set[str] = set()
        self._closed = False
        self._preparing = asyncio.Lock()
        self._in_line = 0
        self._failed_at = -math.inf
        self._pending: set[asyncio.Future[Appended]] = set()

    async def append(
        self, partition: Partition, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> Appended:
        """Append one record and wait for its acknowledgement, as the port says."""
        if partition.topic in self._known and not self._in_line:
            return await self._acknowledged(self._send(partition, key, value, headers))
        # Whoever waits for the first connection keeps their place: the lock is fair, and nobody passes the line.
        self._in_line += 1
        begun = asyncio.get_running_loop().time()
        try:
            async with self._preparing:
                if self._failed_at > begun:
                    # One attempt speaks for all who waited for it, or the last in line would wait a minute.
                    raise LedgerUnavailable(f"{partition.topic} cannot be reached: nobody got through a moment ago")
                await self._prepare(partition.topic)
                sent = self._send(partition, key, value, headers)
        finally:
            self._in_line -= 1
        return await self._acknowledged(sent)

    async def close(self) -> None:
        """Let go at once; appends under way end as AppendUnknown."""
        self._closed = True
        for waiting in tuple(self._pending):
            if not waiting.done():
                waiting.set_exception(AppendUnknown("the writer was closed before the acknowledgement"))
        self._let_go()

    @abstractmethod
    async def _learn(self, topic: str) -> None:
        """Have a producer that knows a topic, without blocking the loop. Raises LedgerUnavailable."""

    @abstractmethod
    def _send(
        self, partition: Partition, key: bytes | None, value: bytes | None, headers: Headers
    ) -> asyncio.Future[Appended]:
        """Hand one record to the producer, at once. Raises AppendRefused, LedgerUnavailable."""

    @abstractmethod
    def _let_go(self) -> None:
        """Close the producer, if there is one, where nobody waits for it."""

    def _await(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[Appended]:
        """A place for one acknowledgement, which close() settles if nobody else does."""
        waiting: asyncio.Future[Appended] = loop.create_future()
        self._pending.add(waiting)
        waiting.add_done_callback(self._pending.discard)
        return waiting

    async def _acknowledged(self, waiting: asyncio.Future[Appended]) -> Appended:
        """Wait for the acknowledgement, 5 s at the longest."""
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                return await waiting
        except TimeoutError as error:
            raise AppendUnknown(f"no acknowledgement within {DELIVERY_SECONDS:g} s") from error

    async def _prepare(self, topic: str) -> None:
        """Raises LedgerUnavailable."""
        self._check_open()
        if topic in self._known:
            return
        try:
            await self._learn(topic)
        except LedgerUnavailable:
            self._failed_at = asyncio.get_running_loop().time()
            raise
        finally:
            if self._closed:
                self._let_go()
        self._check_open()
        self._known.add(topic)

    def _check_open(self) -> None:
        if self._closed:
            raise LedgerUnavailable("this writer is closed")
