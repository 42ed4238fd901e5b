"""Appends to Kafka with an idempotent producer, acknowledged by all in-sync replicas."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import math
import threading
from typing import Any

from kafka import KafkaProducer
from kafka import errors as kafka_errors

from kindline.ledger.kafka.client import DELIVERY_SECONDS, LARGEST_REQUEST, ROUND_TRIP_SECONDS, common_settings
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


class KafkaWriter:
    """Fulfils port.Writer. The producer starts with the first append; each append costs one hop to its thread."""

    def __init__(self, bootstrap: str, client_name: str) -> None:
        """Connect to nothing yet."""
        self._settings = {
            **common_settings(bootstrap, client_name),
            "request_timeout_ms": 2_500,  # So that one lost request can be repeated within the delivery's limit.
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": 0,
            "delivery_timeout_ms": int(DELIVERY_SECONDS * 1000),
            "max_block_ms": int(ROUND_TRIP_SECONDS * 1000),
            "max_request_size": LARGEST_REQUEST,
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
        }
        self._producer: Any = None
        self._known: set[str] = set()
        self._preparing = asyncio.Lock()
        self._in_line = 0
        self._failed_at = -math.inf
        self._pending: set[asyncio.Future[Appended]] = set()
        self._closed = False

    async def append(
        self, partition: Partition, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> Appended:
        """Append one record and wait for its acknowledgement, as the port says."""
        if partition.topic in self._known and not self._in_line:
            return await self._acknowledged(self._send(partition, key, value, headers))
        # Whoever waits for the first connection keeps their place: the lock is fair, and nobody passes the line.
        self._in_line += 1
        begun = asyncio.get_running_loop().time()
        try:
            async with self._preparing:
                if self._failed_at > begun:
                    # One attempt speaks for all who waited for it, or the last in line would wait a minute.
                    raise LedgerUnavailable(f"{partition.topic} cannot be reached: nobody got through a moment ago")
                await self._prepare(partition.topic)
                sent = self._send(partition, key, value, headers)
        finally:
            self._in_line -= 1
        return await self._acknowledged(sent)

    async def close(self) -> None:
        """Let go at once; appends under way end as AppendUnknown."""
        self._closed = True
        for waiting in tuple(self._pending):
            if not waiting.done():
                waiting.set_exception(AppendUnknown("the writer was closed before the acknowledgement"))
        self._let_go_of_producer()

    def _send(
        self, partition: Partition, key: bytes | None, value: bytes | None, headers: Headers
    ) -> asyncio.Future[Appended]:
        """Hand one record to the producer's thread. Raises AppendRefused, LedgerUnavailable."""
        if self._producer is None:
            raise LedgerUnavailable("this writer is closed")
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Appended] = loop.create_future()
        try:
            sent = self._producer.send(
                partition.topic, value=value, key=key, headers=list(headers), partition=partition.number
            )
        except _REFUSALS as error:
            raise AppendRefused(f"{partition.topic} refuses the record: {type(error).__name__}") from error
        except kafka_errors.KafkaError as error:
            raise LedgerUnavailable(f"{partition.topic} cannot be reached: {type(error).__name__}") from error
        # A callback added to a finished future runs right here, so it may do nothing but hand over.
        sent.add_callback(functools.partial(_hand_over, loop, _resolve, waiting))
        sent.add_errback(functools.partial(_hand_over, loop, functools.partial(self._failed, self._producer), waiting))
        self._pending.add(waiting)
        waiting.add_done_callback(self._pending.discard)
        return waiting

    def _failed(self, producer: Any, waiting: asyncio.Future[Appended], error: BaseException) -> None:
        """Tell who waits, and begin anew: an idempotent producer that failed once may refuse everything after it."""
        if producer is self._producer:
            self._let_go_of_producer()
        if waiting.done():
            return
        if isinstance(error, _REFUSALS):
            waiting.set_exception(AppendRefused(f"the broker refuses the record: {type(error).__name__}"))
        else:
            waiting.set_exception(AppendUnknown(f"the append did not end well: {type(error).__name__}"))

    def _let_go_of_producer(self) -> None:
        """Close the producer where nobody waits for it: it waits for what is under way."""
        if self._producer is not None:
            threading.Thread(target=_close, args=(self._producer,), name="kindline-writer-close", daemon=True).start()
            self._producer = None
            self._known.clear()

    async def _acknowledged(self, waiting: asyncio.Future[Appended]) -> Appended:
        """Wait for the acknowledgement, 5 s at the longest."""
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                return await waiting
        except TimeoutError as error:
            raise AppendUnknown(f"no acknowledgement within {DELIVERY_SECONDS:g} s") from error

    async def _prepare(self, topic: str) -> None:
        """Start the producer and let it learn a topic, off the loop: both block. Raises LedgerUnavailable."""
        if self._closed:
            raise LedgerUnavailable("this writer is closed")
        if topic in self._known:
            return
        try:
            if self._producer is None:
                producer = await asyncio.to_thread(KafkaProducer, **self._settings)
                if self._closed:
                    await asyncio.to_thread(_close, producer)
                    raise LedgerUnavailable("this writer is closed")
                self._producer = producer
            await asyncio.to_thread(self._producer.partitions_for, topic)
        except kafka_errors.KafkaError as error:
            self._failed_at = asyncio.get_running_loop().time()
            raise LedgerUnavailable(f"{topic} cannot be reached: {type(error).__name__}") from error
        self._known.add(topic)


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
