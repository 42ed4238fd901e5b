"""A broker in memory under Faust's real fetch loop: no thread, no network, every interleaving decided by the test.

The log of one partition, a position in it, and a seek that takes many turns of the event loop: as on a real broker,
whatever may be delivered before the seek is delivered.
"""

# ruff: noqa: ANN401, SLF001 - It stands inside Faust, whose abstract methods are untyped and whose parts have no other name.

import asyncio
from collections.abc import Mapping
from typing import Any, Self, cast

import faust
from faust.transport.consumer import Consumer
from faust.types import TP, ConsumerMessage

from kindline.ledger.stream.consumer import StoppableFlow

SOURCE = TP("source", 0)
CHANGELOG = TP("rows-changelog", 0)
BATCH = 50
TURNS_OF_A_SEEK = 200
TURNS_OF_A_FETCH = 3


class MemoryBroker(Consumer):
    """Holds offsets 0 to `end` of SOURCE, of which `committed` are committed; notes the calls that matter."""

    def prepare(self, end: int, committed: int) -> None:
        """Fill the log and begin to prefetch at the committed offset, as aiokafka does."""
        self.end, self.committed, self.place = end, committed, committed
        self.calls: list[str] = []
        self.fetching = False

    def assignment(self) -> set[TP]:
        """One partition of the source, one of the changelog."""
        return {SOURCE, CHANGELOG}

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        self.fetching = True
        await _turns(TURNS_OF_A_FETCH)
        self.fetching = False
        if SOURCE not in active_partitions or self.place >= self.end:
            # Turns and not time: on a quick machine a millisecond would outlast the seek, and nothing would come first.
            return {}
        offsets = range(self.place, min(self.end, self.place + BATCH))
        self.place = offsets.stop
        return {SOURCE: list(offsets)}

    def _to_message(self, tp: TP, record: int) -> ConsumerMessage:
        return ConsumerMessage(tp.topic, tp.partition, record, 0.0, 0, None, None, b"%d" % record, None, 0, 0, tp)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek as stock Faust asks for it."""
        await _turns(TURNS_OF_A_SEEK)
        self.calls.append("seek")
        self.place = self.committed
        return {SOURCE: self.committed}

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek as our recovery asks for it."""
        await _turns(TURNS_OF_A_SEEK)
        self.calls.append("seek")
        self.place = partitions[SOURCE]

    def stop_flow(self) -> None:
        """Note the call."""
        self.calls.append("stop flow")
        super().stop_flow()

    async def wait_for_stopped_flow(self) -> None:
        """Note when the wait is over."""
        await super().wait_for_stopped_flow()
        self.calls.append("flow rests")

    def resume_flow(self) -> None:
        """Note the call."""
        self.calls.append("resume flow")
        super().resume_flow()

    def resume_partitions(self, tps: Any) -> None:
        """Note the call."""
        self.calls.append("resume partitions")
        super().resume_partitions(tps)

    def highwater(self, tp: TP) -> int:
        """The end of the log."""
        return self.end

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        return True

    async def _seek(self, partition: TP, offset: int) -> None:
        self.place = offset

    async def create_topic(self, *_: Any, **__: Any) -> None:
        """Topics are there."""

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """The log is whole."""
        return dict.fromkeys(partitions, 0)

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """The end of the log."""
        return dict.fromkeys(partitions, self.end)

    async def position(self, tp: TP) -> int | None:
        """The next offset to fetch."""
        return self.place

    async def subscribe(self, topics: Any) -> None:
        """Everything is assigned from the start."""

    async def seek_to_beginning(self, *partitions: TP) -> None:
        """Go to the beginning."""
        self.place = 0

    def topic_partitions(self, topic: str) -> int | None:
        """Every topic has one partition."""
        return 1

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        """Every topic has one partition."""
        return 0


class StoppableMemoryBroker(MemoryBroker, StoppableFlow):
    """The same broker under our consumer."""


async def _turns(count: int) -> None:
    """Let everybody else go first, `count` times."""
    for _ in range(count):
        await asyncio.sleep(0)


class Worker:
    """The parts of a Faust worker that recovery works with: app, consumer, fetch loop, the agent's queue, the agent."""

    def __init__(self, kind: type[MemoryBroker], end: int, committed: int) -> None:
        """Stand where changelog recovery has just ended: flow on, source partitions still paused."""
        self.app = faust.App("order", store="memory://", web_enabled=False, broker_commit_interval=3600.0)
        self.folded: list[int] = []
        self.queue: Any = self.app.FlowControlQueue(maxsize=4096, clear_on_resume=True)
        self.consumer = kind(
            self.app.transport,
            callback=self._deliver,
            on_partitions_revoked=self._nothing,
            on_partitions_assigned=self._nothing,
        )
        self.consumer.prepare(end, committed)
        self.app.consumer = self.consumer
        cast("Any", self.app.tables)._changelogs[CHANGELOG.topic] = object()
        self.consumer._set_active_tps(self.consumer.assignment())
        self.consumer.pause_partitions({SOURCE})
        self.app.flow_control.resume()

    async def _nothing(self, *_: Any) -> None:
        """No rebalance happens here."""

    async def _deliver(self, message: Any) -> None:
        await self.app.flow_control.acquire()
        self.queue.put_nowait(message.offset)
        await asyncio.sleep(0)

    async def _agent(self) -> None:
        """Fold what is delivered, more slowly than it comes."""
        while True:
            offset = await self.queue.get()
            self.folded.append(offset)
            await _turns(5)

    async def __aenter__(self) -> Self:
        """Start the fetch loop and the agent."""
        self._task = asyncio.create_task(self._agent())
        await self.app._fetcher.maybe_start()
        await _turns(20)
        self.consumer.calls.clear()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop both."""
        self._task.cancel()
        self.consumer._stopped.set()
        await self.app._fetcher.stop()

    async def until_quiet(self) -> None:
        """Wait until nothing is folded any more, at most 5 s."""
        for _ in range(100):
            before = len(self.folded)
            await asyncio.sleep(0.05)
            if len(self.folded) == before and self.queue.empty():
                return
