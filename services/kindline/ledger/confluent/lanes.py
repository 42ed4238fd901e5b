"""How many records librdkafka is given at a time; what comes meanwhile waits here, partition by partition.

An idempotent producer of librdkafka 2.16 begins no request while five records of that partition, not five requests,
are unacknowledged. If another one waits by then, its thread asks the clock and the socket again and again until an
acknowledgement comes: a processor was spent on it, which the broker needed to acknowledge at all.

So it promises that nothing waits in librdkafka that it could not send. Either there are at most five unacknowledged
records of a partition, and then it may send whichever of them waits; or, where it collects for a moment, all of them
came while it still collected the first one's request, and then they leave in that request together.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import Final, NamedTuple
from weakref import WeakSet

from kindline.ledger.port import Appended, Headers, LedgerUnavailable, Partition

LONE_RECORDS: Final = 5
"""So many may be unacknowledged in any number of requests: librdkafka's RD_KAFKA_IDEMP_MAX_INFLIGHT."""
GROUP_RECORDS: Final = 1_000
GROUP_BYTES: Final = 512 * 1024
"""What surely fits into one request: librdkafka sends 10,000 records or 1,000,000 bytes at a time."""
RECORD_BYTES: Final = 96
"""What a record costs beside its key, its value and its headers, at the most."""
LEAST_SECONDS: Final = 0.5
"""So much of its time a record must have left to be sent."""
RECORDS_WAITING: Final = 100_000
BYTES_WAITING: Final = 64 * 1024 * 1024


class Kept(NamedTuple):
    """A record that waits here, and whoever waits for its acknowledgement."""

    waiting: asyncio.Future[Appended]
    partition: Partition
    key: bytes | None
    value: bytes | None
    headers: Headers
    until: float
    """The loop's time from which on it is not sent any more: what is hardly begun when its time is over may be in the
    log or not, and what was never begun is certainly not."""


class Lane:
    """One partition's way into librdkafka."""

    __slots__ = ("_bytes", "_open_seconds", "_opened_at", "kept", "under_way")

    def __init__(self, open_seconds: float) -> None:
        """A group stays open for so long after its first record, which is shorter than librdkafka collects."""
        self.under_way = 0
        """Records given to librdkafka of which nothing was heard yet."""
        self.kept: deque[Kept] = deque()
        self._open_seconds = open_seconds
        self._opened_at = 0.0
        self._bytes = 0

    def has_room(self, size: int, now: float) -> bool:
        """Whether librdkafka would send a record of so many bytes without having to wait for an acknowledgement."""
        if self.under_way < LONE_RECORDS:
            return True
        fits = self.under_way < GROUP_RECORDS and self._bytes + size <= GROUP_BYTES
        return fits and now < self._opened_at + self._open_seconds

    def took(self, size: int, now: float) -> None:
        """A record goes to librdkafka; where nothing is under way, a group begins with it."""
        if not self.under_way:
            self._opened_at, self._bytes = now, 0
        self.under_way += 1
        self._bytes += size


class Lanes:
    """The lanes of one producer."""

    def __init__(self, collects_seconds: float) -> None:
        """`collects_seconds` is for how long librdkafka collects; half of it is left for a loop that was held up."""
        self._lanes: defaultdict[Partition, Lane] = defaultdict(lambda: Lane(collects_seconds / 2))
        # Weak, as whoever gave up asks once more, and may be passed over before.
        self._kept: WeakSet[asyncio.Future[Appended]] = WeakSet()
        self._records = 0
        self._bytes = 0

    def of(self, partition: Partition) -> Lane:
        """The lane of a partition."""
        return self._lanes[partition]

    def keep(self, lane: Lane, kept: Kept) -> None:
        """Let a record wait for its turn. Raises LedgerUnavailable when too much waits."""
        size = size_of(kept.key, kept.value, kept.headers)
        if self._records >= RECORDS_WAITING or self._bytes + size > BYTES_WAITING:
            raise LedgerUnavailable(f"{kept.partition.topic} cannot be reached: {self._records} records wait already")
        lane.kept.append(kept)
        self._kept.add(kept.waiting)
        self._records += 1
        self._bytes += size

    def next(self, lane: Lane, now: float) -> Kept | None:
        """Take out the record whose turn it is, if there is one; whoever gave up, or must soon, is passed over."""
        while lane.kept:
            first = lane.kept[0]
            size = size_of(first.key, first.value, first.headers)
            if not lane.has_room(size, now):
                break
            lane.kept.popleft()
            self._records -= 1
            self._bytes -= size
            if now >= first.until and not first.waiting.done():
                first.waiting.set_exception(LedgerUnavailable("its time was over before it was its turn"))
            if not first.waiting.done():
                self._kept.discard(first.waiting)
                return first
        return None

    def keeps(self, waiting: asyncio.Future[Appended]) -> bool:
        """Whether this one's record never went to librdkafka; so it is certainly not in the log."""
        return waiting in self._kept

    def give_up(self) -> None:
        """The producer takes nothing any more: tell all whose record waits here that it is not in the log."""
        for lane in self._lanes.values():
            for kept in lane.kept:
                if not kept.waiting.done():
                    kept.waiting.set_exception(LedgerUnavailable("the producer failed before it was this one's turn"))
            lane.kept.clear()
        self._records = self._bytes = 0


def size_of(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    """At most so many bytes of a request."""
    size = RECORD_BYTES + len(key or b"") + len(value or b"")
    for name, content in headers:
        size += len(name) + len(content) + 10
    return size
