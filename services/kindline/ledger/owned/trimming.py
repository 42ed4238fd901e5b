"""What an owner may delete of its shard's topics (DESIGN 3), found by reading from their beginnings, and deleted.

Promises every reader that the first record of a trimmed log is a batch that counts, that the newest two whole snapshots
can still be started from, and that the history of every open interaction stays whole.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from kindline.language.log import DecisionBatch
from kindline.language.reading import Reading
from kindline.language.snapshot import InteractionRow, SnapshotManifest, SnapshotRow
from kindline.ledger.codec import decode_decision
from kindline.ledger.owned.judging import adopted, judged
from kindline.ledger.port import Ledger, Partition, Record
from kindline.ledger.slices import in_slices
from kindline.ledger.snapshots import KEPT, newest_whole, whole_manifests
from kindline.ledger.topics import AGENTS, DECISIONS, INTERACTIONS

TRIMMED_INPUTS = (INTERACTIONS, AGENTS)
"""Plans are kept for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrimSettings:
    """Ages in seconds of system time; a run looks at no more records per topic than it may."""

    every: float = 6 * 3600.0
    inputs_older_than: float = 7 * 86_400.0
    decisions_older_than: float = 30 * 86_400.0
    records_at_once: int = 200_000
    margin: float = 3600.0
    """How much earlier than its arrival an open interaction's history is taken to begin, in business seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Records stay from here on."""

    appended_before: float
    offset_below: int
    decided_before: float = math.inf
    records: int = 200_000


async def trim_shard(ledger: Ledger, shard: int, wall: float, settings: TrimSettings) -> Mapping[Partition, int]:
    """Delete what may go at this wall time; gives the offsets at which the trimmed topics begin now.

    Raises LedgerUnavailable.
    """
    manifests = await whole_manifests(ledger, shard)
    newest = await newest_whole(ledger, shard)
    if len(manifests) < KEPT or newest is None:
        return {}
    limit = Limit(
        appended_before=wall - settings.decisions_older_than,
        offset_below=manifests[1].next_offset,
        decided_before=await _first_arrival(newest.rows) - settings.margin,
        records=settings.records_at_once,
    )
    cuts = {Partition(DECISIONS, shard): await decisions_cut(ledger, shard, limit)}
    for partition, below in _input_limits(manifests[1], shard).items():
        older = wall - settings.inputs_older_than
        its = Limit(appended_before=older, offset_below=below, records=settings.records_at_once)
        cuts[partition] = await inputs_cut(ledger, partition, its)
    before = {partition: cut for partition, cut in cuts.items() if cut is not None}
    if before:
        await ledger.trim(before)
    return before


async def _first_arrival(rows: Iterable[SnapshotRow]) -> float:
    """When the interaction that arrived first did; never where there is none. The loop is given back now and then."""
    first = math.inf

    def looking() -> Iterator[None]:
        nonlocal first
        for row in rows:
            if isinstance(row, InteractionRow):
                first = min(first, row.received.arrived_at)
            yield

    await in_slices(looking())
    return first


def _input_limits(manifest: SnapshotManifest, shard: int) -> dict[Partition, int]:
    return {
        Partition(position.topic, shard): position.next_offset
        for position in manifest.input_positions
        if position.topic in TRIMMED_INPUTS
    }


async def inputs_cut(ledger: Ledger, partition: Partition, limit: Limit) -> int | None:
    """The offset below which an input topic may be deleted; None when nothing may go."""
    cut = None
    async with aclosing(_old_records(ledger, partition, limit)) as records:
        async for record in records:
            cut = record.offset + 1
    return cut


async def decisions_cut(ledger: Ledger, shard: int, limit: Limit) -> int | None:
    """The offset of the last counting batch that may stand first; None when nothing may go.

    A log that was never trimmed begins at (0, none, 0); a trimmed one with a batch that counts, which is adopted.
    Raises ShardStopped, UnknownFact or Undecodable where the log cannot be understood.
    """
    cut: int | None = None
    reading: Reading | None = None
    async with aclosing(_old_records(ledger, Partition(DECISIONS, shard), limit)) as records:
        async for record in records:
            reading = reading or _reading_before(record)
            reading, decision = judged(reading, record)
            if isinstance(decision, DecisionBatch):
                if decision.decided_at >= limit.decided_before:
                    break
                cut = record.offset
    return cut


def _reading_before(first: Record) -> Reading:
    decision = decode_decision(first.value or b"")
    return adopted(decision) if first.offset > 0 and isinstance(decision, DecisionBatch) else Reading()


async def _old_records(ledger: Ledger, partition: Partition, limit: Limit) -> AsyncGenerator[Record, None]:
    """The records from the beginning that lie below the limit and are old enough."""
    bounds = (await ledger.bounds([partition]))[partition]
    end, count = min(bounds.end, limit.offset_below), 0
    reader = ledger.reader({partition: bounds.begin})
    try:
        while reader.position(partition) < end and count < limit.records:
            records = await reader.read(2.0)
            if not records:
                return
            for record in records:
                if record.offset >= end or record.appended_at >= limit.appended_before or count >= limit.records:
                    return
                count += 1
                yield record
            await asyncio.sleep(0)
    finally:
        await reader.close()
