"""Appends to Kafka with aiokafka's idempotent producer, acknowledged by all in-sync replicas."""

from __future__ import annotations

import asyncio
import functools
import logging
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka import errors as aio_errors

from kindline.ledger.aio.client import CLOSE_SECONDS, common_settings
from kindline.ledger.clients.limits import ATTEMPT_SECONDS, DELIVERY_SECONDS, LARGEST_REQUEST, ROUND_TRIP_SECONDS
from kindline.ledger.clients.writer import OrderlyWriter
from kindline.ledger.port import Appended, AppendRefused, AppendUnknown, Headers, LedgerUnavailable, Partition

log = logging.getLogger(__name__)

BATCH_BYTES: Final = 64 * 1024

_REFUSALS = (
    aio_errors.MessageSizeTooLargeError,
    aio_errors.RecordListTooLargeError,
    aio_errors.InvalidTopicError,
    aio_errors.TopicAuthorizationFailedError,
    aio_errors.ClusterAuthorizationFailedError,
    AssertionError,  # That a partition is not there, or that a record has neither key nor value.
    ValueError,
    TypeError,
)


class AioWriter(OrderlyWriter):
    """Fulfils port.Writer. The producer starts with the first append.

    aiokafka never gives an idempotent record up, and an append that began after another may pass it where a batch is
    full: so appends go in one by one, and a producer that did not deliver in time is thrown away.
    """

    def __init__(self, bootstrap: str, client_name: str, *, late: float = 0.0) -> None:
        """Connect to nothing yet; records may be collected for `late` seconds."""
        super().__init__()
        self._settings = {
            **common_settings(bootstrap, client_name, ATTEMPT_SECONDS),
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": int(late * 1000),
            "max_batch_size": BATCH_BYTES,
            "max_request_size": LARGEST_REQUEST,
        }
        self._producer: Any = None
        self._entrance = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Let go, and give the connections a second to close; appends under way end as AppendUnknown."""
        await super().close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)

    def _send(
        self, partition: Partition, key: bytes | None, value: bytes | None, headers: Headers
    ) -> asyncio.Future[Appended]:
        """Stand in line at the entrance: it takes a moment where a batch is full."""
        if self._producer is None:
            raise LedgerUnavailable("this writer is closed")
        waiting = self._await(asyncio.get_running_loop())
        self._do(self._enter(self._producer, waiting, partition, (key, value, headers)))
        return waiting

    async def _enter(
        self,
        producer: Any,
        waiting: asyncio.Future[Appended],
        partition: Partition,
        record: tuple[bytes | None, bytes | None, Headers],
    ) -> None:
        """Hand one record to aiokafka; nothing is in the log before it is in."""
        key, value, headers = record
        async with self._entrance:
            if waiting.done():
                return
            try:
                sent = await producer.send(partition.topic, value, key, partition.number, headers=list(headers))
            except _REFUSALS as error:
                waiting.set_exception(AppendRefused(f"{partition.topic} refuses the record: {type(error).__name__}"))
            except aio_errors.KafkaError as error:
                if producer is self._producer:
                    self._let_go()
                waiting.set_exception(LedgerUnavailable(f"{partition.topic} cannot be reached: {type(error).__name__}"))
            else:
                sent.add_done_callback(functools.partial(self._settle, producer, waiting))

    def _settle(self, producer: Any, waiting: asyncio.Future[Appended], sent: asyncio.Future[Any]) -> None:
        """Tell who waits; after a failure begin anew, as an idempotent producer may refuse everything after it."""
        error = aio_errors.KafkaError("given up") if sent.cancelled() else sent.exception()
        if error is not None and producer is self._producer:
            self._let_go()
        if waiting.done():
            return
        if isinstance(error, _REFUSALS):
            waiting.set_exception(AppendRefused(f"the broker refuses the record: {type(error).__name__}"))
        elif error is not None:
            waiting.set_exception(AppendUnknown(f"the append did not end well: {type(error).__name__}"))
        elif sent.result().offset < 0:
            waiting.set_exception(AppendUnknown("the broker knows the record, and not where it stands"))
        else:
            waiting.set_result(Appended(sent.result().offset, sent.result().timestamp / 1000))

    async def _acknowledged(self, waiting: asyncio.Future[Appended]) -> Appended:
        producer = self._producer
        try:
            return await super()._acknowledged(waiting)
        except AppendUnknown:
            if producer is self._producer:
                self._let_go()
            raise

    async def _learn(self, topic: str) -> None:
        """Start the producer and let it learn a topic. Raises LedgerUnavailable."""
        try:
            async with asyncio.timeout(ROUND_TRIP_SECONDS):
                if self._producer is None:
                    self._producer = await _started(self._settings)
                    self._check_open()
                producer = self._producer
                await producer.partitions_for(topic)
        except (aio_errors.KafkaError, TimeoutError) as error:
            raise LedgerUnavailable(f"{topic} cannot be reached: {type(error).__name__}") from error
        if self._producer is not producer:
            raise LedgerUnavailable(f"{topic} cannot be reached: the producer failed meanwhile")

    def _let_go(self) -> None:
        """Close the producer where nobody waits for it."""
        if self._producer is not None:
            self._do(_stop(self._producer))
            self._producer = None
            self._known.clear()

    def _do(self, work: Any) -> None:
        """Do something that nobody waits for; a task that nobody holds could vanish."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _started(settings: dict[str, Any]) -> Any:
    producer = AIOKafkaProducer(**settings)
    try:
        await producer.start()
    except BaseException:
        await producer.stop()
        raise
    return producer


async def _stop(producer: Any) -> None:
    """Let what is under way arrive, as long as one attempt lasts, and then send nothing any more."""
    with suppress(aio_errors.KafkaError, TimeoutError):
        async with asyncio.timeout(ATTEMPT_SECONDS):
            await producer.stop()
            return
    log.info("a producer did not close in time")
    # What stop() leaves behind when it is interrupted; aiokafka has no other way to give records up.
    with suppress(aio_errors.KafkaError, TimeoutError):
        async with asyncio.timeout(DELIVERY_SECONDS):
            await producer._sender.close()  # noqa: SLF001
            await producer.client.close()
