"""The counted state of one shard: a core that has folded exactly the batches that count, and where it stands.

It never holds anything undecided or unacknowledged, so whatever is read from it may be shown, and a snapshot of it may
be kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Generic

from kindline.language.content import Because
from kindline.language.log import LEVEL, DecisionBatch, DecisionRecord, InputPosition
from kindline.language.reading import LevelTooHigh, Reading, Verdict, read
from kindline.language.snapshot import SnapshotManifest, SnapshotRow
from kindline.ledger.codec import decode_decision
from kindline.ledger.codec.errors import Undecodable, UnknownFact
from kindline.ledger.owned.core import Core, Given, ShardStopped
from kindline.ledger.port import Record


class Fold(Generic[Given]):
    """One shard as the log tells it. Lives in one event loop; no method waits."""

    def __init__(self, core: Core[Given], next_offset: int = 0) -> None:
        """Begin at the log's beginning with a fresh core, whose own it becomes."""
        self.core = core
        self.reading = Reading()
        self.next_offset = next_offset
        self.positions: dict[str, int] = {}
        self.decided_at: float | None = None
        self.next_within: float | None = None
        self.released = False
        self.last_batch_offset = -1

    def restore(self, manifest: SnapshotManifest, rows: Iterable[SnapshotRow]) -> None:
        """Begin at a snapshot instead."""
        self.core.restore(rows, manifest.decided_at)
        self.reading = Reading(manifest.epoch, manifest.owner, manifest.seq)
        self.next_offset = manifest.next_offset
        self.positions = {position.topic: position.next_offset for position in manifest.input_positions}
        self.decided_at = manifest.decided_at
        self.next_within = manifest.next_within
        self.released = manifest.released
        self.last_batch_offset = manifest.next_offset - 1

    def take(self, record: Record) -> DecisionRecord | None:
        """Fold the record that comes next; gives it if it counts. Raises ShardStopped if this code cannot read it."""
        if record.offset < self.next_offset:
            return None
        try:
            decision = decode_decision(record.value or b"")
        except UnknownFact as problem:
            self._skip_or_stop(problem, record.offset)
            return None
        except Undecodable as problem:
            raise ShardStopped(f"offset {record.offset} of shard {record.partition.number}: {problem}") from problem
        return decision if self.count(decision, record.offset) else None

    def count(self, decision: DecisionRecord, offset: int) -> bool:
        """Fold what stands at an offset, which must not lie before next_offset; whether it counts."""
        try:
            self.reading, verdict = read(self.reading, decision)
        except LevelTooHigh as problem:
            raise ShardStopped(str(problem)) from problem
        self.next_offset = offset + 1
        if verdict is Verdict.IGNORED:
            return False
        if isinstance(decision, DecisionBatch):
            self._fold(decision, offset)
        self.released = isinstance(decision, DecisionBatch) and decision.released
        return True

    def _skip_or_stop(self, problem: UnknownFact, offset: int) -> None:
        """A batch with an unknown fact may be passed over only if it does not count anyway."""
        _, verdict = read(self.reading, replace(problem.batch, level=LEVEL))
        if verdict is Verdict.COUNTS:
            raise ShardStopped(str(problem)) from problem
        self.next_offset = offset + 1

    def _fold(self, batch: DecisionBatch, offset: int) -> None:
        try:
            self.core.apply(batch.facts, batch.decided_at)
        except Exception as problem:
            raise ShardStopped(f"the facts at offset {offset} cannot be folded: {problem!r}") from problem
        self.positions.update({position.topic: position.next_offset for position in batch.input_positions})
        self.decided_at = batch.decided_at
        self.next_within = batch.next_within
        self.last_batch_offset = offset

    def because(self) -> Because:
        """The last counting batch, for whoever acts on this state."""
        return Because(epoch=self.reading.epoch, seq=self.reading.seq, offset=self.last_batch_offset)

    def manifest(self, snapshot_id: str, parts: int, sha256: bytes) -> SnapshotManifest:
        """What a snapshot of this very moment says of itself."""
        return SnapshotManifest(
            snapshot_id=snapshot_id,
            epoch=self.reading.epoch,
            owner=self.reading.owner,
            seq=self.reading.seq,
            next_offset=self.next_offset,
            input_positions=positions_of(self.positions),
            decided_at=self.decided_at or 0.0,
            parts=parts,
            sha256=sha256,
            queue_counts=tuple(self.core.queue_counts()),
            next_within=self.next_within or 0.0,
            released=self.released,
        )


def positions_of(positions: dict[str, int]) -> tuple[InputPosition, ...]:
    """Input positions as the log carries them, in a fixed order."""
    return tuple(InputPosition(topic=topic, next_offset=offset) for topic, offset in sorted(positions.items()))
