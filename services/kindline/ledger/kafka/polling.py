"""Polls kafka-python for a reader and turns what comes into records."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors

from kindline.ledger.clients.polling import (
    FETCH_SECONDS,
    FETCH_WAIT_SECONDS,
    LATE_BYTES,
    PAUSE_SECONDS,
    POLL_SECONDS,
    RECORDS_AT_ONCE,
    Arrive,
    Arrived,
    PollThread,
)
from kindline.ledger.kafka.client import common_settings
from kindline.ledger.port import Partition

log = logging.getLogger(__name__)


class KafkaPollThread(PollThread):
    """Polls a KafkaConsumer; lazily, the broker collects 64 KiB or waits half a second."""

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
        super().__init__(client_name, loop, arrive)
        self._settings = {
            **common_settings(bootstrap, client_name),
            "request_timeout_ms": int(FETCH_SECONDS * 1000),
            "group_id": None,
            "enable_auto_commit": False,
            "auto_offset_reset": "none",
            "fetch_min_bytes": LATE_BYTES if late else 1,
            "fetch_max_wait_ms": int((late or FETCH_WAIT_SECONDS) * 1000),
            "max_poll_records": RECORDS_AT_ONCE,
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
        }

    def _connect(self) -> Any:
        """A consumer, as soon as there is a broker; None when stopped before."""
        while not self._stopped.is_set():
            try:
                return KafkaConsumer(**self._settings)
            except kafka_errors.KafkaError as error:
                log.warning("no broker yet: %s", type(error).__name__)
                self._stopped.wait(PAUSE_SECONDS)
        return None

    def _take_up(self, consumer: Any, moved: Mapping[Partition, int]) -> None:
        consumer.assign([TopicPartition(*partition) for partition in self._followed])
        for partition, position in moved.items():
            consumer.seek(TopicPartition(*partition), position)

    def _leave(self, consumer: Any) -> None:
        with contextlib.suppress(kafka_errors.KafkaError):
            consumer.close(autocommit=False, timeout_ms=0)

    def _poll(self, consumer: Any) -> None:
        try:
            polled = consumer.poll(timeout_ms=int(POLL_SECONDS * 1000), max_records=RECORDS_AT_ONCE)
            arrived = [self._come(its, records) for its, records in polled.items()] or self._moved_on(consumer)
        except kafka_errors.OffsetOutOfRangeError as error:
            self._outside(consumer, {Partition(*its): position for its, position in error.args[0].items()})
        except kafka_errors.LogTruncationError as error:
            places = [Partition(*its) for its in error.divergent_offsets]
            self._outside(consumer, {place: self._reached[place] for place in places})
        except Exception as error:
            # Whatever it was: begin again where the last records were handed over, so that none is skipped.
            log.warning("a poll failed, the next one follows", exc_info=not isinstance(error, kafka_errors.KafkaError))
            for partition in self._followed:
                consumer.seek(TopicPartition(*partition), self._reached[partition])
            self._stopped.wait(PAUSE_SECONDS)
        else:
            if arrived:
                self._hand_over(arrived)

    def _moved_on(self, consumer: Any) -> list[Arrived]:
        """Partitions in which the consumer passed offsets that hold no record."""
        moved = []
        for partition in self._followed:
            try:
                position = consumer.position(TopicPartition(*partition), timeout_ms=0)
            except kafka_errors.KafkaError:
                continue  # The broker is being asked where this position lies; the next empty poll will know.
            if position is not None and position > self._reached[partition]:
                moved.append(self._passed(partition, position))
        return moved
