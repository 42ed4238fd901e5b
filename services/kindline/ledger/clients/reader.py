"""Reads a broker without a group: positions are the caller's, and nothing is skipped."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Protocol

from kindline.ledger.clients.polling import Arrive, Arrived, Told
from kindline.ledger.port import OutsideLog, Partition, Record

RECORDS_AT_ONCE: Final = 500
"""Each is an object. Two thousand that go at once have Python look for garbage among the next two thousand, in vain."""


class Poller(Protocol):
    """Whatever polls for a reader and hands over on the reader's loop; none of this waits."""

    def start(self) -> None:
        """Begin to poll."""

    def stop(self) -> None:
        """End after the poll under way."""

    def tell(self, positions: Told) -> None:
        """Follow partitions from (number, position), or, with None, no more."""

    def took(self, arrived: Arrived) -> None:
        """The reader is done with this."""


class PolledReader:
    """Fulfils port.Reader. Every position is followed under a number; what arrives under an old one is thrown away."""

    def __init__(
        self,
        make_poller: Callable[[asyncio.AbstractEventLoop, Arrive], Poller],
        positions: Mapping[Partition, int],
    ) -> None:
        """Begin to read at these positions, with a poller of its own; needs a running loop."""
        self._positions: dict[Partition, int] = {}
        self._numbers: dict[Partition, int] = {}
        self._last_number = 0
        self._arrived: deque[Arrived] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._poller = make_poller(asyncio.get_running_loop(), self._arrive)
        self._follow(positions)
        self._poller.start()

    async def read(self, wait: float) -> Sequence[Record]:
        """What has arrived: what one poll brought, or a few up to 500; empty after `wait` seconds without any.

        Raises OutsideLog.
        """
        if records := self._take():
            return records
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        while (left := deadline - loop.time()) > 0:
            self._waiting = loop.create_future()
            timer = loop.call_later(left, _wake, self._waiting)
            try:
                await self._waiting
            finally:
                timer.cancel()
                self._waiting = None
            if records := self._take():
                return records
        return ()

    def position(self, partition: Partition) -> int:
        """The offset of the next record that read() will give from this partition. Raises KeyError."""
        return self._positions[partition]

    async def follow(self, positions: Mapping[Partition, int]) -> None:
        """Add partitions, or move to new positions in those already followed."""
        self._follow(positions)

    async def drop(self, partitions: Collection[Partition]) -> None:
        """Follow these no more; nothing of them comes out of read() afterwards."""
        for partition in partitions:
            self._positions.pop(partition, None)
            self._numbers.pop(partition, None)
        self._poller.tell(dict.fromkeys(partitions))

    async def close(self) -> None:
        """Let go; its poller ends by itself within one poll."""
        self._positions.clear()
        self._numbers.clear()
        self._poller.stop()
        if self._waiting is not None:
            _wake(self._waiting)

    def _follow(self, positions: Mapping[Partition, int]) -> None:
        for partition, position in positions.items():
            self._last_number += 1
            self._numbers[partition] = self._last_number
            self._positions[partition] = position
        self._poller.tell({partition: (self._numbers[partition], at) for partition, at in positions.items()})

    def _arrive(self, arrived: Sequence[Arrived]) -> None:
        """Take what the poller has read; runs on the loop."""
        self._arrived.extend(arrived)
        if self._waiting is not None:
            _wake(self._waiting)

    def _take(self) -> list[Record]:
        """What lies there, of positions still followed, up to the limit. Raises OutsideLog."""
        taken: list[Record] = []
        while self._arrived:
            arrived = self._arrived[0]
            if self._numbers.get(arrived.partition) != arrived.number:
                self._poller.took(self._arrived.popleft())
            elif arrived.outside:
                # It stays in front until the caller moves on, so that nobody can read past it by reading again.
                if taken:
                    break
                raise OutsideLog(arrived.partition, arrived.next_offset)
            elif taken and len(taken) + len(arrived.records) > RECORDS_AT_ONCE:
                break
            else:
                taken += arrived.records
                self._positions[arrived.partition] = arrived.next_offset
                self._poller.took(self._arrived.popleft())
        return taken


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
