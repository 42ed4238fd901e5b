"""Polls librdkafka for a reader and turns what comes into records."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from kindline.ledger.clients.polling import (
    FETCH_SECONDS,
    FETCH_WAIT_SECONDS,
    LATE_BYTES,
    PAUSE_SECONDS,
    POLL_SECONDS,
    Arrive,
    Arrived,
    PollThread,
)
from kindline.ledger.confluent.client import common_settings, library_log
from kindline.ledger.confluent.hearing import OVERDUE_SECONDS, Askers, Hearing
from kindline.ledger.port import Partition, Record

log = logging.getLogger(__name__)

MESSAGES_AT_ONCE: Final = 500
"""So many are taken out of the library at once. Each is an object and becomes another, and two thousand objects more
than before have Python look for garbage, in vain."""
READ_AHEAD_RECORDS: Final = 10_000
READ_AHEAD_KIBIBYTES: Final = 16 * 1024
LOOK_SECONDS: Final = 5.0
"""How often each partition of which nothing comes is looked at; two looks that differ from what came mean deafness."""

_OUTSIDE: Final = frozenset({KafkaError._AUTO_OFFSET_RESET, KafkaError._LOG_TRUNCATION})  # noqa: SLF001
_END: Final = KafkaError._PARTITION_EOF  # noqa: SLF001 - librdkafka spells its own errors with an underscore
_make_record: Final = Record._make  # To call a NamedTuple takes as long as all the rest that is done for a record.


class ConfluentPollThread(PollThread):
    """Polls a Consumer; lazily, the broker collects 64 KiB or waits half a second."""

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
        self._looks = Hearing(LOOK_SECONDS)
        self._settings = {
            **common_settings(bootstrap, client_name),
            "group.id": client_name,  # The library insists; without a subscription nobody joins it.
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            # The only certain word that the log ends in offsets without records; it comes with an empty fetch, not
            # with each record.
            "enable.partition.eof": True,
            "isolation.level": "read_uncommitted",  # As kafka-python does: nobody here writes in transactions.
            "check.crcs": True,
            "fetch.min.bytes": LATE_BYTES if late else 1,
            "fetch.wait.max.ms": int((late or FETCH_WAIT_SECONDS) * 1000),
            "fetch.queue.backoff.ms": 10,  # The default, a second, would let a backlog come in gulps.
            "fetch.error.backoff.ms": int(PAUSE_SECONDS * 1000),
            "queued.min.messages": READ_AHEAD_RECORDS,
            "queued.max.messages.kbytes": READ_AHEAD_KIBIBYTES,
            "socket.timeout.ms": int(FETCH_SECONDS * 1000),
        }

    def _connect(self) -> Consumer:
        return Consumer(self._settings, logger=library_log())

    def _take_up(self, consumer: Consumer, moved: Mapping[Partition, int]) -> None:
        """Assign everything anew where it was handed over; librdkafka throws away what it had read ahead."""
        consumer.assign([TopicPartition(*partition, self._reached[partition]) for partition in self._followed])

    def _leave(self, consumer: Consumer) -> None:
        # To close a client waits for whoever asks it, and one who never comes back would keep the reader from its end.
        if self._looks.askers.are_back(OVERDUE_SECONDS):
            consumer.close()

    def _hearing(self, consumer: Consumer) -> Consumer:
        """The same, or a new one in place of one to which nothing comes of what the broker has."""
        askers = self._looks.askers
        deaf = self._looks.deaf(consumer, self._followed, self._reached)
        if deaf is None:
            return consumer
        log.warning("%s/%d is not heard of after offset %d: a new client reads on", *deaf, self._reached[deaf])
        closing = threading.Thread(target=self._forsake, args=(consumer, askers), daemon=True)
        closing.start()
        renewed = self._connect()
        self._take_up(renewed, {})
        return renewed

    def _forsake(self, consumer: Consumer, askers: Askers) -> None:
        """Let go of a deaf client in a thread of its own: closing may wait for whatever the library waits for."""
        consumer.unassign()  # It may hear of other partitions still, and shall not keep what it hears.
        askers.are_back()  # To close a client under somebody who asks it may end the process.
        consumer.close()

    def _poll(self, consumer: Consumer) -> None:
        try:
            first = consumer.poll(POLL_SECONDS)
            if first is None:  # Never ask for its truth: a message without a value is false.
                return
            # Given time, consume() waits until as many have come as it was asked for; so it gets none.
            self._sort(consumer, [first, *consumer.consume(MESSAGES_AT_ONCE - 1, 0)])
        except Exception:
            log.warning("a poll failed, the next one follows", exc_info=True)
            self._begin_again(consumer)

    def _sort(self, consumer: Consumer, messages: Sequence[Message]) -> None:
        """Hand over what came, up to the first trouble of each partition."""
        by_partition: dict[tuple[str | None, int | None], list[Message]] = {}
        its: list[Message] = []
        last: tuple[str | None, int | None] = ("", -1)
        for message in messages:
            if message.partition() != last[1] or message.topic() != last[0]:  # Seldom: they come in long runs.
                last = (message.topic(), message.partition())
                its = by_partition.setdefault(last, [])
            its.append(message)
        arrived: list[Arrived] = []
        outside: dict[Partition, int] = {}
        broken: set[str] = set()
        for (topic, number), its in by_partition.items():
            partition = Partition(topic or "", number or 0)
            trouble = self._receive(partition, its, arrived) if partition in self._followed else its[0].error()
            if trouble is not None and trouble.code() in _OUTSIDE and partition in self._followed:
                outside[partition] = self._reached[partition]
            elif trouble is not None:
                broken.add(trouble.name())
        if arrived:
            self._hand_over(arrived)
        if outside:
            self._outside(consumer, outside)
        if broken:
            log.warning("reading failed, the next attempt follows: %s", ", ".join(sorted(broken)))
            self._begin_again(consumer)

    def _receive(self, partition: Partition, messages: Sequence[Message], arrived: list[Arrived]) -> KafkaError | None:
        """Add what came of one partition, and give the first trouble; what follows it does not count."""
        records: list[Record] = []
        end, trouble = 0, None
        for message in messages:
            error = message.error()
            if error is None:
                records.append(_record(partition, message))
            elif error.code() == _END:
                end = message.offset() or 0
            else:
                trouble = error
                break
        if records:
            arrived.append(self._arrived(partition, records))
        if end > self._reached[partition]:
            arrived.append(self._passed(partition, end))
        return trouble

    def _begin_again(self, consumer: Consumer) -> None:
        """Whatever it was: begin where the last records were handed over, so that none is skipped."""
        self._stopped.wait(PAUSE_SECONDS)
        self._take_up(consumer, {})


def _record(partition: Partition, message: Message) -> Record:
    headers: Any = message.headers()  # Its type allows what only a producer may give.
    return _make_record(
        (
            partition,
            message.offset() or 0,
            message.timestamp()[1] / 1000,
            message.key(),
            message.value(),
            # A stranger's header may have no value at all, which the port does not know.
            tuple([(name, value or b"") for name, value in headers]) if headers else (),
        )
    )
