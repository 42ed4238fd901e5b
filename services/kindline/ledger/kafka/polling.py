"""The thread behind a reader: it polls, turns what comes into records, hands them over, and does nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors

from kindline.ledger.kafka.client import common_settings
from kindline.ledger.port import Partition, Record

log = logging.getLogger(__name__)

RECORDS_AT_ONCE: Final = 2_000
RECORDS_WAITING: Final = 20_000
BYTES_WAITING: Final = 64 * 1024 * 1024
LAZY_BYTES: Final = 64 * 1024
POLL_MILLISECONDS: Final = 250
"""The longest time until a new position is taken up; a record ends the poll at once."""
PAUSE_SECONDS: Final = 0.1


class Arrived(NamedTuple):
    """What came of one partition while it was followed under a number, and where that leads.

    There may be no records, as where compaction or a transaction's marker left offsets without any. `outside` says
    that next_offset lies outside the log.
    """

    partition: Partition
    number: int
    next_offset: int
    records: Sequence[Record] = ()
    size: int = 0
    outside: bool = False


class PollThread:
    """Polls a consumer of its own; bounded: it waits while 20,000 records or 64 MiB lie unread."""

    def __init__(
        self,
        bootstrap: str,
        client_name: str,
        loop: asyncio.AbstractEventLoop,
        arrive: Callable[[Sequence[Arrived]], None],
        *,
        lazy: bool = False,
    ) -> None:
        """Hand everything to `arrive`, on `loop`; lazily, the broker collects 64 KiB or waits half a second."""
        self._settings = {
            **common_settings(bootstrap, client_name),
            "request_timeout_ms": 5_000,  # A long poll of half a second, and room for a large answer.
            "group_id": None,
            "enable_auto_commit": False,
            "auto_offset_reset": "none",
            "fetch_min_bytes": LAZY_BYTES if lazy else 1,
            "fetch_max_wait_ms": 500,
            "max_poll_records": RECORDS_AT_ONCE,
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
        }
        self._loop = loop
        self._arrive = arrive
        self._told: SimpleQueue[Mapping[Partition, tuple[int, int] | None]] = SimpleQueue()
        self._followed: dict[TopicPartition, int] = {}
        self._reached: dict[TopicPartition, int] = {}
        self._stopped = threading.Event()
        # Each pair of counters has one writer per counter, so they need no lock: (records, bytes).
        self._given = (0, 0)
        self._taken = (0, 0)
        self._thread = threading.Thread(target=self._run, name=f"kindline-reader-{client_name}", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def stop(self) -> None:
        """End after the poll under way."""
        self._stopped.set()

    def tell(self, positions: Mapping[Partition, tuple[int, int] | None]) -> None:
        """Follow partitions from (number, position), or, with None, no more."""
        self._told.put(positions)

    def took(self, arrived: Arrived) -> None:
        """Note that the loop is done with this, so that there is room for more."""
        self._taken = (self._taken[0] + len(arrived.records), self._taken[1] + arrived.size)

    def _run(self) -> None:
        consumer = self._connect()
        if consumer is None:
            return
        try:
            while not self._stopped.is_set():
                self._listen(consumer)
                if not self._followed or self._crowded():
                    self._stopped.wait(0.01)
                else:
                    self._poll(consumer)
        finally:
            with contextlib.suppress(kafka_errors.KafkaError):
                consumer.close(autocommit=False, timeout_ms=0)

    def _connect(self) -> Any:
        """A consumer, as soon as there is a broker; None when stopped before."""
        while not self._stopped.is_set():
            try:
                return KafkaConsumer(**self._settings)
            except kafka_errors.KafkaError as error:
                log.warning("no broker yet: %s", type(error).__name__)
                self._stopped.wait(PAUSE_SECONDS)
        return None

    def _listen(self, consumer: Any) -> None:
        """Take up what was told since the last poll."""
        moved: dict[TopicPartition, int] = {}
        changed = False
        with contextlib.suppress(Empty):
            while True:
                for partition, target in self._told.get_nowait().items():
                    its = TopicPartition(*partition)
                    changed = True
                    self._followed.pop(its, None)
                    moved.pop(its, None)
                    if target is not None:
                        self._followed[its], moved[its] = target
                        self._reached[its] = moved[its]
        if changed:
            consumer.assign(list(self._followed))
            for its, position in moved.items():
                consumer.seek(its, position)

    def _poll(self, consumer: Any) -> None:
        try:
            polled = consumer.poll(timeout_ms=POLL_MILLISECONDS, max_records=RECORDS_AT_ONCE)
            arrived = [self._arrived(its, records) for its, records in polled.items()] or self._moved_on(consumer)
        except kafka_errors.OffsetOutOfRangeError as error:
            self._outside(consumer, error.args[0])
        except kafka_errors.LogTruncationError as error:
            self._outside(consumer, {its: self._reached[its] for its in error.divergent_offsets})
        except Exception as error:
            # Whatever it was: begin again where the last records were handed over, so that none is skipped.
            log.warning("a poll failed, the next one follows", exc_info=not isinstance(error, kafka_errors.KafkaError))
            for its in self._followed:
                consumer.seek(its, self._reached[its])
            self._stopped.wait(PAUSE_SECONDS)
        else:
            if arrived:
                self._hand_over(arrived)

    def _moved_on(self, consumer: Any) -> list[Arrived]:
        """Partitions in which the consumer passed offsets that hold no record."""
        moved = []
        for its, number in self._followed.items():
            try:
                position = consumer.position(its, timeout_ms=0)
            except kafka_errors.KafkaError:
                continue  # The broker is being asked where this position lies; the next empty poll will know.
            if position is not None and position > self._reached[its]:
                self._reached[its] = position
                moved.append(Arrived(Partition(*its), number, position))
        return moved

    def _arrived(self, its: TopicPartition, polled: Sequence[Any]) -> Arrived:
        partition = Partition(its.topic, its.partition)
        records = [
            # A stranger's header may have no value at all, which the port does not know.
            Record(
                partition,
                one.offset,
                one.timestamp / 1000,
                one.key,
                one.value,
                tuple((name, value or b"") for name, value in one.headers),
            )
            for one in polled
        ]
        size = sum(len(record.value or b"") for record in records)
        self._reached[its] = records[-1].offset + 1
        return Arrived(partition, self._followed[its], self._reached[its], records, size)

    def _outside(self, consumer: Any, positions: Mapping[TopicPartition, int]) -> None:
        """Tell that positions lie outside the log, and follow them no more."""
        news = []
        for its, position in positions.items():
            number = self._followed.pop(its, None)
            if number is not None:
                news.append(Arrived(Partition(*its), number, position, outside=True))
        consumer.assign(list(self._followed))
        self._hand_over(news)

    def _crowded(self) -> bool:
        records, size = self._given[0] - self._taken[0], self._given[1] - self._taken[1]
        return records > RECORDS_WAITING or size > BYTES_WAITING

    def _hand_over(self, arrived: Sequence[Arrived]) -> None:
        self._given = (
            self._given[0] + sum(len(one.records) for one in arrived),
            self._given[1] + sum(one.size for one in arrived),
        )
        try:
            self._loop.call_soon_threadsafe(self._arrive, arrived)
        except RuntimeError:  # The loop is closed: nobody is there to read.
            self._stopped.set()
