"""The inputs of all owned shards through one reader: plan first, then the rest, each from the batch's own position.

Promises owners their inputs in order and without a gap, a pause for a shard that cannot take more, and adaptive pacing
(DESIGN 4.13): when a poll brought several records, the next begins a little later and brings more at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic

from kindline.ledger.owned.core import Given, Sink, Taken
from kindline.ledger.port import Ledger, LedgerUnavailable, OutsideLog, Partition, Reader, Record

log = logging.getLogger("kindline.ledger.owned")

READ_SECONDS = 0.1
PATIENCE_SECONDS = 3.0
BUSY_POLL = 4
SURGE_POLL = 64
BUSY_PAUSE = 0.005
SURGE_PAUSE = 0.010


@dataclass(slots=True)
class Course(Generic[Given]):
    """How far one shard's inputs have been given."""

    shard: int
    sink: Sink[Given]
    positions: dict[str, int]
    stages: list[tuple[str, ...]]
    ends: dict[str, int] = field(default_factory=dict)
    followed: set[str] = field(default_factory=set)
    moved_at: float = 0.0
    trouble: str = ""

    def given(self) -> bool:
        """Whether all that stood in the present stage's topics at the beginning has been given."""
        return all(self.positions[topic] >= self.ends[topic] for topic in self.stages[0])


class InputFeed(Generic[Given]):
    """Fulfils the owned log's Feed. run() belongs to the service; begin() and end() take effect within 0.1 s."""

    def __init__(self, ledger: Ledger, stages: Sequence[Sequence[str]], decode: Callable[[Record], Given]) -> None:
        """`stages`: topics to be read to their ends before those of the next stage begin. `decode` must not raise."""
        self._ledger, self._decode = ledger, decode
        self._stages = [tuple(stage) for stage in stages]
        self._courses: dict[int, Course[Given]] = {}
        self._ended: list[Partition] = []
        self._reader: Reader

    def begin(self, shard: int, positions: Mapping[str, int], sink: Sink[Given]) -> None:
        """Give the shard's inputs from these positions to a new owner; topics not named begin where they begin."""
        self.end(shard)
        self._courses[shard] = Course(shard, sink, dict(positions), list(self._stages))

    def end(self, shard: int) -> None:
        """Give nothing more to this shard's owner."""
        course = self._courses.pop(shard, None)
        if course is not None:
            self._ended.extend(Partition(topic, shard) for topic in course.followed)

    def troubles(self) -> Mapping[int, str]:
        """The shards whose inputs cannot be read on, and why."""
        return {shard: course.trouble for shard, course in self._courses.items() if course.trouble}

    async def run(self) -> None:
        """Read and give until cancelled."""
        self._reader = self._ledger.reader({})
        try:
            while True:
                try:
                    await self._turn()
                except LedgerUnavailable as problem:
                    log.warning("inputs wait for the ledger: %s", problem)
                    await asyncio.sleep(READ_SECONDS)
        finally:
            await self._reader.close()

    async def _turn(self) -> None:
        await self._change()
        try:
            records = await self._reader.read(READ_SECONDS)
        except OutsideLog as problem:
            await self._stop(problem)
            return
        for record in records:
            self._give(record)
        for course in list(self._courses.values()):
            self._advance(course)
        if len(records) >= BUSY_POLL:
            await asyncio.sleep(SURGE_PAUSE if len(records) >= SURGE_POLL else BUSY_PAUSE)

    async def _change(self) -> None:
        """Let go of ended courses and begin what the others need next."""
        while self._ended:
            # Until nothing ended meanwhile: a drop after the next owner began would leave it without inputs.
            ended, self._ended = self._ended, []
            await self._reader.drop(ended)
        for course in list(self._courses.values()):
            if not course.trouble and course.sink.room():
                await self._follow(course)

    async def _follow(self, course: Course[Given]) -> None:
        if not course.ends and not await self._see_ends(course):
            return
        await self._pass_over_nothing(course)
        self._advance(course)
        begun = len(self._stages) - len(course.stages) + 1
        topics = [topic for stage in self._stages[:begun] for topic in stage if topic not in course.followed]
        if topics:
            course.followed.update(topics)
            await self._reader.follow({Partition(topic, course.shard): course.positions[topic] for topic in topics})

    async def _see_ends(self, course: Course[Given]) -> bool:
        """Note where the shard's topics end now; False if the course was ended meanwhile."""
        bounds = await self._ledger.bounds(
            [Partition(topic, course.shard) for stage in self._stages for topic in stage]
        )
        if self._courses.get(course.shard) is not course:
            return False
        for partition, its in bounds.items():
            course.positions.setdefault(partition.topic, its.begin)
            course.ends[partition.topic] = its.end
        course.moved_at = asyncio.get_running_loop().time()
        return True

    async def _pass_over_nothing(self, course: Course[Given]) -> None:
        """A producer with transactions leaves marks at the end of a topic that never come out as records.

        So when nothing more comes although the broker answers, what stood there has been given.
        """
        now = asyncio.get_running_loop().time()
        if course.stages and now - course.moved_at >= PATIENCE_SECONDS and course.followed.issuperset(course.stages[0]):
            await self._ledger.bounds([Partition(topic, course.shard) for topic in course.stages[0]])
            log.info("shard %d: nothing more comes of %s", course.shard, ", ".join(course.stages[0]))
            course.ends.update({topic: course.positions[topic] for topic in course.stages[0]})
            course.moved_at = now

    def _give(self, record: Record) -> None:
        """Give one record; when the owner has no room, its topic is read again from there later."""
        topic, shard = record.partition
        course = self._courses.get(shard)
        if course is None or topic not in course.followed or record.offset < course.positions[topic]:
            return
        if course.sink.offer(Taken(topic, record.offset, self._decode(record))):
            course.positions[topic] = record.offset + 1
            course.moved_at = asyncio.get_running_loop().time()
        else:
            course.followed.discard(topic)
            self._ended.append(record.partition)

    def _advance(self, course: Course[Given]) -> None:
        """Go on to the next stage, or tell the owner, when all that stood there at the beginning has been given."""
        while course.stages and course.ends and course.given():
            course.stages.pop(0)
            if not course.stages:
                course.sink.caught_up()

    async def _stop(self, problem: OutsideLog) -> None:
        """A position outside the topic is never skipped: the shard takes no inputs until somebody has looked."""
        await self._reader.drop([problem.partition])
        course = self._courses.get(problem.partition.number)
        if course is not None:
            course.followed.discard(problem.partition.topic)
            course.trouble = f"{problem}: inputs that were never decided are gone"
            log.error("shard %d takes no inputs: %s", course.shard, course.trouble)
