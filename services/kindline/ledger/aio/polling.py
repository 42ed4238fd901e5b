"""Polls aiokafka for a reader, in a task on the reader's loop, and turns what comes into records."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from aiokafka import errors as aio_errors

from kindline.ledger.aio.client import CLOSE_SECONDS, common_settings
from kindline.ledger.clients.limits import LARGEST_REQUEST
from kindline.ledger.clients.polling import (
    CROWDED_SECONDS,
    FETCH_SECONDS,
    FETCH_WAIT_SECONDS,
    LATE_BYTES,
    PAUSE_SECONDS,
    POLL_SECONDS,
    RECORDS_AT_ONCE,
    Arrive,
    Arrived,
    Polling,
    Told,
)
from kindline.ledger.port import Partition

log = logging.getLogger(__name__)


class AioPollTask(Polling):
    """Polls an AIOKafkaConsumer; lazily, the broker collects 64 KiB or waits half a second."""

    def __init__(
        self,
        bootstrap: str,
        client_name: str,
        loop: asyncio.AbstractEventLoop,
        arrive: Arrive,
        *,
        late: float = 0.0,
    ) -> None:
        """Hand everything to `arrive`, on `loop`; connect to nothing yet."""
        super().__init__(loop, arrive)
        self._settings = {
            **common_settings(bootstrap, client_name, FETCH_SECONDS),
            "group_id": None,
            "enable_auto_commit": False,
            "auto_offset_reset": "none",
            "check_crcs": True,
            "fetch_min_bytes": LATE_BYTES if late else 1,
            "fetch_max_wait_ms": int((late or FETCH_WAIT_SECONDS) * 1000),
            # A record that does not fit is an error here, not a smaller batch.
            "max_partition_fetch_bytes": LARGEST_REQUEST,
        }
        self._consumer: Any = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to poll."""
        self._task = self._loop.create_task(self._run(), name="kindline-reader")

    def stop(self) -> None:
        """End at once; the connections take a moment longer."""
        if self._task is not None:
            self._task.cancel()

    async def ended(self) -> None:
        """Wait until the connections are closed, a second at the longest."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=CLOSE_SECONDS)

    def tell(self, positions: Told) -> None:
        """Follow partitions from (number, position), or, with None, no more; taken up at once."""
        super().tell(positions)
        if self._consumer is not None:
            self._listen(self._consumer)
        self._changed.set()

    async def _run(self) -> None:
        try:
            self._consumer = await self._connect()
            self._listen(self._consumer)
            while True:
                self._changed.clear()
                if not self._followed:
                    await self._changed.wait()
                elif self._crowded():
                    await asyncio.sleep(CROWDED_SECONDS)
                else:
                    await self._poll(self._consumer)
        finally:
            if self._consumer is not None:
                await self._consumer.stop()

    async def _connect(self) -> Any:
        """A consumer, as soon as there is a broker."""
        while True:
            consumer = AIOKafkaConsumer(**self._settings)
            try:
                await consumer.start()
                return consumer
            except BaseException as error:
                await consumer.stop()
                if not isinstance(error, aio_errors.KafkaError):
                    raise
                log.warning("no broker yet: %s", type(error).__name__)
                await asyncio.sleep(PAUSE_SECONDS)

    def _take_up(self, consumer: Any, moved: Mapping[Partition, int]) -> None:
        """Assign everything anew where it was handed over: aiokafka forgets every position with an assignment."""
        consumer.assign([TopicPartition(*partition) for partition in self._followed])
        self._seek(consumer)

    def _seek(self, consumer: Any) -> None:
        for partition in self._followed:
            consumer.seek(TopicPartition(*partition), self._reached[partition])

    async def _poll(self, consumer: Any) -> None:
        try:
            polled = await consumer.getmany(timeout_ms=int(POLL_SECONDS * 1000), max_records=RECORDS_AT_ONCE)
            arrived = [self._come(its, records) for its, records in polled.items()] or await self._moved_on(consumer)
        except aio_errors.OffsetOutOfRangeError as error:
            self._outside(consumer, {Partition(*its): position for its, position in error.args[0].items()})
        except Exception as error:
            # Whatever it was: begin again where the last records were handed over, so that none is skipped.
            log.warning("a poll failed, the next one follows", exc_info=not isinstance(error, aio_errors.KafkaError))
            self._seek(consumer)
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            if arrived:
                self._hand_over(arrived)

    async def _moved_on(self, consumer: Any) -> list[Arrived]:
        """Partitions in which the consumer passed offsets that hold no record."""
        moved = []
        for partition in tuple(self._followed):
            position = await consumer.position(TopicPartition(*partition))
            if partition in self._followed and position > self._reached[partition]:
                moved.append(self._passed(partition, position))
        return moved

    def _give(self, arrived: Sequence[Arrived]) -> None:
        self._arrive(arrived)
