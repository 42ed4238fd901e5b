"""The thread behind a writer: it waits for librdkafka's acknowledgements and hands them over, many at once."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from confluent_kafka import KafkaError, Message, Producer

from kindline.ledger.port import Appended

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 0.5
"""The longest time until the thread notices that it shall end; an acknowledgement ends the poll at once."""

PAUSE_SECONDS: Final = 0.1


class Delivered(NamedTuple):
    """What became of one record, and whoever waits to hear it."""

    waiting: asyncio.Future[Appended]
    error: KafkaError | None
    offset: int
    appended_at: float


Settle = Callable[["DeliveryThread", Sequence[Delivered]], None]


class DeliveryThread:
    """Polls one producer; whoever produces gives `note`, with a future bound to it, as the delivery's callback."""

    def __init__(self, producer: Producer, loop: asyncio.AbstractEventLoop, settle: Settle) -> None:
        """Hand everything to `settle`, on `loop`."""
        self.producer = producer
        self._loop = loop
        self._settle = settle
        self._delivered: list[Delivered] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kindline-writer", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def stop(self) -> None:
        """End after the poll under way; what is not yet on its way to the broker will not go there."""
        self._stopped.set()

    def note(self, waiting: asyncio.Future[Appended], error: KafkaError | None, message: Message) -> None:
        """Keep one result until the poll is over, inside which librdkafka calls this."""
        self._delivered.append(Delivered(waiting, error, message.offset() or 0, message.timestamp()[1] / 1000))

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._poll(POLL_SECONDS)
        self.producer.purge()
        self._poll(0)

    def _poll(self, seconds: float) -> None:
        try:
            self.producer.poll(seconds)
        except Exception:
            # Nothing may end this thread unnoticed: every later append would end in doubt.
            log.warning("a poll for acknowledgements failed, the next one follows", exc_info=True)
            self._stopped.wait(PAUSE_SECONDS)
        self._hand_over()

    def _hand_over(self) -> None:
        delivered, self._delivered = self._delivered, []
        if delivered:
            try:
                self._loop.call_soon_threadsafe(self._settle, self, delivered)
            except RuntimeError:  # The loop is closed: nobody is there to hear it.
                self._stopped.set()
