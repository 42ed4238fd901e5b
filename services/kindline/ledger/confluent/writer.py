"""Appends to Kafka with librdkafka's idempotent producer, acknowledged by all in-sync replicas."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Producer

from kindline.ledger.clients.limits import ATTEMPT_SECONDS, DELIVERY_SECONDS, LARGEST_REQUEST, ROUND_TRIP_SECONDS
from kindline.ledger.clients.writer import OrderlyWriter
from kindline.ledger.confluent.client import common_settings, library_log
from kindline.ledger.confluent.delivery import Delivered, DeliveryThread
from kindline.ledger.port import Appended, AppendRefused, AppendUnknown, Headers, LedgerUnavailable, Partition

RECORDS_WAITING: Final = 100_000
KIBIBYTES_WAITING: Final = 64 * 1024

_REFUSALS: Final = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_RECORD,
        KafkaError.TOPIC_EXCEPTION,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001 - librdkafka spells its own errors with an underscore
    }
)


class ConfluentWriter(OrderlyWriter):
    """Fulfils port.Writer. The producer starts with the first append."""

    def __init__(self, bootstrap: str, client_name: str, *, late: float = 0.0) -> None:
        """Connect to nothing yet; records may be collected for `late` seconds."""
        super().__init__()
        self._settings = {
            **common_settings(bootstrap, client_name),
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": int(late * 1000),
            "delivery.timeout.ms": int(DELIVERY_SECONDS * 1000),
            "request.timeout.ms": int(ATTEMPT_SECONDS * 1000),
            "socket.timeout.ms": int(ATTEMPT_SECONDS * 1000),
            "retry.backoff.ms": 50,
            "message.max.bytes": LARGEST_REQUEST,
            "queue.buffering.max.messages": RECORDS_WAITING,
            "queue.buffering.max.kbytes": KIBIBYTES_WAITING,
        }
        self._deliveries: DeliveryThread | None = None

    def _send(
        self, partition: Partition, key: bytes | None, value: bytes | None, headers: Headers
    ) -> asyncio.Future[Appended]:
        """Hand one record to librdkafka, which copies it. Raises AppendRefused, LedgerUnavailable."""
        deliveries = self._deliveries
        if deliveries is None:
            raise LedgerUnavailable("this writer is closed")
        waiting = self._await(asyncio.get_running_loop())
        try:
            deliveries.producer.produce(
                partition.topic,
                value,
                key,
                partition.number,
                on_delivery=functools.partial(deliveries.note, waiting),
                headers=list(headers),
            )
        except (KafkaException, BufferError, ValueError, TypeError) as error:
            waiting.cancel()
            raise self._not_taken(partition.topic, error) from error
        return waiting

    async def _learn(self, topic: str) -> None:
        """Start the producer and let it learn a topic, off the loop: it blocks. Raises LedgerUnavailable."""
        deliveries = self._deliveries
        if deliveries is None:
            producer = Producer(self._settings, logger=library_log())
            deliveries = self._deliveries = DeliveryThread(producer, asyncio.get_running_loop(), self._settle)
            deliveries.start()
        try:
            found = await asyncio.to_thread(deliveries.producer.list_topics, topic, ROUND_TRIP_SECONDS)
        except KafkaException as error:
            raise LedgerUnavailable(f"{topic} cannot be reached: {error.args[0].name()}") from error
        if trouble := found.topics[topic].error:
            raise LedgerUnavailable(f"{topic} cannot be reached: {trouble.name()}")
        if self._deliveries is not deliveries:
            raise LedgerUnavailable(f"{topic} cannot be reached: the producer failed meanwhile")

    def _let_go(self) -> None:
        if self._deliveries is not None:
            self._deliveries.stop()
            self._deliveries = None
            self._known.clear()

    def _settle(self, deliveries: DeliveryThread, delivered: Sequence[Delivered]) -> None:
        """Tell everyone who waits what became of their record; runs on the loop."""
        for waiting, error, offset, appended_at in delivered:
            if error is not None and error.fatal() and deliveries is self._deliveries:
                self._let_go()  # This producer takes nothing any more: the next append begins anew.
            if waiting.done():
                continue
            if error is None:
                waiting.set_result(Appended(offset, appended_at))
            elif error.code() in _REFUSALS:
                waiting.set_exception(AppendRefused(f"the broker refuses the record: {error.name()}"))
            else:
                waiting.set_exception(AppendUnknown(f"the append did not end well: {error.name()}"))

    def _not_taken(self, topic: str, error: Exception) -> AppendRefused | LedgerUnavailable:
        """What librdkafka's refusal to take a record means; in each case it is not in the log."""
        if isinstance(error, BufferError):
            return LedgerUnavailable(f"{topic} cannot be reached: {RECORDS_WAITING} records wait already")
        if not isinstance(error, KafkaException):
            return AppendRefused(f"{topic} refuses the record: {type(error).__name__}")
        if error.args[0].code() in _REFUSALS:
            return AppendRefused(f"{topic} refuses the record: {error.args[0].name()}")
        if error.args[0].code() == KafkaError._FATAL:  # noqa: SLF001 - as above
            self._let_go()
        return LedgerUnavailable(f"{topic} cannot be reached: {error.args[0].name()}")
