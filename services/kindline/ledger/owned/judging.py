"""The reading rule applied to records as they stand in the log, for every reader that owns or relays."""

from __future__ import annotations

from dataclasses import replace

from kindline.language.log import LEVEL, DecisionBatch, DecisionRecord
from kindline.language.reading import COUNTS, LevelTooHigh, Reading, read
from kindline.ledger.codec.errors import Undecodable
from kindline.ledger.owned.core import ShardStopped
from kindline.ledger.port import Record
from kindline.ledger.understanding import TROUBLES, Understood, understood


def judged(
    reading: Reading, record: Record, only: frozenset[str] | None = None
) -> tuple[Reading, DecisionRecord | None]:
    """The reading after a record, and what the record says if it counts; of its facts `only` these kinds, if given.

    Raises ShardStopped for a record that counts, or may count, and that this code cannot understand.
    """
    return weighed(reading, record, understood(record, only))


def weighed(reading: Reading, record: Record, said: Understood) -> tuple[Reading, DecisionRecord | None]:
    """As judged(), for a record that was understood before."""
    if isinstance(said, DecisionBatch):  # Asked first, as nearly all are.
        return counted(reading, said)
    if said is None:
        return reading, None  # A tombstone is no decision, and so nothing that could count.
    if not isinstance(said, TROUBLES):
        return counted(reading, said)
    if isinstance(said, Undecodable):
        raise ShardStopped(f"offset {record.offset} of shard {record.partition.number}: {said}") from said
    # A batch that does not count anyway may be passed over, whatever it holds.
    _, verdict = read(reading, replace(said.batch, level=LEVEL))
    if verdict is COUNTS:
        raise ShardStopped(str(said)) from said
    return reading, None


def counted(reading: Reading, decision: DecisionRecord) -> tuple[Reading, DecisionRecord | None]:
    """As judged(), for a decision that is known already."""
    try:
        after, verdict = read(reading, decision)
    except LevelTooHigh as problem:
        raise ShardStopped(str(problem)) from problem
    return after, decision if verdict is COUNTS else None


def adopted(first: DecisionBatch) -> Reading:
    """The reading just before the first record of a trimmed log, which is a batch that counts."""
    return Reading(first.epoch, first.owner, first.seq - 1)
