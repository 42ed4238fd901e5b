"""The seam between a stream room and Faust: what a room writes, and the only words it needs to write it.

A room (queues, sla) promises two pure things: how to read a record of the log (`Read`), and a fold over the rows of one
partition (`PartitionFold`). The rest of this package promises in return that every counting record is folded exactly
once into those rows, that every output of a fold reaches its topic at least once, and that the rows survive crashes.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, Protocol, TypeVar

from kindline.language.reading import Reading
from kindline.ledger.port import Headers, Record

Content = TypeVar("Content")
ContentIn = TypeVar("ContentIn", contravariant=True)


@dataclass(frozen=True, slots=True)
class Output:
    """One record a fold wants published; without `partition` the key chooses it by murmur2."""

    topic: str
    key: bytes
    value: bytes | None
    partition: int | None = None
    headers: Headers = ()


class Standing(Enum):
    """What one record is to a partition that is read in order; GAP says that records before it are missing."""

    COUNTS = "counts"
    IGNORED = "ignored"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Judged(Generic[Content]):
    """How the reading rule judges one record, the reading after it, and, where it counts, what the record says."""

    standing: Standing
    reading: Reading
    content: Content | None = None


class PartitionFold(Protocol[ContentIn]):
    """A room's rules for one partition: pure, synchronous, without clock, randomness or IO.

    A fold may keep indexes derived from the rows: a new fold is opened whenever the rows are loaded or cleared.
    Anything it raises stops this partition loudly, before the record has changed a row, and leaves the others running.
    """

    def fold(self, rows: MutableMapping[bytes, bytes], record: Record, content: ContentIn) -> Sequence[Output]:
        """Change the rows by one counting record and say what to publish, in this order."""
        ...

    def republish(self, rows: Mapping[bytes, bytes]) -> Sequence[Output]:
        """Say what to publish again: called once a new owner has caught up, and every minute of record time."""
        ...


Read = Callable[[Reading | None, Record], Judged[Content]]
OpenFold = Callable[[int, Mapping[bytes, bytes]], PartitionFold[Content]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRoom(Generic[Content]):
    """All that differs between two stream rooms; the topics must exist with the same number of partitions."""

    name: str
    source: str
    changelog: str
    read: Read[Content]
    open_fold: OpenFold[Content]


def _ignore_partition(_partition: int, _reason: str) -> None:
    """Stand in where nobody counts."""


def _ignore_count(_partition: int, _count: int) -> None:
    """Stand in where nobody counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamGauges:
    """What a room's metrics may listen to; each is called on the event loop and must not block or raise.

    `rebuilt` feeds `state_rebuilds_total{reason}`: gap, trimmed, log_shorter, unfinished, overlap, unreadable.
    """

    rebuilt: Callable[[int, str], None] = _ignore_partition
    halted: Callable[[int, str], None] = _ignore_partition
    folded: Callable[[int, int], None] = _ignore_count
    published: Callable[[int, int], None] = _ignore_count


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """How a stream room runs. Durations in seconds, sizes in bytes.

    `store` is `memory://` or `rocksdb://`; `data_dir` must belong to one worker alone. `newest_only_while_behind`
    is for outputs that only display: while the worker catches up, only the newest value per topic and key is kept, and
    sent at the end of the log. Deletions are always sent: after a crash nothing would tell of them again.
    """

    brokers: tuple[str, ...]
    replication_factor: int
    data_dir: str
    store: str = "memory://"
    newest_only_while_behind: bool = False
    session_timeout: float = 10.0
    commit_every: float = 0.05
    commit_records: int = 500
    commit_bytes: int = 256 * 1024
    republish_every: float = 60.0
    block_cache: int = 8 * 1024 * 1024
    write_buffer: int = 4 * 1024 * 1024
    gauges: StreamGauges = field(default_factory=StreamGauges)
