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
from kindline.ledger.confluent.lanes import BYTES_WAITING, LEAST_SECONDS, RECORDS_WAITING, Kept, Lane, Lanes, size_of
from kindline.ledger.port import Appended, AppendRefused, AppendUnknown, Headers, LedgerUnavailable, Partition

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
            "queue.buffering.max.kbytes": BYTES_WAITING // 1024,
        }
        self._deliveries: DeliveryThread | None = None
        self._collects_seconds = int(late * 1000) / 1000
        self._lanes = Lanes(self._collects_seconds)

    def _send(
        self, partition: Partition, key: bytes | None, value: bytes | None, headers: Headers
    ) -> asyncio.Future[Appended]:
        """Hand one record to librdkafka, or keep it until its turn. Raises AppendRefused, LedgerUnavailable."""
        if self._deliveries is None:
            raise LedgerUnavailable("this writer is closed")
        loop = asyncio.get_running_loop()
        now, size = loop.time(), size_of(key, value, headers)
        kept = Kept(self._await(loop), partition, key, value, headers, now + DELIVERY_SECONDS - LEAST_SECONDS)
        lane = self._lanes.of(partition)
        try:
            if lane.kept or not lane.has_room(size, now):
                self._lanes.keep(lane, kept)
            else:
                self._produce(self._deliveries, lane, kept)
                lane.took(size, now)
        except (AppendRefused, LedgerUnavailable):
            kept.waiting.cancel()
            raise
        return kept.waiting

    def _produce(self, deliveries: DeliveryThread, lane: Lane, kept: Kept) -> None:
        """Give a record to librdkafka, which copies it. Raises AppendRefused, LedgerUnavailable."""
        try:
            deliveries.producer.produce(
                kept.partition.topic,
                kept.value,
                kept.key,
                kept.partition.number,
                on_delivery=functools.partial(deliveries.note, kept.waiting, lane),
                headers=list(kept.headers),
            )
        except (KafkaException, BufferError, ValueError, TypeError) as error:
            raise self._not_taken(kept.partition.topic, error) from error

    def _release(self, deliveries: DeliveryThread, lane: Lane) -> None:
        """Give a lane in which nothing is under way its next group, all of it in this turn of the loop."""
        loop = asyncio.get_running_loop()
        while (kept := self._lanes.next(lane, now := loop.time())) is not None:
            try:
                self._produce(deliveries, lane, kept)
                lane.took(size_of(kept.key, kept.value, kept.headers), now)
            except (AppendRefused, LedgerUnavailable) as error:
                kept.waiting.set_exception(error)

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

    def _keeps(self, waiting: asyncio.Future[Appended]) -> bool:
        return self._lanes.keeps(waiting)

    def _let_go(self) -> None:
        if self._deliveries is not None:
            self._deliveries.stop()
            self._deliveries = None
            self._known.clear()
            # The next producer counts anew; what was kept back for this one must not pass what it may still deliver.
            self._lanes.give_up()
            self._lanes = Lanes(self._collects_seconds)

    def _settle(self, deliveries: DeliveryThread, delivered: Sequence[Delivered]) -> None:
        """Tell everyone who waits what became of their record, and let in who is next; runs on the loop."""
        for waiting, lane, error, offset, appended_at in delivered:
            if error is not None and error.fatal() and deliveries is self._deliveries:
                self._let_go()  # This producer takes nothing any more: the next append begins anew.
            lane.under_way -= 1
            if lane.kept and not lane.under_way:
                self._release(deliveries, lane)  # Its lane is of the producer in use, or nothing would be kept in it.
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
