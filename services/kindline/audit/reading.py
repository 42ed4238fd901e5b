"""Reads a whole ledger into an audit: every topic from its first record to the ends that were seen at the start."""

from __future__ import annotations

from collections.abc import Callable

from kindline.audit.findings import Invariant
from kindline.audit.ledger_book import LedgerBook
from kindline.language.agents import AgentEvent
from kindline.language.events import InteractionEvent
from kindline.language.facts.inputs import InputReference
from kindline.language.ids import event_identity, position_identity, tenant_of
from kindline.language.reading import LevelTooHigh
from kindline.ledger import codec, topics
from kindline.ledger.codec import Undecodable, UnknownFact
from kindline.ledger.envelope import WrongContentType, decode_input, read_envelope, relayed_identity
from kindline.ledger.port import Ledger, Partition, Record
from kindline.ledger.whole import whole_records

Progress = Callable[[str, int, int], None]
"""Called with a topic, how many of its records have been read, and how many there are."""


async def read_ledger(ledger: Ledger, progress: Progress = lambda *_: None) -> LedgerBook:
    """Audit everything that is in the ledger now. Raises LedgerUnavailable when it cannot be read to its end."""
    shards = await ledger.partitions(topics.DECISIONS)
    decisions = [Partition(topics.DECISIONS, shard) for shard in range(shards)]
    # Inputs and read models are bounded first: whatever they hold, the decisions read afterwards cover.
    others = [
        Partition(topic, shard)
        for topic in (topics.INTERACTIONS, topics.AGENTS, topics.SLA, topics.FLOOR)
        for shard in range(shards)
    ]
    ends = dict(await ledger.bounds(others))
    bounds = {**await ledger.bounds(decisions)}
    book = LedgerBook(shards, {partition.number: found.begin for partition, found in bounds.items()})
    for wanted, found in ((decisions, bounds), (others, ends)):
        for topic in dict.fromkeys(partition.topic for partition in wanted):
            mine = {partition: found[partition] for partition in wanted if partition.topic == topic}
            total = sum(bound.end - bound.begin for bound in mine.values())
            async for record in whole_records(ledger, mine):
                book.records[topic] = book.records.get(topic, 0) + 1
                take_record(book, record)
                progress(topic, book.records[topic], total)
    return book


def take_record(book: LedgerBook, record: Record) -> None:
    """Take one record into the book; what only Kindline writes and cannot be read is a finding of its own."""
    try:
        _take(book, record)
    except (Undecodable, UnknownFact, LevelTooHigh) as problem:
        place = f"{record.partition.topic}/{record.partition.number}@{record.offset}"
        book.findings.find(Invariant.LOG, place, f"this record cannot be read: {problem}")


def _take(book: LedgerBook, record: Record) -> None:
    topic, shard = record.partition
    if topic == topics.DECISIONS:
        if record.value is not None:
            book.take_decision(shard, record.offset, codec.decode_decision(record.value))
    elif topic == topics.INTERACTIONS:
        _take_event(book, record)
    elif topic == topics.AGENTS:
        _take_agent(book, record)
    elif topic == topics.SLA and record.value is not None:
        event_id = read_envelope(record).event_id
        book.take_sla(event_id, codec.decode_sla(record.value), f"{topic}/{shard}@{record.offset}")
    elif topic == topics.FLOOR and record.value is not None:
        book.take_floor((record.key or b"").decode(errors="replace"), codec.decode_floor(record.value))


def _reference(record: Record) -> InputReference:
    topic, partition = record.partition
    return InputReference(topic=topic, partition=partition, offset=record.offset)


def _take_event(book: LedgerBook, record: Record) -> None:
    reference = _reference(record)
    try:
        event = decode_input(record)
    except (Undecodable, WrongContentType):
        book.take_event(reference, None, None)
        return
    if not isinstance(event, InteractionEvent):
        book.take_event(reference, None, None)
        return
    pool = event.pool or (record.key or b"").decode(errors="replace")
    envelope = read_envelope(record)
    if relayed := relayed_identity(record):
        identity = relayed
    elif envelope.event_id:
        tenant = tenant_of(pool)
        identity = event_identity(tenant=tenant, source=envelope.source, event_id=envelope.event_id)
    else:
        topic, partition = record.partition
        identity = position_identity(topic=topic, partition=partition, offset=record.offset)
    book.take_event(reference, identity, event)


def _take_agent(book: LedgerBook, record: Record) -> None:
    try:
        event = decode_input(record)
    except (Undecodable, WrongContentType):
        return
    if isinstance(event, AgentEvent):
        book.take_agent(_reference(record), event)
