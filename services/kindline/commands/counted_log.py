"""The batches of one shard that count, from a snapshot or the log's beginning on, for commands that look back.

Promises that nothing is shown that never counted, and that whoever reads on from a log that was cut is told so.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from kindline.language.log import DecisionBatch, DecisionRecord
from kindline.language.reading import LevelTooHigh, Reading, Verdict, read
from kindline.language.snapshot import SnapshotRow
from kindline.ledger import codec, topics
from kindline.ledger.codec import Undecodable, UnknownFact
from kindline.ledger.port import Bounds, Ledger, Partition
from kindline.ledger.snapshots import newest_whole_before
from kindline.ledger.whole import whole_records

Progress = Callable[[str, int, int], None]
"""Called with what is read, how many records of it have been read, and how many there are."""


class LogUnreadable(Exception):
    """Kindline of this version cannot read the log any further; the message says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where reading a shard's log begins, and what is known there."""

    offset: int = 0
    reading: Reading | None = None
    """None: the log was cut, and the first batch that is left counts."""
    rows: tuple[SnapshotRow, ...] = ()
    decided_at: float = 0.0

    @property
    def knows_all(self) -> bool:
        """Whether the state at the beginning is known."""
        return self.reading is not None


def decisions(shard: int) -> Partition:
    """The partition of a shard's decisions."""
    return Partition(topics.DECISIONS, shard)


async def start_before(ledger: Ledger, shard: int, offset: int) -> Start:
    """The latest place from which everything at this offset and after it can be told. Raises LedgerUnavailable."""
    whole = await newest_whole_before(ledger, shard, offset)
    begin = (await ledger.bounds([decisions(shard)]))[decisions(shard)].begin
    if whole is not None and whole.manifest.next_offset >= begin:
        manifest = whole.manifest
        reading = Reading(manifest.epoch, manifest.owner, manifest.seq)
        return Start(
            offset=manifest.next_offset, reading=reading, rows=tuple(whole.rows), decided_at=manifest.decided_at
        )
    return Start(offset=begin, reading=Reading() if begin == 0 else None)


async def counting_batches(
    ledger: Ledger, shard: int, start: Start, end: int, progress: Progress = lambda *_: None
) -> AsyncGenerator[tuple[int, DecisionBatch], None]:
    """Each batch that counts, with its offset, up to an end. Raises LedgerUnavailable, LogUnreadable."""
    reading, total = start.reading, max(end - start.offset, 0)
    async for record in whole_records(ledger, {decisions(shard): Bounds(start.offset, end)}):
        progress("decisions", record.offset + 1 - start.offset, total)
        if record.value is None:
            continue
        try:
            decision = _understood(reading, record.value)
            if decision is None:
                continue
            if reading is None:
                reading = _adopted(decision)
            reading, verdict = read(reading, decision)
        except (LevelTooHigh, UnknownFact, Undecodable) as problem:
            message = f"offset {record.offset} of shard {shard}: {problem}"
            raise LogUnreadable(message) from problem
        if verdict is Verdict.COUNTS and isinstance(decision, DecisionBatch):
            yield record.offset, decision


def _adopted(decision: DecisionRecord) -> Reading:
    """A log is cut up to a batch that counts, so what is first in it does."""
    if isinstance(decision, DecisionBatch):
        return Reading(decision.epoch, decision.owner, decision.seq - 1)
    return Reading(decision.epoch - 1)


def _understood(reading: Reading | None, value: bytes) -> DecisionRecord | None:
    """The record; None when it holds something unknown but does not count. Raises UnknownFact when it does."""
    try:
        return codec.decode_decision(value)
    except UnknownFact as unknown:
        if reading is not None and read(reading, unknown.batch)[1] is Verdict.IGNORED:
            return None
        raise
