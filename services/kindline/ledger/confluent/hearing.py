"""Finds out that librdkafka has gone deaf: that nothing comes of a partition although the broker has more of it.

It happens: a partition that was without a leader for a moment, as when its broker is starved, may never be fetched
again by a client that saw it, while another client reads it at once (confluentinc/librdkafka, issues 2625 and 3396,
tell of the like). A shard would stand still for ever, so a reader must notice by itself.

Promises readers that a look costs one request at a time for a partition of which nothing comes, and nothing for others.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final, NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

from kindline.ledger.port import Partition

ANSWER_SECONDS: Final = 1.0


class Look(NamedTuple):
    """Where a partition stood when it was looked at: what is followed, how far it came, and where the log ended."""

    number: int
    reached: int
    end: int


class Hearing:
    """Looks at one partition at a time, at each once in `seconds`; lives in the reader's thread."""

    def __init__(self, seconds: float) -> None:
        """Nothing was looked at yet."""
        self._seconds = seconds
        self._looks: dict[Partition, Look] = {}
        self._next_at = time.monotonic() + seconds

    def deaf(
        self, consumer: Consumer, followed: Mapping[Partition, int], reached: Mapping[Partition, int]
    ) -> Partition | None:
        """A partition that did not move between two looks although the first saw more of it; None while all is well."""
        now = time.monotonic()
        if now < self._next_at or not followed:
            return None
        self._next_at = now + self._seconds / len(followed)
        partition = self._whose_turn(followed)
        before = self._looks.pop(partition, None)
        here = (followed[partition], reached[partition])
        end = reached[partition]
        if before is not None and before[:2] == here:
            if before.end > before.reached:
                self._looks.clear()
                return partition
            end = self._end_of(consumer, partition)
        self._looks[partition] = Look(*here, end)
        return None

    def _whose_turn(self, followed: Mapping[Partition, int]) -> Partition:
        """One that was not looked at yet, else the one that was looked at longest ago."""
        self._looks = {partition: look for partition, look in self._looks.items() if partition in followed}
        for partition in followed:
            if partition not in self._looks:
                return partition
        return next(iter(self._looks))

    def _end_of(self, consumer: Consumer, partition: Partition) -> int:
        """Where the log ends; 0 when nobody answers, and then the next look comes no sooner than others do."""
        try:
            bounds = consumer.get_watermark_offsets(TopicPartition(*partition), timeout=ANSWER_SECONDS)
        except KafkaException:
            bounds = None
        if bounds is None:
            self._next_at = time.monotonic() + self._seconds
            return 0
        return int(bounds[1])
