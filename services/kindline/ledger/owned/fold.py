"""The counted state of one shard: a core that has folded exactly the batches that count, and where it stands.

It never holds anything undecided or unacknowledged, so whatever is read from it may be shown, and a snapshot of it may
be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic

from kindline.language.content import Because
from kindline.language.log import DecisionBatch, DecisionRecord, InputPosition
from kindline.language.reading import Reading
from kindline.language.snapshot import SnapshotManifest, SnapshotRow
from kindline.ledger.owned.core import Core, Given, ShardStopped
from kindline.ledger.owned.judging import counted, weighed
from kindline.ledger.port import Record
from kindline.ledger.understanding import Understood, understood


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

    def restoring(self, manifest: SnapshotManifest, rows: Iterable[SnapshotRow]) -> Iterator[None]:
        """Begin at a snapshot instead, one small step at a time; nothing may be read from here before the last."""
        yield from self.core.restoring(rows, manifest.decided_at)
        self.reading = Reading(manifest.epoch, manifest.owner, manifest.seq)
        self.next_offset = manifest.next_offset
        self.positions = {position.topic: position.next_offset for position in manifest.input_positions}
        self.decided_at = manifest.decided_at
        self.next_within = manifest.next_within
        self.released = manifest.released
        self.last_batch_offset = manifest.next_offset - 1

    def take(self, record: Record) -> DecisionRecord | None:
        """Fold the record that comes next; gives it if it counts. Raises ShardStopped if this code cannot read it."""
        return self.take_in(record, understood(record))

    def take_in(self, record: Record, said: Understood) -> DecisionRecord | None:
        """As take(), for a record that was understood before."""
        if record.offset < self.next_offset:
            return None
        reading, decision = weighed(self.reading, record, said)
        return self._take(reading, decision, record.offset)

    def count(self, decision: DecisionRecord, offset: int) -> DecisionRecord | None:
        """As take(), for what was just acknowledged at an offset, which must not lie before next_offset."""
        reading, known = counted(self.reading, decision)
        return self._take(reading, known, offset)

    def _take(self, reading: Reading, decision: DecisionRecord | None, offset: int) -> DecisionRecord | None:
        self.reading, self.next_offset = reading, offset + 1
        if decision is None:
            return None
        if not isinstance(decision, DecisionBatch):
            self.released = False
            return decision
        try:
            self.core.apply(decision.facts, decision.decided_at)
        except Exception as problem:
            raise ShardStopped(f"the facts at offset {offset} cannot be folded: {type(problem).__name__}") from problem
        for position in decision.input_positions:
            self.positions[position.topic] = position.next_offset
        self.decided_at = decision.decided_at
        self.next_within = decision.next_within
        self.last_batch_offset = offset
        self.released = decision.released
        return decision

    def because(self) -> Because:
        """The last counting batch, for whoever acts on this state."""
        return Because(epoch=self.reading.epoch, seq=self.reading.seq, offset=self.last_batch_offset)

    def manifest(self, snapshot_id: str, parts: int, sha256: bytes) -> SnapshotManifest:
        """What a snapshot of this very moment says of itself; what its queues hold is counted as it is written."""
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
            next_within=self.next_within or 0.0,
            released=self.released,
        )


def positions_of(positions: dict[str, int]) -> tuple[InputPosition, ...]:
    """Input positions as the log carries them, in a fixed order."""
    return tuple(InputPosition(topic=topic, next_offset=offset) for topic, offset in sorted(positions.items()))
