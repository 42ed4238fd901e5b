"""Gives each contract test a ledger of its own: in memory, and on a real broker through each of its clients."""

import itertools
import os
from collections.abc import AsyncIterator, Callable
from typing import Final, NamedTuple

import pytest
from kafka.admin import KafkaAdminClient, NewTopic

from kindline.ledger.aio import AioLedger
from kindline.ledger.confluent import ConfluentLedger
from kindline.ledger.kafka import KafkaLedger
from kindline.ledger.memory import MemoryLedger, MemoryLog
from kindline.ledger.port import Ledger

PARTITIONS: Final = 3
_numbers = itertools.count()

CLIENTS: Final[dict[str, type[KafkaLedger]]] = {
    "kafka-python": KafkaLedger,
    "aiokafka": AioLedger,
    "confluent": ConfluentLedger,
}
"""Every client of a broker that we can use, by the name that KINDLINE_KAFKA_CLIENT gives it."""
EVERY_CLIENT: Final = [pytest.param(client, id=name, marks=pytest.mark.kafka) for name, client in CLIENTS.items()]


class Place(NamedTuple):
    """A fresh topic of three partitions, and how a process opens the ledger in which it is."""

    topic: str
    open: Callable[[], Ledger]


@pytest.fixture(params=["memory", *EVERY_CLIENT])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """Where the test takes place; what it opened is closed afterwards."""
    topic = f"contract-{os.getpid()}-{next(_numbers)}"
    opened: list[Ledger] = []
    make: Callable[[], Ledger]
    if request.param == "memory":
        log = MemoryLog(PARTITIONS, [topic])
        make = lambda: MemoryLedger(log=log)  # noqa: E731 - one of two ways to open, side by side
    else:
        address = request.getfixturevalue("kafka_address")
        create_topic(address, topic)
        make = lambda: request.param(address, "contract")  # noqa: E731

    def open_one() -> Ledger:
        opened.append(make())
        return opened[-1]

    yield Place(topic, open_one)
    for ledger in opened:
        await ledger.close()


def create_topic(address: str, topic: str) -> None:
    """Create a topic of three partitions with broker time, and wait until it can be used."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    settings = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": "1048588"}
    admin.create_topics([NewTopic(topic, PARTITIONS, 1, topic_configs=settings)])
    admin.wait_for_topics([topic])
    admin.close()
