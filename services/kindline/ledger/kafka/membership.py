"""A place in a Kafka consumer group: it shares out partitions and keeps commits, and never fetches a record."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from queue import Empty, SimpleQueue
from typing import Any, Final

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors
from kafka.structs import OffsetAndMetadata

from kindline.ledger.clients.limits import ROUND_TRIP_SECONDS
from kindline.ledger.kafka.client import common_settings
from kindline.ledger.port import LedgerUnavailable

log = logging.getLogger(__name__)

OnAssigned = Callable[[frozenset[int]], Awaitable[None]]

POLL_MILLISECONDS: Final = 100
PAUSE_SECONDS: Final = 0.2
LEAVE_SECONDS: Final = 3.0
NOTE_CHARACTERS: Final = 1_000


class KafkaMembership:
    """Fulfils port.Membership. The group's protocol runs in a thread; assignments are heard on the caller's loop."""

    def __init__(
        self, bootstrap: str, client_name: str, place: tuple[str, str], on_assigned: OnAssigned | None
    ) -> None:
        """Join the group in `place` (group, topic); needs a running loop."""
        group, self._topic = place
        self._settings = {
            **common_settings(bootstrap, client_name),
            "group_id": group,
            "enable_auto_commit": False,
            "auto_offset_reset": "latest",
            "session_timeout_ms": 10_000,
            "heartbeat_interval_ms": 500,
            "request_timeout_ms": 11_000,  # A join is answered when all members have joined, within the session.
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
        }
        self._loop = asyncio.get_running_loop()
        self._on_assigned = on_assigned
        self._assigned: frozenset[int] = frozenset()
        self._generation = 0
        self._news = asyncio.Event()
        self._orders: SimpleQueue[tuple[Callable[[Any], Any], asyncio.Future[Any]]] = SimpleQueue()
        self._stopped = threading.Event()
        self._ended = asyncio.Event()
        self._teller = asyncio.create_task(self._tell()) if on_assigned else None
        self._thread = threading.Thread(target=self._run, name=f"kindline-group-{group}", daemon=True)
        self._thread.start()

    def assigned(self) -> frozenset[int]:
        """The partitions that the group gives this member now."""
        return self._assigned

    @property
    def generation(self) -> int:
        """Rises with each assignment."""
        return self._generation

    async def committed(self, number: int) -> tuple[int, str] | None:
        """The committed offset and note of a partition; None when none was ever committed. Raises LedgerUnavailable."""
        its = TopicPartition(self._topic, number)
        limit = int(ROUND_TRIP_SECONDS * 1000)
        found = await self._order(lambda consumer: consumer.committed(its, metadata=True, timeout_ms=limit))
        return None if found is None or found.offset < 0 else (found.offset, found.metadata or "")

    async def commit(self, offsets: Mapping[int, tuple[int, str]]) -> None:
        """Commit offsets with notes. Raises LedgerUnavailable, ValueError for a note of over 1,000 characters."""
        for _, note in offsets.values():
            if len(note) > NOTE_CHARACTERS:
                raise ValueError(f"a note of {len(note)} characters; {NOTE_CHARACTERS} are allowed")
        marks = {
            TopicPartition(self._topic, number): OffsetAndMetadata(offset, note, -1)
            for number, (offset, note) in offsets.items()
        }
        limit = int(ROUND_TRIP_SECONDS * 1000)
        await self._order(lambda consumer: consumer.commit(marks, timeout_ms=limit))

    async def close(self) -> None:
        """Leave the group, 3 s at the longest; the session's end does it otherwise."""
        self._stopped.set()
        self._assigned = frozenset()
        if self._teller is not None and self._teller is not asyncio.current_task():
            self._teller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._teller
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._ended.wait()

    async def _order(self, act: Callable[[Any], Any]) -> Any:
        """Let the thread do something with its consumer; the limit is that of a round trip and two polls."""
        if self._stopped.is_set():
            raise LedgerUnavailable("this membership is closed")
        done: asyncio.Future[Any] = self._loop.create_future()
        self._orders.put((act, done))
        try:
            async with asyncio.timeout(2 * ROUND_TRIP_SECONDS):
                return await done
        except TimeoutError as error:
            raise LedgerUnavailable("the group's coordinator did not answer in time") from error
        except kafka_errors.KafkaError as error:
            raise LedgerUnavailable(f"the group did not take it: {type(error).__name__}") from error

    async def _tell(self) -> None:
        while self._on_assigned is not None:
            await self._news.wait()
            self._news.clear()
            await self._on_assigned(self._assigned)

    def _receive(self, numbers: frozenset[int]) -> None:
        """Take a new assignment; runs on the loop."""
        if not self._stopped.is_set():
            self._assigned = numbers
            self._generation += 1
            self._news.set()

    def _run(self) -> None:
        consumer: Any = None
        try:
            while not self._stopped.is_set():
                try:
                    if consumer is None:
                        consumer = KafkaConsumer(**self._settings)
                        consumer.subscribe([self._topic], listener=_Listener(consumer, self._hear))
                        # A leader that does not know the topic yet shares out nothing, and looks again after minutes.
                        consumer.partitions_for_topic(self._topic)
                    consumer.poll(timeout_ms=POLL_MILLISECONDS)
                    self._obey(consumer)
                except Exception as error:
                    # Nothing may end this thread unnoticed: a silent member keeps its partitions from the others.
                    unexpected = not isinstance(error, kafka_errors.KafkaError)
                    log.warning("the group is away, trying again: %s", type(error).__name__, exc_info=unexpected)
                    self._stopped.wait(PAUSE_SECONDS)
        finally:
            if consumer is not None:
                with contextlib.suppress(kafka_errors.KafkaError):
                    consumer.close(autocommit=False, timeout_ms=int(LEAVE_SECONDS * 1000))
            self._call(self._ended.set)

    def _obey(self, consumer: Any) -> None:
        """Carry out what was ordered since the last poll."""
        with contextlib.suppress(Empty):
            while True:
                act, done = self._orders.get_nowait()
                try:
                    answer = act(consumer)
                except kafka_errors.KafkaError as error:
                    self._call(_fail, done, error)
                else:
                    self._call(_resolve, done, answer)

    def _hear(self, numbers: frozenset[int]) -> None:
        self._call(self._receive, numbers)

    def _call(self, act: Callable[..., None], *given: Any) -> None:
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody is there to hear it.
            self._loop.call_soon_threadsafe(act, *given)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc] # kafka-python ships no types
    """Hears the group's decisions, and keeps the consumer from fetching what nobody asked it to read."""

    def __init__(self, consumer: Any, hear: Callable[[frozenset[int]], None]) -> None:
        self._consumer = consumer
        self._hear = hear

    def on_partitions_revoked(self, revoked: Any) -> None:
        """Nothing is assigned until the next assignment: the group decides anew."""

    def on_partitions_assigned(self, assigned: Any) -> None:
        """Take the whole assignment."""
        self._consumer.pause(*assigned)
        self._hear(frozenset(its.partition for its in self._consumer.assignment()))


def _resolve(done: asyncio.Future[Any], answer: Any) -> None:
    if not done.done():
        done.set_result(answer)


def _fail(done: asyncio.Future[Any], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)
