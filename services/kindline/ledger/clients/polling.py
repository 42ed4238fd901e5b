"""What stands behind a reader: it polls, hands over what came, and does nothing else; the library is a subclass's."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple

from kindline.ledger.port import Partition, Record

RECORDS_AT_ONCE: Final = 2_000
RECORDS_WAITING: Final = 20_000
BYTES_WAITING: Final = 64 * 1024 * 1024
LATE_BYTES: Final = 64 * 1024
"""What a broker collects for a reader that may be late, unless its time is over before."""
FETCH_WAIT_SECONDS: Final = 0.5
FETCH_SECONDS: Final = 5.0
"""The limit of one fetch: a long poll of half a second, and room for a large answer."""
POLL_SECONDS: Final = 0.25
"""The longest time until a new position is taken up; a record ends the poll at once."""
PAUSE_SECONDS: Final = 0.1
CROWDED_SECONDS: Final = 0.01
IDLE_SECONDS: Final = 1.0
"""How long a reader that follows nothing sleeps; being told to follow something, or to stop, wakes it."""


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


Arrive = Callable[[Sequence[Arrived]], None]
Told = Mapping[Partition, tuple[int, int] | None]


class Polling(ABC):
    """What is followed, how far it was handed over, and how much of that lies unread; the polling is a subclass's.

    Bounded: it waits while 20,000 records or 64 MiB lie unread.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, arrive: Arrive) -> None:
        """Hand everything to `arrive`, on `loop`."""
        self._loop = loop
        self._arrive = arrive
        self._told: SimpleQueue[Told] = SimpleQueue()
        self._followed: dict[Partition, int] = {}
        self._reached: dict[Partition, int] = {}
        # Each pair of counters has one writer per counter, so they need no lock: (records, bytes).
        self._given = (0, 0)
        self._taken = (0, 0)

    def tell(self, positions: Told) -> None:
        """Follow partitions from (number, position), or, with None, no more."""
        self._told.put(positions)

    def took(self, arrived: Arrived) -> None:
        """Note that the loop is done with this, so that there is room for more."""
        self._taken = (self._taken[0] + len(arrived.records), self._taken[1] + arrived.size)

    @abstractmethod
    def _take_up(self, consumer: Any, moved: Mapping[Partition, int]) -> None:
        """Let the consumer read what is followed, and nothing else; of those moved, from their new positions."""

    @abstractmethod
    def _give(self, arrived: Sequence[Arrived]) -> None:
        """Call `arrive` on the loop."""

    def _listen(self, consumer: Any, wait: float = 0.0) -> None:
        """Take up what was told since the last poll; wait so many seconds for something to be told."""
        moved: dict[Partition, int] = {}
        changed = False
        with suppress(Empty):
            told = self._told.get(timeout=wait) if wait else self._told.get_nowait()
            while True:
                for partition, target in told.items():
                    changed = True
                    self._followed.pop(partition, None)
                    moved.pop(partition, None)
                    if target is not None:
                        self._followed[partition], moved[partition] = target
                        self._reached[partition] = moved[partition]
                told = self._told.get_nowait()
        if changed:
            self._take_up(consumer, moved)

    def _arrived(self, partition: Partition, records: Sequence[Record]) -> Arrived:
        """What came of one partition, in order and at least one record; it is reached with this."""
        size = sum([len(record.value) for record in records if record.value])
        self._reached[partition] = records[-1].offset + 1
        return Arrived(partition, self._followed[partition], self._reached[partition], records, size)

    def _come(self, its: Any, polled: Sequence[Any]) -> Arrived:
        """As `_arrived`, for the records of kafka-python, or of aiokafka, who name their parts alike."""
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
        return self._arrived(partition, records)

    def _passed(self, partition: Partition, position: int) -> Arrived:
        """The consumer passed offsets that hold no record."""
        self._reached[partition] = position
        return Arrived(partition, self._followed[partition], position)

    def _outside(self, consumer: Any, positions: Mapping[Partition, int]) -> None:
        """Tell that positions lie outside the log, and follow them no more."""
        news = []
        for partition, position in positions.items():
            number = self._followed.pop(partition, None)
            if number is not None:
                news.append(Arrived(partition, number, position, outside=True))
        self._take_up(consumer, {})
        self._hand_over(news)

    def _crowded(self) -> bool:
        records, size = self._given[0] - self._taken[0], self._given[1] - self._taken[1]
        return records > RECORDS_WAITING or size > BYTES_WAITING

    def _hand_over(self, arrived: Sequence[Arrived]) -> None:
        self._given = (
            self._given[0] + sum(len(one.records) for one in arrived),
            self._given[1] + sum(one.size for one in arrived),
        )
        self._give(arrived)


class PollThread(Polling):
    """Polls a consumer of its own in a thread of its own, for a library that blocks."""

    def __init__(self, client_name: str, loop: asyncio.AbstractEventLoop, arrive: Arrive) -> None:
        """Hand everything to `arrive`, on `loop`."""
        super().__init__(loop, arrive)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"kindline-reader-{client_name}", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def stop(self) -> None:
        """End after the poll under way."""
        self._stopped.set()
        self.tell({})

    @abstractmethod
    def _connect(self) -> Any:
        """A consumer; None when stopped before there was one."""

    def _hearing(self, consumer: Any) -> Any:
        """The same consumer, or another one in its place where the library may have gone deaf."""
        return consumer

    @abstractmethod
    def _poll(self, consumer: Any) -> None:
        """Wait for records, 250 ms at the longest, and hand them over; nothing may be skipped and nothing raised."""

    @abstractmethod
    def _leave(self, consumer: Any) -> None:
        """Close the consumer."""

    def _run(self) -> None:
        consumer = self._connect()
        if consumer is None:
            return
        try:
            while not self._stopped.is_set():
                # Whoever slept in short naps here would take the interpreter's lock from the loop at each awakening.
                self._listen(consumer, 0.0 if self._followed else IDLE_SECONDS)
                if self._crowded():
                    self._stopped.wait(CROWDED_SECONDS)
                elif self._followed:
                    consumer = self._hearing(consumer)
                    self._poll(consumer)
        finally:
            self._leave(consumer)

    def _give(self, arrived: Sequence[Arrived]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._arrive, arrived)
        except RuntimeError:  # The loop is closed: nobody is there to read.
            self._stopped.set()
