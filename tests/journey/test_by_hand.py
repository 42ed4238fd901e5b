"""Somebody at a console types an interaction: a whole line is routed, a broken one lies among the dead letters.

Kafka's own ConsoleProducer is not among the locked jars (it lives in the kafka-tools jar), so a bare producer sends the
same bytes as it would: one line, no key, no headers.
"""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Iterable

import pytest
from kafka import KafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from kindline.client import events as e
from kindline.language.facts.interactions import InteractionReceived
from kindline.ledger import topics
from kindline.runtime.running import RunningCentre
from tests.journey.conftest import RunningHouse
from tests.journey.ledger_view import ledger_of, words_of
from tests.journey.people import at_desk, next_of
from tests.journey.pools import open_pool

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


def typed(kafka: str, lines: Iterable[bytes]) -> list[tuple[int, int]]:
    """Send lines as a console producer does; gives partition and offset of each."""
    producer = KafkaProducer(bootstrap_servers=kafka)
    try:
        sent = [producer.send(topics.INTERACTIONS, line) for line in lines]
        return [(found.partition, found.offset) for found in (future.get(timeout=30) for future in sent)]
    finally:
        producer.close(timeout=5)


def dead_letters_counted(running: RunningCentre, reason: str) -> float:
    """kindline_dead_letters_total of kindline.interactions for a reason, over all routers."""
    total = 0.0
    for name, admin in running.admin.items():
        if not name.startswith("routing"):
            continue
        with urllib.request.urlopen(f"http://{admin}/metrics", timeout=5.0) as answer:
            text = answer.read().decode()
        wanted = {"topic": topics.INTERACTIONS, "reason": reason}
        total += sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "kindline_dead_letters_total" and wanted.items() <= sample.labels.items()
        )
    return total


async def test_a_line_of_json_from_a_console_is_routed(house: RunningHouse) -> None:
    """A person types one line of protojson without key or headers; an agent is offered it and reads the words."""
    words = "Grüße, 我的包裹在哪里?"
    async with ledger_of(house.running) as ledger:
        pool = await open_pool(ledger, house.running, "by/hand")
        line = {
            "pool": pool,
            "entryPoint": "page",
            "thread": "console-1",
            "messageReceived": {"messageId": "m-1", "content": {"text": words}},
        }
        await asyncio.to_thread(typed, house.running.kafka, [json.dumps(line, ensure_ascii=False).encode()])
        async with at_desk(house.running, "ann", pool) as ann:
            offer = (await next_of(ann, e.OfferReceived)).offer
            await ann.accept(offer)
            said = await next_of(ann, e.MessageArrived)
            assert said.message.content.body == words
            await ann.complete(offer)
            await ann.finish_wrap_up(offer)
        await ledger.decided()
        assert [fact.thread for fact in ledger.facts(InteractionReceived, pool)] == ["console-1"]


async def test_a_broken_line_from_a_console_is_a_dead_letter_with_its_reason(house: RunningHouse) -> None:
    """A line that breaks off lands in the dead letters as it was, with the reason UNPARSABLE, and is counted."""
    broken = b'{"pool": "by/hand-broken", "thread": "console-2", "messageReceived": {'
    before = dead_letters_counted(house.running, "unparsable")
    async with ledger_of(house.running) as ledger:
        [(partition, offset)] = await asyncio.to_thread(typed, house.running.kafka, [broken])
        letter = await ledger.dead_letter_of(topics.INTERACTIONS, partition, offset)
        assert letter.value == broken
        assert words_of(letter)["x-dlq-reason"] == "UNPARSABLE"
        assert words_of(letter)["x-dlq-detail"]
        pool = await open_pool(ledger, house.running, "by/hand-after")
        await ledger.write_as(pool, "neighbour", "n-1")
        await ledger.until(lambda: bool(ledger.facts(InteractionReceived, pool)))
    async with asyncio.timeout(20.0):
        while dead_letters_counted(house.running, "unparsable") < before + 1:
            await asyncio.sleep(0.2)
    assert dead_letters_counted(house.running, "unparsable") == before + 1
