"""However often and by whatever way a customer's words come, they make one interaction, and it is routed."""

from __future__ import annotations

import asyncio
import zlib
from typing import Any

import pytest
from kafka import KafkaProducer

from kindline.client import events as e
from kindline.language.content import Content
from kindline.language.events import InteractionEvent, MessageReceived
from kindline.language.facts.inputs import EventRecorded, InputRedirected
from kindline.language.facts.interactions import InteractionReceived
from kindline.language.facts.offers import OfferIssued
from kindline.language.ids import event_identity, shard_of
from kindline.ledger import codec, topics
from tests.journey.conftest import RunningHouse
from tests.journey.ledger_view import ledger_of
from tests.journey.people import at_desk, audited, visitor
from tests.journey.pools import open_pool

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

FIFTY = [f"first-{number}" for number in range(50)]


async def test_fifty_first_messages_at_once_make_one_interaction_and_ten_repeats_change_nothing(
    house: RunningHouse,
) -> None:
    """Fifty parallel first messages of one visitor are one interaction; each of them ten times more adds no fact."""
    async with ledger_of(house.running) as ledger:
        pool = await open_pool(ledger, house.running, "fifty/ledger")
        before = len(ledger.all(pool))
        await asyncio.gather(*(ledger.write_as(pool, "visitor-1", name) for name in FIFTY))
        await ledger.decided()
        identities = {event_identity(tenant="fifty", source="tests", event_id=name) for name in FIFTY}
        assert len(ledger.facts(InteractionReceived, pool)) == 1
        assert ledger.recorded(pool) == dict.fromkeys(identities, 1)
        decided = ledger.all(pool)
        assert len(decided) > before
        for _ in range(10):
            await asyncio.gather(*(ledger.write_as(pool, "visitor-1", name) for name in FIFTY))
        await ledger.decided()
        told_again = ledger.all(pool)
        assert told_again == decided


async def test_fifty_first_messages_through_ten_pages_of_one_visitor_make_one_interaction(house: RunningHouse) -> None:
    """Ten pages with the same visitor's token each write five lines at once: fifty lines of one interaction."""
    async with ledger_of(house.running) as ledger:
        pool = await open_pool(ledger, house.running, "fifty/pages")
        async with visitor(house.running, pool=pool, entry_point="page") as first:
            token = (await first.hears(lambda frame: frame["type"] == "welcome"))["token"]
        barrier = asyncio.Barrier(10)

        async def page(number: int) -> None:
            async with visitor(house.running, token, pool=pool, entry_point="page") as socket:
                welcome = await socket.hears(lambda frame: frame["type"] == "welcome")
                assert welcome["known"], "the page is not the same visitor's"
                await barrier.wait()
                names = [f"page-{number}-{line}" for line in range(5)]
                for name in names:
                    await socket.say(f"line {name}", name)
                for _ in names:
                    await socket.hears(lambda frame: frame["type"] == "accepted")
                await barrier.wait()

        await asyncio.gather(*(page(number) for number in range(10)))
        await ledger.decided()
        assert len(ledger.facts(InteractionReceived, pool)) == 1
        lines = [fact for fact in ledger.facts(EventRecorded, pool) if isinstance(fact.event.event, MessageReceived)]
        assert len(lines) == 50
        assert set(ledger.recorded(pool).values()) == {1}


async def test_producers_of_every_kind_reach_an_agent(house: RunningHouse) -> None:
    """A murmur2 producer, one that spreads keys by CRC32 and one without keys: each customer is offered to an agent."""
    async with ledger_of(house.running) as ledger:
        pool = await open_pool(ledger, house.running, "every/producer-2")
        shard, by_crc = shard_of(pool, ledger.shards), zlib.crc32(pool.encode()) % ledger.shards
        assert by_crc != shard, "take a pool whose CRC32 leads elsewhere"
        ways: dict[str, dict[str, Any]] = {
            "murmur2": {"key": pool.encode()},
            "crc32": {"key": pool.encode(), "partition": by_crc},
        }
        ways |= {f"no-key-{number}": {"partition": number} for number in range(ledger.shards)}
        appended = await asyncio.to_thread(_publish, house.running.kafka, pool, ways)
        assert appended["murmur2"] == shard
        await _all_are_offered(house, pool, set(ways))
        await ledger.decided()
        received = sorted(fact.thread for fact in ledger.facts(InteractionReceived, pool))
        assert received == sorted(ways)
        redirected = ledger.facts(InputRedirected, pool)
        assert [fact.to_partition for fact in redirected] == [shard] * ledger.shards
        assert {fact.input.partition for fact in redirected} == set(range(ledger.shards)) - {shard}
        assert set(ledger.recorded(pool).values()) == {1}
        assert len(ledger.facts(OfferIssued, pool)) == len(ways)
    report = await audited(house.running, house.directory)
    assert report["violations"] == 0


def _publish(kafka: str, pool: str, ways: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Publish one customer by each way with a plain client and no headers; gives the partition of each."""
    producer = KafkaProducer(bootstrap_servers=kafka, acks="all")
    try:
        sent = {}
        for thread, way in ways.items():
            said = MessageReceived(message_id=thread, content=Content(body=f"I came by {thread}"))
            event = InteractionEvent(pool=pool, entry_point="page", thread=thread, event=said)
            sent[thread] = producer.send(topics.INTERACTIONS, codec.encode(event), **way)
        return {thread: future.get(timeout=30).partition for thread, future in sent.items()}
    finally:
        producer.close(timeout=5)


async def _all_are_offered(house: RunningHouse, pool: str, threads: set[str]) -> None:
    """An agent sits down and takes everybody."""
    served: set[str] = set()
    async with at_desk(house.running, "ann", pool) as ann, asyncio.timeout(60.0):
        async for event in ann.events():
            if isinstance(event, e.OfferReceived):
                await ann.accept(event.offer)
            if isinstance(event, e.WorkChanged):
                served.add(event.work.thread)
            if served >= threads:
                break
        assert served == threads
