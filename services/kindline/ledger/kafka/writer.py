"""Appends to Kafka with an idempotent producer, acknowledged by all in-sync replicas."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import threading
from typing import Any

from kafka import KafkaProducer
from kafka import errors as kafka_errors

from kindline.ledger.clients.limits import ATTEMPT_SECONDS, DELIVERY_SECONDS, LARGEST_REQUEST, ROUND_TRIP_SECONDS
from kindline.ledger.clients.writer import OrderlyWriter
from kindline.ledger.kafka.client import common_settings
from kindline.ledger.port import Appended, AppendRefused, AppendUnknown, Headers, LedgerUnavailable, Partition

log = logging.getLogger(__name__)

_REFUSALS = (
    kafka_errors.MessageSizeTooLargeError,
    kafka_errors.RecordListTooLargeError,
    kafka_errors.InvalidTopicError,
    kafka_errors.TopicAuthorizationFailedError,
    kafka_errors.ClusterAuthorizationFailedError,
    ValueError,
    TypeError,
)


class KafkaWriter(OrderlyWriter):
    """Fulfils port.Writer. The producer starts with the first append; each append costs one hop to its thread."""

    def __init__(self, bootstrap: str, client_name: str, *, late: float = 0.0) -> None:
        """Connect to nothing yet; records may be collected for `late` seconds."""
        super().__init__()
        self._settings = {
            **common_settings(bootstrap, client_name),
            "request_timeout_ms": int(ATTEMPT_SECONDS * 1000),
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": int(late * 1000),
            "delivery_timeout_ms": int(DELIVERY_SECONDS * 1000),
            "max_block_ms": int(ROUND_TRIP_SECONDS * 1000),
            "max_request_size": LARGEST_REQUEST,
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
        }
        self._producer: Any = None

    def _send(
        self, partition: Partition, key: bytes | None, value: bytes | None, headers: Headers
    ) -> asyncio.Future[Appended]:
        """Hand one record to the producer's thread. Raises AppendRefused, LedgerUnavailable."""
        if self._producer is None:
            raise LedgerUnavailable("this writer is closed")
        loop = asyncio.get_running_loop()
        try:
            sent = self._producer.send(
                partition.topic, value=value, key=key, headers=list(headers), partition=partition.number
            )
        except _REFUSALS as error:
            raise AppendRefused(f"{partition.topic} refuses the record: {type(error).__name__}") from error
        except kafka_errors.KafkaError as error:
            raise LedgerUnavailable(f"{partition.topic} cannot be reached: {type(error).__name__}") from error
        waiting = self._await(loop)
        # A callback added to a finished future runs right here, so it may do nothing but hand over.
        sent.add_callback(functools.partial(_hand_over, loop, _resolve, waiting))
        sent.add_errback(functools.partial(_hand_over, loop, functools.partial(self._failed, self._producer), waiting))
        return waiting

    def _failed(self, producer: Any, waiting: asyncio.Future[Appended], error: BaseException) -> None:
        """Tell who waits, and begin anew: an idempotent producer that failed once may refuse everything after it."""
        if producer is self._producer:
            self._let_go()
        if waiting.done():
            return
        if isinstance(error, _REFUSALS):
            waiting.set_exception(AppendRefused(f"the broker refuses the record: {type(error).__name__}"))
        else:
            waiting.set_exception(AppendUnknown(f"the append did not end well: {type(error).__name__}"))

    def _let_go(self) -> None:
        """Close the producer where nobody waits for it: it waits for what is under way."""
        if self._producer is not None:
            threading.Thread(target=_close, args=(self._producer,), name="kindline-writer-close", daemon=True).start()
            self._producer = None
            self._known.clear()

    async def _learn(self, topic: str) -> None:
        """Start the producer and let it learn a topic, off the loop: both block. Raises LedgerUnavailable."""
        try:
            if self._producer is None:
                self._producer = await asyncio.to_thread(KafkaProducer, **self._settings)
                self._check_open()
            producer = self._producer
            await asyncio.to_thread(producer.partitions_for, topic)
        except kafka_errors.KafkaError as error:
            raise LedgerUnavailable(f"{topic} cannot be reached: {type(error).__name__}") from error
        if self._producer is not producer:
            raise LedgerUnavailable(f"{topic} cannot be reached: the producer failed meanwhile")


def _hand_over(loop: asyncio.AbstractEventLoop, act: Any, waiting: asyncio.Future[Appended], result: Any) -> None:
    with contextlib.suppress(RuntimeError):  # The loop is closed: nobody is there to hear it.
        loop.call_soon_threadsafe(act, waiting, result)


def _resolve(waiting: asyncio.Future[Appended], metadata: Any) -> None:
    if not waiting.done():
        waiting.set_result(Appended(metadata.offset, metadata.timestamp / 1000))


def _close(producer: Any) -> None:
    try:
        producer.close(timeout=DELIVERY_SECONDS + 1)
    except kafka_errors.KafkaError as error:
        log.info("a producer did not close in time: %s", type(error).__name__)
