"""The floor as a stream room folds it: counting batches in, rows and records of kindline.floor out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence

from kindline.language.floor import FloorRow, QueueState
from kindline.language.log import DecisionBatch, DecisionRecord
from kindline.ledger import codec, topics
from kindline.ledger.envelope import headers
from kindline.ledger.port import Record
from kindline.ledger.stream import Output, StreamRoom
from kindline.ledger.stream.hosting import read_decision_log
from kindline.queues.adapters.rows import keep_changes, load_kept
from kindline.queues.domain.counted import Counted
from kindline.queues.domain.floor import Floor
from kindline.queues.domain.tallies import Key

NAME = "kindline-queues"
SOURCE = "kindline/queues"
Seen = Callable[["FloorFold", Record, DecisionBatch], None]


class FloorFold:
    """One partition's floor; the partition of a row is the shard's own."""

    def __init__(self, shard: int, rows: Mapping[bytes, bytes], seen: Seen) -> None:
        """Load the floor; `seen` is told of every batch after it is folded. Raises UnknownRow."""
        self.shard = shard
        self.floor = Floor(load_kept(rows))
        self.counted = Counted()
        self.next_offset = 0
        self._seen = seen

    def fold(self, rows: MutableMapping[bytes, bytes], record: Record, content: DecisionRecord) -> Sequence[Output]:
        """Fold one counting record; a claim says nothing about the floor."""
        if not self.next_offset:
            self.counted.remember(record.offset - 1, self.floor.tallies)
        self.next_offset = record.offset + 1
        if not isinstance(content, DecisionBatch):
            return ()
        step = self.floor.apply(content)
        if step:
            keep_changes(rows, self.floor.kept, step)
        if step.contacts:
            self.counted.remember(record.offset, self.floor.tallies)
        self._seen(self, record, content)
        return self._outputs(step.rows, step.gone)

    def republish(self, rows: Mapping[bytes, bytes]) -> Sequence[Output]:
        """Say every row again."""
        return self._outputs(self.floor.every_row(), ())

    def _outputs(self, rows: Iterable[FloorRow], gone: Iterable[Key]) -> list[Output]:
        said = [_row(row, self.shard) for row in rows]
        return said + [Output(topics.FLOOR, _key(*key), None, self.shard) for key in gone]


def queues_room(seen: Seen, folds: MutableMapping[int, FloorFold]) -> StreamRoom[DecisionRecord]:
    """The room as the stream base runs it; `folds` is kept up to date with the newest fold of each shard."""

    def open_fold(shard: int, rows: Mapping[bytes, bytes]) -> FloorFold:
        folds[shard] = FloorFold(shard, rows, seen)
        return folds[shard]

    return StreamRoom(
        name=NAME,
        source=topics.DECISIONS,
        changelog=topics.QUEUES_CHANGELOG,
        read=read_decision_log(),
        open_fold=open_fold,
    )


def _row(row: FloorRow, shard: int) -> Output:
    name = row.queue if isinstance(row, QueueState) else row.agent_id
    key = _key(row.pool, name)
    kind = type(row).__name__
    envelope = headers(
        kind=kind, event_id=f"{row.pool}/{name}@{row.as_of!r}", source=SOURCE, happened_at=row.as_of, subject=name
    )
    return Output(topics.FLOOR, key, codec.encode(row), shard, envelope)


def _key(pool: str, name: str) -> bytes:
    return f"{pool}/{name}".encode()
