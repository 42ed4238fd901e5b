"""The raw round trip from a bare producer to a bare consumer of the same broker, with each client that people use.

It is the yardstick of publish-to-offer: what no system on this broker and client could be faster than. Each trip also
sends the interactions that are compared with it, so that both begin in the same way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol

from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as ConfluentPartition
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

Headers = Sequence[tuple[str, bytes]]

RAW = "kindline-bench-raw"
CLIENTS = ("kafka-python", "confluent-kafka")


class RawTrip(Protocol):
    """A producer, and a consumer in a thread of its own that notes when each key was seen."""

    topic: str
    seen: dict[bytes, float]

    def send(self, topic: str, key: bytes, value: bytes, headers: Headers, partition: int) -> None:
        """Send one record, and do not wait."""

    def close(self) -> None:
        """Stop the thread, then the clients."""


def open_trip(client: str, kafka: str) -> RawTrip:
    """A trip on a topic of its own."""
    topic = f"{RAW}-{client}"
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics([NewTopic(topic, 1, 1)])
    admin.close()
    return KafkaPythonTrip(kafka, topic) if client == "kafka-python" else ConfluentTrip(kafka, topic)


class KafkaPythonTrip:
    """kafka-python's."""

    def __init__(self, kafka: str, topic: str) -> None:
        self.topic = topic
        self.seen: dict[bytes, float] = {}
        self._producer = KafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=0)
        self._consumer = KafkaConsumer(
            bootstrap_servers=kafka, group_id=None, fetch_max_wait_ms=500, fetch_min_bytes=1, enable_auto_commit=False
        )
        self._consumer.assign([TopicPartition(topic, 0)])
        self._consumer.seek_to_end()
        self._consumer.position(TopicPartition(topic, 0))
        self._stopping = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def send(self, topic: str, key: bytes, value: bytes, headers: Headers, partition: int) -> None:
        """Send one record."""
        self._producer.send(topic, value, key, headers=list(headers), partition=partition)

    def _read(self) -> None:
        while not self._stopping:
            for records in self._consumer.poll(timeout_ms=500).values():
                now = time.perf_counter()
                for record in records:
                    self.seen[record.key] = now

    def close(self) -> None:
        """Stop the thread, then the clients."""
        self._stopping = True
        self._thread.join(5.0)
        self._consumer.close()
        self._producer.close()


class ConfluentTrip:
    """librdkafka's."""

    def __init__(self, kafka: str, topic: str) -> None:
        self.topic = topic
        self.seen: dict[bytes, float] = {}
        common = {"bootstrap.servers": kafka, "socket.nagle.disable": True}
        self._producer = Producer({**common, "acks": "all", "linger.ms": 0})
        self._consumer = Consumer(
            {**common, "group.id": topic, "fetch.wait.max.ms": 500, "fetch.min.bytes": 1, "enable.auto.commit": False}
        )
        self._consumer.assign([ConfluentPartition(topic, 0, 0)])
        self._stopping = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def send(self, topic: str, key: bytes, value: bytes, headers: Headers, partition: int) -> None:
        """Send one record."""
        self._producer.produce(topic, value, key, partition, headers=list(headers))
        self._producer.poll(0)

    def _read(self) -> None:
        while not self._stopping:
            message = self._consumer.poll(0.5)
            if message is not None and message.error() is None:
                key = message.key()
                self.seen[key if isinstance(key, bytes) else b""] = time.perf_counter()

    def close(self) -> None:
        """Stop the thread, then the clients."""
        self._stopping = True
        self._thread.join(5.0)
        self._consumer.close()
        self._producer.flush(5.0)
