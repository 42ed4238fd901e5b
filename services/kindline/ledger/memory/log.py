"""The records of a ledger in memory: what the broker would hold."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from kindline.ledger import topics
from kindline.ledger.memory.group import Group
from kindline.ledger.port import Appended, AppendRefused, Bounds, Headers, OutsideLog, Partition, Record
from kindline.runtime.clock import SystemClock

BROKER_LIMIT = 1_048_588
"""The largest record, in bytes, where a topic sets no limit of its own: Kafka's default."""


@dataclass(slots=True)
class _Stored:
    """One partition: its records, and how many were trimmed before them."""

    begin: int = 0
    records: list[Record] = field(default_factory=list)


class MemoryLog:
    """The topics of one ledger, for all MemoryLedgers that share them.

    `now` gives the append time in seconds since the Unix epoch; a simulation gives its own.
    """

    def __init__(
        self,
        partitions: int = 4,
        names: Iterable[str] = (),
        now: Callable[[], float] | None = None,
    ) -> None:
        """Make each of the topics `names`, or all that Kindline has, with so many partitions, empty."""
        self.now = now or SystemClock().wall
        self._partitions = dict.fromkeys(names or (topic.name for topic in topics.ALL), partitions)
        self._stored: dict[Partition, _Stored] = {}
        self._limits = {topic.name: int(topic.settings.get("max.message.bytes", BROKER_LIMIT)) for topic in topics.ALL}
        self._groups: dict[str, Group] = {}
        self._listeners: dict[int, Callable[[], None]] = {}  # A dictionary, because a set has no order of its own.
        self._numbers = itertools.count()

    def add_topic(self, name: str, partitions: int) -> None:
        """Add a topic."""
        self._partitions[name] = partitions

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has. Raises LookupError."""
        if topic not in self._partitions:
            raise LookupError(f"there is no topic {topic}: `kindline topics` creates it")
        return self._partitions[topic]

    def check(self, partition: Partition, value: bytes | None) -> None:
        """Refuse what a broker would refuse. Raises AppendRefused, LookupError."""
        self._of(partition)
        limit = self._limits.get(partition.topic, BROKER_LIMIT)
        if value is not None and len(value) > limit:
            raise AppendRefused(f"a record of {len(value)} bytes; {partition.topic} takes {limit}")

    def append(self, partition: Partition, key: bytes | None, value: bytes | None, headers: Headers = ()) -> Appended:
        """Put a record at the end, now, and wake whoever waits for it."""
        stored = self._of(partition)
        offset = stored.begin + len(stored.records)
        record = Record(partition, offset, self.now(), key, value, tuple(headers))
        stored.records.append(record)
        self.wake()
        return Appended(offset, record.appended_at)

    def bounds(self, partition: Partition) -> Bounds:
        """Where a partition begins and ends. Raises LookupError."""
        stored = self._of(partition)
        return Bounds(stored.begin, stored.begin + len(stored.records))

    def slice(self, partition: Partition, position: int, limit: int) -> list[Record]:
        """At most `limit` records from a position that lies within the log."""
        stored = self._of(partition)
        start = position - stored.begin
        return stored.records[start : start + limit]

    def records(self, partition: Partition) -> tuple[Record, ...]:
        """Everything that a partition holds, for tests that look at the whole."""
        return tuple(self._of(partition).records)

    def trim(self, before: Mapping[Partition, int]) -> None:
        """Delete the records below these offsets. Raises OutsideLog beyond the end."""
        for partition, offset in before.items():
            stored = self._of(partition)
            if offset > stored.begin + len(stored.records):
                raise OutsideLog(partition, offset)
            begin = max(offset, stored.begin)
            del stored.records[: begin - stored.begin]
            stored.begin = begin
        self.wake()

    def group(self, name: str, topic: str) -> Group:
        """The consumer group of this name, made when it is first asked for."""
        if name not in self._groups:
            self._groups[name] = Group(self.partitions(topic))
        return self._groups[name]

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` after every change; gives the function that ends it."""
        number = next(self._numbers)
        self._listeners[number] = changed
        return lambda: self._listeners.pop(number, None) and None

    def wake(self) -> None:
        """Tell every listener that something may have changed."""
        for changed in tuple(self._listeners.values()):
            changed()

    def _of(self, partition: Partition) -> _Stored:
        stored = self._stored.get(partition)
        if stored is None:
            if not 0 <= partition.number < self.partitions(partition.topic):
                raise LookupError(f"{partition.topic} has no partition {partition.number}")
            stored = self._stored[partition] = _Stored()
        return stored
