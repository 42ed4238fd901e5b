"""What a journey sees of the ledger: every decision that counts, every dead letter, and a pen of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from kindline.language import events as e
from kindline.language.content import Content
from kindline.language.facts import Fact
from kindline.language.facts.inputs import EventRecorded
from kindline.language.ids import shard_of
from kindline.language.log import DecisionBatch
from kindline.language.reading import Reading, Verdict, read
from kindline.ledger import codec, topics
from kindline.ledger.codec import decode_decision
from kindline.ledger.envelope import headers
from kindline.ledger.opening import open_ledger
from kindline.ledger.port import Appended, Headers, Ledger, Partition, Record, Writer
from kindline.runtime.clock import BusinessClock
from kindline.runtime.running import RunningCentre

FactType = TypeVar("FactType")
LIMIT_SECONDS = 60.0
READ_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Counted:
    """A batch that counts, where it stands and when it was appended."""

    shard: int
    offset: int
    appended_at: float
    batch: DecisionBatch


class LedgerView:
    """Follows all decisions from the first one; made by `ledger_of`."""

    def __init__(self, ledger: Ledger, shards: int, writer: Writer) -> None:
        """Begin at the front."""
        self.shards = shards
        self.counted: list[Counted] = []
        self._ledger = ledger
        self._writer = writer
        self._readings = [Reading() for _ in range(shards)]
        self._reader = ledger.reader({Partition(topics.DECISIONS, shard): 0 for shard in range(shards)})

    async def append(
        self, topic: str, partition: int, value: bytes | None, *, key: bytes | None = None, said: Headers = ()
    ) -> Appended:
        """Append anything anywhere, as a stranger could."""
        return await self._writer.append(Partition(topic, partition), key, value, said)

    async def tell(self, event: e.InteractionEvent, event_id: str, *, partition: int | None = None) -> Appended:
        """Publish an event as an integration would."""
        said = headers(
            kind=type(event.event).__name__, event_id=event_id, source="tests", happened_at=BusinessClock().now()
        )
        shard = shard_of(event.pool, self.shards) if partition is None else partition
        return await self.append(topics.INTERACTIONS, shard, codec.encode(event), key=event.pool.encode(), said=said)

    async def write_as(self, pool: str, thread: str, event_id: str, *, entry_point: str = "page") -> Appended:
        """A visitor says something."""
        said = e.MessageReceived(message_id=event_id, content=Content(body=f"words of {event_id}"))
        event = e.InteractionEvent(pool=pool, entry_point=entry_point, thread=thread, event=said)
        return await self.tell(event, event_id)

    def facts(self, kind: type[FactType], pool: str = "") -> list[FactType]:
        """Every counting fact of a kind so far, of one pool if it is named."""
        return [fact for fact in self.all(pool) if isinstance(fact, kind)]

    def all(self, pool: str = "") -> list[Fact]:
        """Every counting fact so far, of one pool if it is named."""
        every = [fact for counted in self.counted for fact in counted.batch.facts]
        return [fact for fact in every if not pool or getattr(fact, "pool", "") == pool]

    def recorded(self, pool: str) -> Counter[bytes]:
        """How often each event of a pool was taken in, by its identity."""
        return Counter(fact.identity for fact in self.facts(EventRecorded, pool))

    async def read(self) -> None:
        """Take in what has been decided meanwhile."""
        for record in await self._reader.read(READ_SECONDS):
            shard, decision = record.partition.number, decode_decision(record.value or b"")
            self._readings[shard], verdict = read(self._readings[shard], decision)
            if verdict is Verdict.COUNTS and isinstance(decision, DecisionBatch):
                self.counted.append(Counted(shard, record.offset, record.appended_at, decision))

    async def until(self, seen: Callable[[], bool], limit: float = LIMIT_SECONDS) -> None:
        """Read until something is seen. Raises TimeoutError."""
        async with asyncio.timeout(limit):
            while not seen():
                await self.read()

    async def decided(self, limit: float = LIMIT_SECONDS) -> None:
        """Read until every input that is there now has been decided. Raises TimeoutError."""
        partitions = [Partition(topic, shard) for topic in topics.INPUTS for shard in range(self.shards)]
        ends = {partition: bounds.end for partition, bounds in (await self._ledger.bounds(partitions)).items()}

        def all_are() -> bool:
            reached = {
                Partition(position.topic, counted.shard): position.next_offset
                for counted in self.counted
                for position in counted.batch.input_positions
            }
            return all(reached.get(partition, 0) >= end for partition, end in ends.items())

        await self.until(all_are, limit)

    async def dead_letters(self, topic: str) -> list[Record]:
        """Everything in the topic of the dead letters of a topic."""
        partitions = [Partition(topics.dead_letters(topic), shard) for shard in range(self.shards)]
        bounds = await self._ledger.bounds(partitions)
        left = {partition: found.end for partition, found in bounds.items() if found.begin < found.end}
        found: list[Record] = []
        reader = self._ledger.reader({partition: bounds[partition].begin for partition in left})
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                while left:
                    found += await reader.read(READ_SECONDS)
                    left = {partition: end for partition, end in left.items() if reader.position(partition) < end}
        finally:
            await reader.close()
        return found

    async def dead_letter_of(self, topic: str, partition: int, offset: int) -> Record:
        """The dead letter that was made of one record. Raises TimeoutError when none comes."""
        place = {"x-dlq-topic": topic, "x-dlq-partition": str(partition), "x-dlq-offset": str(offset)}
        async with asyncio.timeout(LIMIT_SECONDS):
            while True:
                for record in await self.dead_letters(topic):
                    if place.items() <= words_of(record).items():
                        return record
                await asyncio.sleep(READ_SECONDS)


def words_of(record: Record) -> dict[str, str]:
    """A record's headers as text."""
    return {name: value.decode("utf-8", "replace") for name, value in record.headers}


@asynccontextmanager
async def ledger_of(running: RunningCentre) -> AsyncIterator[LedgerView]:
    """The ledger of a running centre."""
    ledger = await open_ledger(running.kafka, "kindline-journey")
    try:
        shards = await ledger.partitions(topics.DECISIONS)
        yield LedgerView(ledger, shards, ledger.writer())
    finally:
        await ledger.close()
