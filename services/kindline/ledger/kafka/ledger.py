"""The whole ledger on Kafka: what it gives out, and its own questions to the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from kafka import TopicPartition
from kafka import errors as kafka_errors
from kafka.admin import KafkaAdminClient, OffsetSpec

from kindline.ledger.clients.limits import ROUND_TRIP_SECONDS
from kindline.ledger.kafka.client import check_client, common_settings
from kindline.ledger.kafka.membership import KafkaMembership
from kindline.ledger.kafka.reader import KafkaReader
from kindline.ledger.kafka.writer import KafkaWriter
from kindline.ledger.port import (
    LATEST_APPEND_SECONDS,
    Bounds,
    LedgerUnavailable,
    Membership,
    OutsideLog,
    Partition,
    Reader,
    Writer,
    checked_late,
)

Answer = TypeVar("Answer")

QUESTIONS_AT_ONCE = 4


class KafkaLedger:
    """Fulfils port.Ledger. `bootstrap` is 'host:port', or several of them with commas between."""

    def __init__(self, bootstrap: str, client_name: str) -> None:
        """Connect to nothing yet. Raises ClientIncomplete."""
        check_client()
        self._bootstrap = bootstrap
        self._client_name = client_name
        self._partitions: dict[str, int] = {}
        self._given_out: list[Reader | Writer | Membership] = []
        self._threads = ThreadPoolExecutor(QUESTIONS_AT_ONCE, thread_name_prefix=f"kindline-ledger-{client_name}")
        self._admin: Any = None
        self._opening = asyncio.Lock()

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has; asked once, as the count never changes.

        Raises LedgerUnavailable after 2 s, and LookupError for a topic that is not there.
        """
        if topic not in self._partitions:
            [described] = await self._ask(lambda admin: admin.describe_topics([topic]))
            if described["error_code"] == kafka_errors.UnknownTopicOrPartitionError.errno:
                raise LookupError(f"there is no topic {topic}: `kindline topics` creates it")
            if described["error_code"] or not described["partitions"]:
                raise LedgerUnavailable(f"{topic} is not ready: error {described['error_code']}")
            self._partitions[topic] = len(described["partitions"])
        return self._partitions[topic]

    async def bounds(self, partitions: Collection[Partition]) -> Mapping[Partition, Bounds]:
        """Where each partition begins and ends, fetched from the broker now. Raises LedgerUnavailable after 2 s."""
        asked = [TopicPartition(*partition) for partition in partitions]

        def both(admin: Any) -> tuple[Any, Any]:
            limit = int(ROUND_TRIP_SECONDS * 1000)
            first, last = dict.fromkeys(asked, OffsetSpec.EARLIEST), dict.fromkeys(asked, OffsetSpec.LATEST)
            # The beginning is asked first: whatever is trimmed in between lies before the end in any case.
            return (
                admin.list_partition_offsets(first, timeout_ms=limit),
                admin.list_partition_offsets(last, timeout_ms=limit),
            )

        if not asked:
            return {}
        begins, ends = await self._ask(both)
        return {Partition(*its): Bounds(begins[its].offset, ends[its].offset) for its in asked}

    def writer(self, *, late: float = 0.0) -> Writer:
        """A new writer of its own, which may collect for `late` seconds."""
        writer = self._make_writer(late=checked_late(late, LATEST_APPEND_SECONDS))
        self._given_out.append(writer)
        return writer

    def reader(self, positions: Mapping[Partition, int], *, late: float = 0.0) -> Reader:
        """A new reader that begins at these positions; the broker may collect for `late` seconds."""
        reader = self._make_reader(positions, late=checked_late(late))
        self._given_out.append(reader)
        return reader

    async def join(
        self, group: str, topic: str, on_assigned: Callable[[frozenset[int]], Awaitable[None]] | None = None
    ) -> KafkaMembership:
        """Join a group that shares out a topic's partitions; on_assigned hears of each new assignment."""
        membership = KafkaMembership(self._bootstrap, self._client_name, (group, topic), on_assigned)
        self._given_out.append(membership)
        return membership

    async def trim(self, before: Mapping[Partition, int]) -> None:
        """Delete the records below these offsets. Raises LedgerUnavailable, and OutsideLog beyond the end."""
        limit = int(ROUND_TRIP_SECONDS * 1000)

        def delete(admin: Any) -> None:
            for partition, offset in before.items():
                try:
                    admin.delete_records({TopicPartition(*partition): offset}, timeout_ms=limit)
                except kafka_errors.OffsetOutOfRangeError as error:
                    raise OutsideLog(partition, offset) from error

        await self._ask(delete)

    async def close(self) -> None:
        """Close everything that this ledger gave out."""
        await asyncio.gather(*(each.close() for each in self._given_out))
        self._given_out.clear()
        admin, self._admin = self._admin, None
        if admin is not None:
            await asyncio.to_thread(admin.close)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _make_writer(self, *, late: float) -> Writer:
        """The writer of this library; the ledgers on other libraries have their own."""
        return KafkaWriter(self._bootstrap, self._client_name, late=late)

    def _make_reader(self, positions: Mapping[Partition, int], *, late: float) -> Reader:
        """The reader of this library; the ledgers on other libraries have their own."""
        return KafkaReader(self._bootstrap, self._client_name, positions, late=late)

    async def _ask(self, question: Callable[[Any], Answer]) -> Answer:
        """Put one question to the broker, off the loop, with a limit. Raises LedgerUnavailable."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(ROUND_TRIP_SECONDS):
                admin = await self._administration()
                return await loop.run_in_executor(self._threads, question, admin)
        except TimeoutError as error:
            raise LedgerUnavailable(f"{self._bootstrap} did not answer within {ROUND_TRIP_SECONDS:g} s") from error
        except kafka_errors.KafkaError as error:
            raise LedgerUnavailable(f"{self._bootstrap} cannot be reached: {type(error).__name__}") from error

    async def _administration(self) -> Any:
        """The one administration client, made when it is first needed."""
        async with self._opening:
            if self._admin is None:
                settings = common_settings(self._bootstrap, self._client_name)
                self._admin = await asyncio.get_running_loop().run_in_executor(
                    self._threads, lambda: KafkaAdminClient(**settings)
                )
            return self._admin
