"""Many who append at once, and a broker that is silent for a moment: nothing is lost, and no processor spins."""

from __future__ import annotations

import asyncio
import time

import pytest

from kindline.ledger.confluent import ConfluentLedger
from kindline.ledger.confluent.lanes import LONE_RECORDS
from kindline.ledger.port import Appended, AppendUnknown, Ledger, LedgerUnavailable, Partition, Writer
from tests.contract.ledger.conftest import CLIENTS, PARTITIONS, Place, create_topic
from tests.kafka import MakeCluster

LIMIT = 20.0
KEPT_BACK = 7

Appending = asyncio.Task[Appended]


@pytest.mark.parametrize("late", [0.0, 0.005], ids=["at once", "collected for 5 ms"])
async def test_a_crowd_arrives_whole_and_in_order(place: Place, late: float) -> None:
    """Three thousand appends to three partitions, some at once and some while others are under way, all arrive."""
    ledger = place.open()
    writer = ledger.writer(late=late)
    begun: list[Appending] = []
    async with asyncio.timeout(LIMIT):
        for number in range(3_000):
            begun.append(begin(writer, Partition(place.topic, number % PARTITIONS), b"%d" % number))
            if number % 300 == 299:
                await asyncio.sleep(0.003)
        offsets = [appended.offset for appended in await asyncio.gather(*begun)]
        for number in range(PARTITIONS):
            assert offsets[number::PARTITIONS] == list(range(1_000))
            expected = [b"%d" % value for value in range(number, 3_000, PARTITIONS)]
            assert await values(ledger, Partition(place.topic, number), 1_000) == expected


async def test_whoever_gives_up_in_a_crowd_holds_nobody_up(place: Place) -> None:
    """Appends that are cancelled while they wait for others leave no gap: all others arrive, in order."""
    ledger = place.open()
    writer, partition = ledger.writer(), Partition(place.topic, 0)
    async with asyncio.timeout(LIMIT):
        await writer.append(partition, None, b"first")
        begun = [begin(writer, partition, b"%d" % number) for number in range(300)]
        await asyncio.sleep(0)
        for one in begun[100::2]:
            one.cancel()
        await asyncio.wait(begun)
        last = await writer.append(partition, None, b"last")
        kept = [one.result().offset for one in begun if not one.cancelled()]
        assert len(kept) >= 200
        assert kept == sorted(kept)
        found = await values(ledger, partition, last.offset + 1)
        assert [found[offset] for offset in kept] == [b"%d" % n for n, one in enumerate(begun) if not one.cancelled()]


@pytest.mark.kafka
@pytest.mark.parametrize("late", [0.0, 0.005], ids=["at once", "collected for 5 ms"])
async def test_nobody_spins_while_the_broker_is_silent(kafka_cluster: MakeCluster, late: float) -> None:
    """While a thousand appends wait for a broker that is silent for a second, no client spends a processor on it."""
    cluster = kafka_cluster(1)
    await asyncio.to_thread(create_topic, cluster.bootstrap, "silent")
    partition = Partition("silent", 0)
    expected = 0
    for name, client in CLIENTS.items():
        ledger = client(cluster.bootstrap, "test")
        writer = ledger.writer(late=late)
        await writer.append(partition, None, b"x")
        cluster.nodes[0].pause()
        begun = []
        for number in range(100):  # So many meet a request under way at different times, before and after it is sent.
            begun += [begin(writer, partition, b"%d %d" % (number, more)) for more in range(10)]
            await asyncio.sleep(0.001)
        spent = time.process_time()
        await asyncio.sleep(1.0)
        spent = time.process_time() - spent
        cluster.nodes[0].resume()
        async with asyncio.timeout(LIMIT):
            offsets = [appended.offset for appended in await asyncio.gather(*begun)]
        await ledger.close()
        assert offsets == list(range(expected + 1, expected + 1_001)), name
        assert spent < 0.4, f"{name} spent {spent:.2f} s of a processor on waiting for 1 s"
        expected += 1_001


@pytest.mark.kafka
async def test_what_was_kept_back_is_known_not_to_be_in_the_log(kafka_cluster: MakeCluster) -> None:
    """Whoever was not sent within 5 s, or before the writer is closed, hears that nothing was changed; it is true."""
    cluster = kafka_cluster(1)
    await asyncio.to_thread(create_topic, cluster.bootstrap, "kept")
    ledger = ConfluentLedger(cluster.bootstrap, "test")
    partition, other = Partition("kept", 0), Partition("kept", 1)
    patient, closed = ledger.writer(), ledger.writer()
    for writer in (patient, closed):
        await writer.append(partition, None, b"before")
    cluster.nodes[0].pause()
    waited = [begin(patient, partition, b"waits %d" % number) for number in range(LONE_RECORDS + KEPT_BACK)]
    ended = [begin(closed, other, b"ends %d" % number) for number in range(LONE_RECORDS + KEPT_BACK)]
    await asyncio.sleep(0.1)
    await closed.close()
    try:
        outcomes = [await outcomes_of(ended), await outcomes_of(waited)]
    finally:
        cluster.nodes[0].resume()
    assert outcomes == [[AppendUnknown] * LONE_RECORDS + [LedgerUnavailable] * KEPT_BACK] * 2
    last = await until_appended(patient, partition)
    found = await values(ledger, partition, last.offset + 1)
    kept_back = {b"waits %d" % number for number in range(LONE_RECORDS, LONE_RECORDS + KEPT_BACK)}
    assert not kept_back & set(found)
    await ledger.close()


def begin(writer: Writer, partition: Partition, value: bytes) -> Appending:
    """Begin to append."""
    return asyncio.create_task(writer.append(partition, b"key", value))


async def outcomes_of(begun: list[Appending]) -> list[type]:
    """How each append ended."""
    return [type(outcome) for outcome in await asyncio.gather(*begun, return_exceptions=True)]


async def until_appended(writer: Writer, partition: Partition) -> Appended:
    """Append as soon as the broker takes it."""
    async with asyncio.timeout(LIMIT):
        while True:
            try:
                return await writer.append(partition, None, b"after")
            except (AppendUnknown, LedgerUnavailable):
                await asyncio.sleep(0.2)


async def values(ledger: Ledger, partition: Partition, count: int) -> list[bytes | None]:
    """The first so many records of a partition."""
    reader = ledger.reader({partition: 0})
    found: list[bytes | None] = []
    async with asyncio.timeout(LIMIT):
        while len(found) < count:
            found += [record.value for record in await reader.read(0.5)]
    await reader.close()
    return found
