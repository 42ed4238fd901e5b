"""Finds an interaction in the ledger by the beginning of its id, or the last one routed, and reads its tale.

Promises that ids are looked for in every shard, and that reading begins as late as the state before it is known.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field

from kindline.commands.counted_log import Progress, Start, counting_batches, decisions, start_before
from kindline.commands.explaining.tale import Tale
from kindline.language.facts import OfferIssued
from kindline.language.log import DecisionBatch
from kindline.ledger import codec, topics
from kindline.ledger.codec import Undecodable, UnknownFact
from kindline.ledger.port import Bounds, Ledger, Partition, Record
from kindline.ledger.whole import whole_records
from kindline.routing.domain.engine import Engine

LOOK_BACK = 2_000
"""Records of each shard in which the last offer is looked for first; eight times as many each time after that."""
NAMED = 5


class NotFound(Exception):
    """No interaction can be meant, or more than one; the message says which."""


@dataclass(slots=True)
class Sighting:
    """Where an interaction is spoken of."""

    shard: int
    first: int
    last: int


@dataclass(slots=True)
class Search:
    """Every interaction whose id begins in one way."""

    prefix: str
    seen: dict[str, Sighting] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Look into one record; most are told to be of no interest from their bytes alone."""
        if record.value is None or self.prefix.encode() not in record.value:
            return
        shard = record.partition.number
        for name in _interactions(record.value):
            if name.startswith(self.prefix):
                sighting = self.seen.setdefault(name, Sighting(shard, record.offset, record.offset))
                sighting.last = record.offset


def _interactions(value: bytes) -> set[str]:
    try:
        record = codec.decode_decision(value)
    except UnknownFact as unknown:
        record = unknown.batch
    except Undecodable:
        return set()
    facts = record.facts if isinstance(record, DecisionBatch) else ()
    return {name for fact in facts if (name := getattr(fact, "interaction_id", ""))}


async def find(ledger: Ledger, prefix: str, progress: Progress = lambda *_: None) -> tuple[str, Sighting]:
    """The one interaction whose id begins so. Raises NotFound, LedgerUnavailable."""
    search, bounds, done = Search(prefix), await _bounds(ledger), 0
    total = sum(found.end - found.begin for found in bounds.values())
    async for record in whole_records(ledger, bounds):
        done += 1
        search.take(record)
        progress("looking for it", done, total)
    if not search.seen:
        raise NotFound(f"no interaction in the ledger has an id that begins with {prefix}")
    if len(search.seen) > 1:
        some = ", ".join(sorted(search.seen)[:NAMED])
        raise NotFound(f"{len(search.seen)} interactions begin with {prefix}: {some}; say more of the id")
    return next(iter(search.seen.items()))


async def last_routed(ledger: Ledger) -> str:
    """The interaction of the last offer that was made. Raises NotFound, LedgerUnavailable."""
    bounds, back = await _bounds(ledger), LOOK_BACK
    while True:
        near = {where: Bounds(max(found.begin, found.end - back), found.end) for where, found in bounds.items()}
        newest = (0.0, "")
        async for record in whole_records(ledger, near):
            newest = max(newest, _last_offer(record.value or b""))
        if newest[1]:
            return newest[1]
        if near == bounds:
            raise NotFound("nobody has been offered anything yet")
        back *= 8


def _last_offer(value: bytes) -> tuple[float, str]:
    try:
        batch = codec.decode_decision(value)
    except (Undecodable, UnknownFact):
        return (0.0, "")
    offers = [fact for fact in getattr(batch, "facts", ()) if isinstance(fact, OfferIssued)]
    return (batch.decided_at, offers[-1].interaction_id) if offers and isinstance(batch, DecisionBatch) else (0.0, "")


async def tale_of(
    ledger: Ledger, interaction_id: str, sighting: Sighting, progress: Progress = lambda *_: None
) -> Tale:
    """Everything the log says of an interaction. Raises LedgerUnavailable, LogUnreadable."""
    shards = await ledger.partitions(topics.DECISIONS)
    start: Start = await start_before(ledger, sighting.shard, sighting.first)
    engine = Engine(sighting.shard, shards)
    if start.rows:
        engine.restore(start.rows, start.decided_at)
    tale = Tale(interaction_id, engine, knows_all=start.knows_all)
    where = decisions(sighting.shard)
    end = (await ledger.bounds([where]))[where].end
    async with aclosing(counting_batches(ledger, sighting.shard, start, end, progress)) as batches:
        async for offset, batch in batches:
            tale.take(batch, offset)
            # Of one that still waits it is to be told who is there for it now; of others there is nothing more to hear.
            if offset >= sighting.last and not tale.waits:
                break
    return tale


async def _bounds(ledger: Ledger) -> dict[Partition, Bounds]:
    shards = await ledger.partitions(topics.DECISIONS)
    return dict(await ledger.bounds([decisions(shard) for shard in range(shards)]))
