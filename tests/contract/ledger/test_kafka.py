"""What only a real broker can do to a ledger: be away, leave gaps between offsets, and hold more than fits."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from kafka import KafkaProducer

from kindline.ledger.confluent import ConfluentLedger, polling
from kindline.ledger.confluent.client import LIBRARY_LOG, Seldom, library_log
from kindline.ledger.kafka.administration import PartitionsDiffer, ensure_topics, verify_topics
from kindline.ledger.kafka.client import check_client
from kindline.ledger.opening import open_ledger
from kindline.ledger.port import Appended, AppendUnknown, Ledger, LedgerUnavailable, Partition, Record, Writer
from kindline.ledger.topics import FOR_EVER, Topic
from kindline.runtime.main import CannotStart
from tests.contract.ledger.conftest import EVERY_CLIENT, create_topic
from tests.kafka import MakeCluster

pytestmark = pytest.mark.kafka

NOWHERE = "127.0.0.1:1"
RECORD_AND_MARKER = 2

Open = Callable[[str, str], Ledger]


@pytest.fixture(params=EVERY_CLIENT)
def open_with(request: pytest.FixtureRequest) -> Open:
    """Opens a ledger through one of the clients that we can use: (address, name of the client)."""
    chosen: Open = request.param
    return chosen


async def test_a_reader_passes_offsets_without_records(open_with: Open, kafka_address: str) -> None:
    """Where the log ends in an offset that holds no record, as compaction leaves it, the reader comes to the end."""
    topic = f"gaps-{time.time_ns()}"
    create_topic(kafka_address, topic)
    partition = Partition(topic, 0)
    await asyncio.to_thread(_write_in_transaction, kafka_address, topic)
    ledger = open_with(kafka_address, "test")
    reader = ledger.reader({partition: 0})
    values = []
    async with asyncio.timeout(20):
        # The broker says that a transaction is over a moment before its marker, the offset without a record, is there.
        while (end := (await ledger.bounds([partition]))[partition].end) < RECORD_AND_MARKER:
            await asyncio.sleep(0.05)
        while reader.position(partition) < end:
            values += [record.value for record in await reader.read(0.3)]
    assert (values, end) == ([b"one"], RECORD_AND_MARKER)
    await ledger.close()


def _write_in_transaction(address: str, topic: str) -> None:
    producer = KafkaProducer(bootstrap_servers=address, transactional_id=topic)
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(topic, b"one", partition=0)
    producer.commit_transaction()
    producer.close()


async def test_a_backlog_beyond_the_bound_is_read_whole(open_with: Open, kafka_address: str) -> None:
    """A reader that lags by thirty thousand records gets each of them once and in order, without holding them all."""
    topic = f"backlog-{time.time_ns()}"
    create_topic(kafka_address, topic)
    partition = Partition(topic, 0)
    ledger = open_with(kafka_address, "test")
    writer = ledger.writer()
    for start in range(0, 30_000, 5_000):
        await asyncio.gather(
            *(writer.append(partition, None, str(number).encode()) for number in range(start, start + 5_000))
        )
    reader = ledger.reader({partition: 0})
    await asyncio.sleep(1.5)
    expected = 0
    async with asyncio.timeout(30):
        while expected < 30_000:
            records = await reader.read(1.0)
            assert len(records) <= 2_000
            for record in records:
                assert record.value == str(expected).encode()
                expected += 1
    await ledger.close()


async def test_a_broker_that_is_not_there_is_told_in_time(open_with: Open) -> None:
    """Without a broker each question ends within its limit, in words, and nothing blocks the loop."""
    ledger = open_with(NOWHERE, "test")
    partition = Partition("kindline.decisions", 0)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    heart = asyncio.create_task(beat())
    for question in (ledger.bounds([partition]), ledger.partitions("kindline.decisions"), ledger.trim({partition: 1})):
        begun = time.monotonic()
        with pytest.raises(LedgerUnavailable):
            await question
        assert time.monotonic() - begun < 4
    with pytest.raises(LedgerUnavailable):
        await ledger.writer().append(partition, None, b"x")
    assert list(await ledger.reader({partition: 0}).read(0.1)) == []
    assert beats > 300
    heart.cancel()
    await ledger.close()


async def test_a_header_without_a_value_is_read_as_an_empty_one(open_with: Open, kafka_address: str) -> None:
    """Kafka allows headers that hold nothing; whoever reads them here need not know, nor the relay that copies them."""
    topic = f"headers-{time.time_ns()}"
    create_topic(kafka_address, topic)
    stranger = Producer({"bootstrap.servers": kafka_address})
    stranger.produce(topic, b"one", partition=0, headers=[("empty", None), ("full", b"x")])
    await asyncio.to_thread(stranger.flush, 10)
    ledger = open_with(kafka_address, "test")
    [record] = await ledger.reader({Partition(topic, 0): 0}).read(10)
    assert record.headers == (("empty", b""), ("full", b"x"))
    await ledger.close()


async def test_many_who_wait_for_a_broker_hear_together_that_it_is_away(open_with: Open) -> None:
    """One attempt to reach the broker speaks for all who waited for it: the last in line waits no longer."""
    ledger = open_with(NOWHERE, "test")
    writer = ledger.writer()
    begun = time.monotonic()
    appends = (writer.append(Partition("anything", 0), None, b"x") for _ in range(20))
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {LedgerUnavailable}
    assert time.monotonic() - begun < 8
    await ledger.close()


async def test_a_library_that_finds_no_broker_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However often it tries to connect, librdkafka fills no log with it."""
    monkeypatch.setattr(library_log(), "filters", [Seldom()])
    ledger = ConfluentLedger(NOWHERE, "test")
    readers = [ledger.reader({Partition("anything", 0): 0}) for _ in range(3)]
    assert [list(await reader.read(1.0)) for reader in readers] == [[], [], []]
    await ledger.close()
    said = [record.getMessage().split()[0] for record in caplog.records if record.name == LIBRARY_LOG]
    assert said == ["FAIL"]


async def test_a_broker_that_goes_away_and_comes_back(open_with: Open, kafka_cluster: MakeCluster) -> None:
    """While the broker is paused nobody is told that all is well; afterwards the same writer and reader go on."""
    cluster = kafka_cluster(1)  # Child processes are started from the main thread only.
    topic = "away"
    await asyncio.to_thread(create_topic, cluster.bootstrap, topic)
    partition = Partition(topic, 0)
    ledger = open_with(cluster.bootstrap, "test")
    writer, reader = ledger.writer(), ledger.reader({partition: 0})
    await writer.append(partition, None, b"before")
    await ledger.bounds([partition])
    [node] = cluster.nodes
    node.pause()
    begun = time.monotonic()
    outcomes = await asyncio.gather(
        writer.append(partition, None, b"lost?"), ledger.bounds([partition]), return_exceptions=True
    )
    node.resume()
    assert isinstance(outcomes[0], AppendUnknown)
    assert isinstance(outcomes[1], LedgerUnavailable)
    assert time.monotonic() - begun < 7
    found: list[Record] = []
    async with asyncio.timeout(20):
        last = await _until_appended(writer, partition)
        while not found or found[-1].offset < last.offset:
            found += await reader.read(1.0)
    assert [record.offset for record in found] == list(range(len(found)))
    assert (found[0].value, found[-1].value) == (b"before", b"after")
    await ledger.close()


async def _until_appended(writer: Writer, partition: Partition) -> Appended:
    while True:
        try:
            return await writer.append(partition, None, b"after")
        except (AppendUnknown, LedgerUnavailable):
            await asyncio.sleep(0.2)


def test_topics_are_created_once_and_differences_are_told(kafka_address: str) -> None:
    """Missing topics are made as the table says, and another number of partitions is refused beforehand."""
    name = f"made-{time.time_ns()}"
    first, second = (
        Topic(name=f"{name}.{part}", key="pool", written_by=("x",), read_by=("y",), sentence="z.") for part in "ab"
    )
    assert ensure_topics(kafka_address, partitions=3, topics=[first]) == [first]
    assert ensure_topics(kafka_address, topics=[first]) == []
    with pytest.raises(PartitionsDiffer, match=r"a has 3"):
        ensure_topics(kafka_address, partitions=4, topics=[first, second])
    assert ensure_topics(kafka_address, topics=[first, second]) == [second]
    other = Topic(
        name=first.name, key="", written_by=(), read_by=(), sentence="", settings={**FOR_EVER, "retention.ms": "5"}
    )
    [report] = verify_topics(kafka_address, topics=[other])
    assert (report.partitions, report.created) == (3, False)
    assert report.differences == ("retention.ms is -1, should be 5",)


async def test_a_service_does_not_start_on_a_ledger_without_topics(kafka_cluster: MakeCluster) -> None:
    """Opening an empty ledger fails with the command that mends it."""
    cluster = kafka_cluster(1)  # Child processes are started from the main thread only.
    with pytest.raises(CannotStart, match="kindline topics"):
        await open_ledger(cluster.bootstrap, "test")
    await asyncio.to_thread(ensure_topics, cluster.bootstrap, partitions=2)
    ledger = await open_ledger(cluster.bootstrap, "test")
    assert await ledger.partitions("kindline.decisions") == 2
    await ledger.close()


def test_the_client_is_quick_and_new_enough() -> None:
    """The packages that this house is built on are there."""
    check_client()


class HardOfHearing(Consumer):
    """The library's consumer, which can be made to fetch and give nothing, as it has been seen to do by itself."""

    clients: ClassVar[list[HardOfHearing]] = []

    def __init__(self, settings: dict[str, Any], logger: logging.Logger) -> None:
        """Hear well at first."""
        super().__init__(settings, logger=logger)
        self.deaf = False
        self.look: Callable[[TopicPartition], tuple[int, int]] | None = None
        self.asked_by = 0
        self.closed = threading.Event()
        self.asked_by_when_closed = 0
        self.clients.append(self)

    def poll(self, timeout: float = -1) -> Message | None:
        """What came, unless it is deaf."""
        message = super().poll(timeout)
        return None if self.deaf else message

    def get_watermark_offsets(self, partition: TopicPartition, *rest: Any, **named: Any) -> tuple[int, int]:  # noqa: ANN401
        """Where a partition begins and ends, unless the question fares ill."""
        if self.look is not None:
            self.asked_by += 1
            try:
                return self.look(partition)
            finally:
                self.asked_by -= 1
        return super().get_watermark_offsets(partition, *rest, **named)

    def close(self) -> None:
        """Close, which ends the process where somebody is still asking; who that is, is counted."""
        self.asked_by_when_closed = self.asked_by
        super().close()
        self.closed.set()


COME_BACK = threading.Event()


def nobody_answers(_partition: TopicPartition) -> tuple[int, int]:
    """What is asked of a partition without a leader ends so."""
    raise KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))


def never_comes_back(_partition: TopicPartition) -> tuple[int, int]:
    """The library has been seen to wait for minutes, whatever limit it was given."""
    COME_BACK.wait(30.0)
    raise KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))


@pytest.mark.parametrize(
    "look", [None, nobody_answers, never_comes_back], ids=["it is told", "nobody answers", "it never comes back"]
)
async def test_a_client_that_went_deaf_is_replaced(
    look: Callable[[TopicPartition], tuple[int, int]] | None, kafka_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the library stops giving what the broker has, a new client reads on, also where the old one cannot ask."""
    monkeypatch.setattr(polling, "LOOK_SECONDS", 0.5)
    monkeypatch.setattr(polling, "Consumer", HardOfHearing)
    clients = HardOfHearing.clients
    clients.clear()
    COME_BACK.clear()
    partition = Partition(f"deaf-{time.time_ns()}", 0)
    create_topic(kafka_address, partition.topic)
    ledger = ConfluentLedger(kafka_address, "test")
    writer, reader = ledger.writer(), ledger.reader({partition: 0})
    try:
        for number in range(20):
            await writer.append(partition, None, b"%d" % number)
            assert [record.offset for record in await reader.read(5.0)] == [number]
            await asyncio.sleep(0.1)
        assert len(clients) == 1
        clients[0].deaf, clients[0].look = True, look
        await writer.append(partition, None, b"unheard")
        assert [record.value for record in await reader.read(15.0)] == [b"unheard"]
        await writer.append(partition, None, b"heard")
        assert [record.value for record in await reader.read(5.0)] == [b"heard"]
        assert len(clients) == 2
        assert clients[0].closed.wait(2.0) == (look is not never_comes_back)
        COME_BACK.set()
        assert clients[0].closed.wait(5.0)
        assert clients[0].asked_by_when_closed == 0
    finally:
        COME_BACK.set()
        await ledger.close()


async def test_a_client_to_which_nothing_is_said_is_not_deaf(
    kafka_address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A quiet topic, even one that ends in a transaction's marker, is no reason to begin again."""
    monkeypatch.setattr(polling, "LOOK_SECONDS", 0.2)
    topic = f"quiet-{time.time_ns()}"
    create_topic(kafka_address, topic)
    await asyncio.to_thread(_write_in_transaction, kafka_address, topic)
    ledger = ConfluentLedger(kafka_address, "test")
    reader = ledger.reader({Partition(topic, 0): 0})
    try:
        while await reader.read(2.0):
            pass
        assert "a new client reads on" not in caplog.text
    finally:
        await ledger.close()
