"""The port to the ledger: what every room may ask of a log, kept by the memory ledger and by Kafka alike.

A ledger is a set of topics with a fixed number of partitions; a partition is a sequence of records with rising offsets.
All methods are coroutines of the caller's event loop, none blocks it, and each wait has a limit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

Headers = tuple[tuple[str, bytes], ...]


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


class Record(NamedTuple):
    """One record as it stands in the log."""

    partition: Partition
    offset: int
    appended_at: float
    """Seconds since the Unix epoch when the broker appended it."""
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Appended(NamedTuple):
    """Where an acknowledged record stands."""

    offset: int
    appended_at: float


class Bounds(NamedTuple):
    """The first offset that is there, and the one that the next record will get."""

    begin: int
    end: int


class LedgerUnavailable(Exception):
    """The ledger could not be reached in time; nothing was changed. Try again."""


class AppendUnknown(Exception):
    """No acknowledgement came in time: the record may or may not be in the log."""


class AppendRefused(Exception):
    """The ledger refused the record for good, as when it is too large; it is not in the log."""


class OutsideLog(Exception):
    """A position lies outside the log: the reader must rebuild, never skip."""

    def __init__(self, partition: Partition, position: int) -> None:
        """Keep where the reader wanted to read."""
        super().__init__(f"{partition.topic}/{partition.number} holds no offset {position}")
        self.partition = partition
        self.position = position


class Writer(Protocol):
    """Appends records; an idempotent producer that waits for all in-sync replicas."""

    async def append(
        self, partition: Partition, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> Appended:
        """Append one record and wait for its acknowledgement, 5 s at the longest.

        Appends of one writer to one partition keep the order in which they were begun.
        Raises AppendUnknown, AppendRefused, or LedgerUnavailable (then the record is certainly not in the log).
        """

    async def close(self) -> None:
        """Let go at once; appends under way end as AppendUnknown."""


class Reader(Protocol):
    """Reads a set of partitions, each from its own position, in order and without a gap."""

    async def read(self, wait: float) -> Sequence[Record]:
        """What has arrived, at most 2,000 records; empty after `wait` seconds without any. Raises OutsideLog."""

    def position(self, partition: Partition) -> int:
        """The offset of the next record that read() will give from this partition."""

    async def follow(self, positions: Mapping[Partition, int]) -> None:
        """Add partitions, or move to new positions in those already followed."""

    async def drop(self, partitions: Collection[Partition]) -> None:
        """Follow these no more; nothing of them comes out of read() afterwards."""

    async def close(self) -> None:
        """Let go."""


class Membership(Protocol):
    """A place in a group that shares out the partitions of one topic."""

    def assigned(self) -> frozenset[int]:
        """The partitions that the group gives this member now."""

    @property
    def generation(self) -> int:
        """Rises with each assignment."""

    async def committed(self, number: int) -> tuple[int, str] | None:
        """The committed offset of a partition and its note; None when none was ever committed."""

    async def commit(self, offsets: Mapping[int, tuple[int, str]]) -> None:
        """Commit offsets with a note of at most 1,000 characters each. Raises LedgerUnavailable."""

    async def close(self) -> None:
        """Leave the group."""


LATEST_SECONDS: Final = 4.0
"""A broker may collect for so long and no longer: the fetch itself must be over within five."""


LATEST_APPEND_SECONDS: Final = 0.1
"""A writer may collect for so long and no longer: somebody waits for each append."""


def checked_late(late: float, latest: float = LATEST_SECONDS) -> float:
    """How late records may come, in seconds. Raises ValueError with what is wrong."""
    if not 0.0 <= late <= latest:
        raise ValueError(f"late is {late}: give 0 to {latest:g} seconds, for whoever waits has a limit of their own")
    return late


class Ledger(Protocol):
    """The whole log."""

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has. Raises LedgerUnavailable, and LookupError for a topic that is not there."""

    async def bounds(self, partitions: Collection[Partition]) -> Mapping[Partition, Bounds]:
        """Where each partition begins and ends, fetched from the broker now. Raises LedgerUnavailable."""

    def writer(self, *, late: float = 0.0) -> Writer:
        """A new writer of its own.

        It may keep records back for up to `late` seconds and send many at once, in their order: for whoever is in less
        of a hurry than those with whom they share the broker. Raises ValueError when that is not from 0 to
        LATEST_APPEND_SECONDS.
        """

    def reader(self, positions: Mapping[Partition, int], *, late: float = 0.0) -> Reader:
        """A new reader that begins at these positions.

        It may get records up to `late` seconds after they were appended, many at once: for whoever would only take the
        processor from those in a hurry. Raises ValueError when that is not from 0 to LATEST_SECONDS.
        """

    async def join(
        self, group: str, topic: str, on_assigned: Callable[[frozenset[int]], Awaitable[None]] | None = None
    ) -> Membership:
        """Join a group that shares out a topic's partitions; on_assigned hears of each new assignment."""

    async def trim(self, before: Mapping[Partition, int]) -> None:
        """Delete the records below these offsets. Raises LedgerUnavailable."""

    async def close(self) -> None:
        """Close everything that this ledger gave out."""
