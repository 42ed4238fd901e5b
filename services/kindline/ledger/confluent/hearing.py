"""Finds out that librdkafka has gone deaf: that nothing comes of a partition although the broker has more of it.

It happens: a partition that was without a leader for a moment, as when its broker is starved, may never be fetched
again by a client that saw it, while another client reads it at once (confluentinc/librdkafka, issues 2625 and 3396,
tell of the like). A shard would stand still for ever, so a reader must notice by itself.

Promises readers that a look costs one request at a time for a partition of which nothing comes, and nothing for others,
and that no look holds them up: a client that is deaf may not be able to ask either, or may never come back from asking.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Final, NamedTuple, cast

from confluent_kafka import Consumer, KafkaException, TopicPartition

from kindline.ledger.port import Partition

ANSWER_SECONDS: Final = 1.0
OVERDUE_SECONDS: Final = 2 * ANSWER_SECONDS
FEW_SILENT_LOOKS, MANY_SILENT_LOOKS = 3, 48
"""After so many looks at a partition without an answer its client counts as deaf. But a broker that is away answers
nobody, so each new client that hears no more than the one before is given twice the time."""


class Look(NamedTuple):
    """Where a partition stood when it was looked at: what is followed, how far it came, and where the log ended."""

    number: int
    reached: int
    end: int


class Question:
    """Where does the log of a partition end? Asked in a thread of its own."""

    def __init__(self, consumer: Consumer, partition: Partition, number: int, reached: int) -> None:
        """Ask at once."""
        self.partition, self.number, self.reached = partition, number, reached
        self.answered = threading.Event()
        self.end: int | None = None
        self._overdue_at = time.monotonic() + OVERDUE_SECONDS
        asking = threading.Thread(target=self._ask, args=(consumer,), name="kindline-reader-look", daemon=True)
        asking.start()

    @property
    def over(self) -> bool:
        """Whether there is an answer, or none is waited for any more."""
        return self.answered.is_set() or time.monotonic() >= self._overdue_at

    def _ask(self, consumer: Consumer) -> None:
        try:
            asked = consumer.get_watermark_offsets(TopicPartition(*self.partition), timeout=ANSWER_SECONDS)
            bounds = cast("tuple[int, int] | None", asked)  # Its type forgets that it gives nothing after the time.
            self.end = None if bounds is None else bounds[1]
        except (KafkaException, RuntimeError):  # The latter when the consumer was closed meanwhile.
            pass
        finally:
            self.answered.set()


class Askers:
    """Whoever asks one client, each of whom may be long in coming back: only when all are may it be closed."""

    def __init__(self) -> None:
        """Nobody asks yet."""
        self._out: list[threading.Event] = []

    def went(self, back: threading.Event) -> None:
        """One more asks, and is back when this is set."""
        self._out = [*(other for other in self._out if not other.is_set()), back]

    def are_back(self, seconds: float | None = None) -> bool:
        """Whether all are back, after waiting so many seconds at the most; without a number, however long it takes."""
        until = None if seconds is None else time.monotonic() + seconds
        return all(back.wait(None if until is None else max(0.0, until - time.monotonic())) for back in self._out)


class Hearing:
    """Looks at one partition at a time, at each once in `seconds`; lives in the reader's thread."""

    def __init__(self, seconds: float) -> None:
        """Nothing was looked at yet."""
        self._seconds = seconds
        self._looks: dict[Partition, Look] = {}
        self._silent: dict[Partition, int] = {}
        self._patience = FEW_SILENT_LOOKS
        self._question: Question | None = None
        self._next_at = time.monotonic() + seconds
        self.askers = Askers()
        """Of the client that is listened to now."""

    def deaf(
        self, consumer: Consumer, followed: Mapping[Partition, int], reached: Mapping[Partition, int]
    ) -> Partition | None:
        """A partition that is not heard any more; None while all is well.

        It did not move between two looks although the first saw more of it, or look after look got no answer.
        """
        if self._question is not None:
            return self._hear(self._question) if self._question.over else None
        now = time.monotonic()
        if now < self._next_at or not followed:
            return None
        self._next_at = now + self._seconds / len(followed)
        partition = self._whose_turn(followed)
        before = self._looks.pop(partition, None)
        here = (followed[partition], reached[partition])
        if before is None or before[:2] != here:
            self._silent.pop(partition, None)
            self._looks[partition] = Look(*here, reached[partition])
        elif before.end > before.reached:
            return self._begin_again(partition)
        else:
            self._looks[partition] = before
            self._question = Question(consumer, partition, *here)
            self.askers.went(self._question.answered)
        return None

    def _hear(self, question: Question) -> Partition | None:
        """Take in an answer, or that there is none."""
        self._question = None
        partition = question.partition
        self._looks.pop(partition, None)
        if question.end is not None:
            self._silent.pop(partition, None)
            self._patience = FEW_SILENT_LOOKS
            self._looks[partition] = Look(question.number, question.reached, question.end)
            return None
        self._looks[partition] = Look(question.number, question.reached, question.reached)
        self._silent[partition] = self._silent.get(partition, 0) + 1
        if self._silent[partition] < self._patience:
            return None
        self._patience = min(2 * self._patience, MANY_SILENT_LOOKS)
        return self._begin_again(partition)

    def _begin_again(self, deaf: Partition) -> Partition:
        """Forget what was seen with the client that is to be replaced."""
        self._looks.clear()
        self._silent.clear()
        self.askers = Askers()
        return deaf

    def _whose_turn(self, followed: Mapping[Partition, int]) -> Partition:
        """One that was not looked at yet, else the one that was looked at longest ago."""
        self._looks = {partition: look for partition, look in self._looks.items() if partition in followed}
        for partition in followed:
            if partition not in self._looks:
                return partition
        return next(iter(self._looks))
