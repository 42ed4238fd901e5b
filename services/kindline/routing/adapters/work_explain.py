"""The story of an interaction: which facts were decided about it, when and why, read from the ledger itself.

Promises agents the whole story of what they own or were offered, without what was said; the edge remembers only where
the facts stand, and looks for the part before its own beginning when somebody asks.
"""

import asyncio
from array import array
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kindline.language import facts as f
from kindline.language.events import HandoverRequested, InteractionHappening, InteractionStarted, MessageReceived
from kindline.language.facts import Fact
from kindline.language.graph import ENDS as OVER
from kindline.language.log import DecisionBatch
from kindline.language.snapshot import InteractionRow, SnapshotRow
from kindline.ledger import topics
from kindline.ledger.codec import Undecodable, UnknownFact, decode_decision
from kindline.ledger.port import Bounds, Ledger, OutsideLog, Partition, Reader, Record

ENDED_KEPT = 5_000
READ_WAIT_SECONDS = 1.0
LONGEST_SEARCH = 50_000

Told = tuple[float, Fact]
"""When it was decided, and what."""

ENDS = (
    f.InteractionClosed,
    f.InteractionAbandoned,
    f.InteractionDeflected,
    f.InteractionCancelled,
    f.InteractionExpired,
)


@dataclass(slots=True)
class Trail:
    """Where an interaction's facts stand; `arrived_at` is set while some may stand before the first of `offsets`."""

    offsets: "array[int]"
    arrived_at: float | None


class Stories:
    """The trails of all shards."""

    def __init__(self, ledger: Ledger) -> None:
        """Read from this ledger; `channels` names the channel of each interaction with a trail."""
        self._ledger = ledger
        self._trails: dict[int, dict[str, Trail]] = {}
        self._ended: OrderedDict[str, int] = OrderedDict()
        self.channels: dict[str, str] = {}

    def begin(self, shard: int, rows: Iterable[SnapshotRow]) -> None:
        """Begin a shard with what is open; the earlier part of these trails is not known."""
        for interaction_id in self._trails.get(shard, {}):
            self.channels.pop(interaction_id, None)
            self._ended.pop(interaction_id, None)
        trails = self._trails[shard] = {}
        for row in rows:
            if isinstance(row, InteractionRow):
                received = row.received
                trails[received.interaction_id] = Trail(array("q"), received.arrived_at)
                self.channels[received.interaction_id] = received.channel.name.lower()
                if row.state in OVER:
                    self._end(shard, received.interaction_id)

    def heard(self, shard: int, batch: DecisionBatch, offset: int) -> None:
        """Remember where the facts of a counting batch stand."""
        trails = self._trails.setdefault(shard, {})
        for fact in batch.facts:
            interaction_id: str = getattr(fact, "interaction_id", "")
            if not interaction_id:
                continue
            if isinstance(fact, f.InteractionReceived):
                trails.setdefault(interaction_id, Trail(array("q"), None))
                self.channels[interaction_id] = fact.channel.name.lower()
            trail = trails.get(interaction_id)
            if trail is None:
                continue  # A last report on what was forgotten: a trail that begins with it would never end.
            if not trail.offsets or trail.offsets[-1] != offset:
                trail.offsets.append(offset)
            if isinstance(fact, ENDS):
                self._end(shard, interaction_id)

    def knows(self, shard: int, interaction_id: str) -> bool:
        """Whether there is a story to tell."""
        return interaction_id in self._trails.get(shard, {})

    async def tell(self, shard: int, interaction_id: str) -> list[Told]:
        """The facts in their order. Raises LedgerUnavailable."""
        trail = self._trails[shard][interaction_id]
        partition = Partition(topics.DECISIONS, shard)
        bounds = (await self._ledger.bounds([partition]))[partition]
        reader = self._ledger.reader({partition: bounds.begin})
        try:
            batches: list[DecisionBatch | None] = []
            if trail.arrived_at is not None:
                before = Bounds(bounds.begin, trail.offsets[0] if trail.offsets else bounds.end)
                begin = await _before(reader, partition, before, trail.arrived_at)
                batches += await _between(reader, partition, begin, before.end)
            batches += [await _counted_at(reader, partition, offset) for offset in trail.offsets]
        finally:
            await reader.close()
        return [told for batch in batches if batch for told in _about(batch, interaction_id)]

    def _end(self, shard: int, interaction_id: str) -> None:
        self._ended[interaction_id] = shard
        while len(self._ended) > ENDED_KEPT:
            oldest, its_shard = self._ended.popitem(last=False)
            self._trails[its_shard].pop(oldest, None)
            self.channels.pop(oldest, None)


async def _counted_at(reader: Reader, partition: Partition, offset: int) -> DecisionBatch | None:
    """The batch at an offset; None when it was trimmed."""
    try:
        await reader.follow({partition: offset})
        for record in await reader.read(READ_WAIT_SECONDS):
            if record.offset == offset:
                return _batch(record)
    except OutsideLog:
        pass
    return None


async def _between(reader: Reader, partition: Partition, begin: int, end: int) -> list[DecisionBatch]:
    """The batches that count between two offsets, in their order.

    Of those with one number the highest epoch counts: an owner that was superseded wrote the others after the claim
    that ended its time, and its successor gave their numbers again.
    """
    by_seq: dict[int, DecisionBatch] = {}
    await reader.follow({partition: begin})
    while reader.position(partition) < end and len(by_seq) < LONGEST_SEARCH:
        records = await reader.read(READ_WAIT_SECONDS)
        if not records:
            break
        for record in records:
            batch = _batch(record) if record.offset < end else None
            if batch and (batch.seq not in by_seq or by_seq[batch.seq].epoch < batch.epoch):
                by_seq[batch.seq] = batch
        await asyncio.sleep(0)
    return [by_seq[seq] for seq in sorted(by_seq)]


async def _before(reader: Reader, partition: Partition, bounds: Bounds, instant: float) -> int:
    """An offset not after the first batch that was decided at or after an instant, by halving."""
    low, high = bounds
    while low < high:
        middle = (low + high) // 2
        await reader.follow({partition: middle})
        batches = (_batch(record) for record in await reader.read(READ_WAIT_SECONDS))
        decided_at = next((batch.decided_at for batch in batches if batch), None)
        if decided_at is None or decided_at >= instant:
            high = middle
        else:
            low = middle + 1
    return max(bounds.begin, low - 1)


def _batch(record: Record) -> DecisionBatch | None:
    try:
        decision = decode_decision(record.value or b"")
    except (Undecodable, UnknownFact):
        return None
    return decision if isinstance(decision, DecisionBatch) else None


def _about(batch: DecisionBatch, interaction_id: str) -> list[Told]:
    """The facts of a batch about one interaction, without what was said."""
    facts = (fact for fact in batch.facts if getattr(fact, "interaction_id", "") == interaction_id)
    return [(batch.decided_at, _unsaid(fact)) for fact in facts]


def _unsaid(fact: Fact) -> Fact:
    match fact:
        case f.MessageSent():
            return replace(fact, content=None)
        case f.InteractionQueued():
            return replace(fact, note=None)
        case f.EventRecorded():
            return replace(fact, event=replace(fact.event, event=_wordless(fact.event.event)))
        case _:
            return fact


def _wordless(happening: InteractionHappening) -> InteractionHappening:
    match happening:
        case InteractionStarted() | MessageReceived():
            return replace(happening, content=None)
        case HandoverRequested():
            return replace(happening, summary=None, collected={})
        case _:
            return happening
