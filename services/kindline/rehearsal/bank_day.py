"""A bank's day, played through the real edges: callers and their switch on one side, the crew on the other.

Promises figures that are the ledger's own: they are folded from the decisions that count, and from nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kindline.language.ids import Instant, shard_of
from kindline.language.log import DecisionBatch
from kindline.language.snapshot import SnapshotManifest, SnapshotRow
from kindline.ledger import topics
from kindline.ledger.follow import Follower
from kindline.ledger.opening import open_ledger
from kindline.ledger.port import Ledger
from kindline.rehearsal.callers import Callers, Line
from kindline.rehearsal.crew import Crew
from kindline.rehearsal.domain.bank_plan import POOL
from kindline.rehearsal.domain.crew_hours import CrewHours
from kindline.rehearsal.domain.fates import Connection, Fate, Fates
from kindline.rehearsal.domain.figures import Figures, figures, spread
from kindline.rehearsal.domain.script import ScriptedCall
from kindline.rehearsal.domain.staffing import Shift
from kindline.rehearsal.seat import Place, Say
from kindline.rehearsal.switch import Switch
from kindline.runtime.clock import BusinessClock, business_clock
from kindline.runtime.running import RunningCentre

BEGIN_LIMIT_SECONDS = 30.0
LONGEST_AFTER_SECONDS = 3_600.0
"""Business seconds after the last caller's patience in which every call must have ended."""
OUTAGE_SECONDS = 300.0
"""Seconds of the system that outages may cost beyond that."""
POLL_SECONDS = 0.25

Advance = Callable[[int, Instant], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What is to be played."""

    calls: Sequence[ScriptedCall]
    shifts: Sequence[Shift]
    midnight: Instant

    @property
    def ends_by(self) -> Instant:
        """Business time by which every call must have ended."""
        last = max((call.gives_up_at for call in self.calls), default=self.midnight)
        longest = max((call.service_seconds for call in self.calls), default=0.0)
        return last + longest + LONGEST_AFTER_SECONDS


@dataclass(slots=True)
class Played:
    """What came of it."""

    fates: Fates
    hours: CrewHours
    in_time: bool = True
    """False: calls had not ended long after the last caller's patience."""
    calls: Mapping[str, ScriptedCall] = field(default_factory=dict)
    """The script, by thread."""

    def machine_delay(self) -> float | None:
        """Business seconds by which the machine made a conversation longer than its script: the median."""
        return spread(
            fate.completed_at - fate.answered_at - self.calls[fate.thread].service_seconds
            for fate in self.fates.by_thread.values()
            if fate.completed_at is not None and fate.answered_at is not None and fate.thread in self.calls
        ).median

    def figures(self) -> Figures:
        """The same figures as the log's own."""
        fates = list(self.fates.by_thread.values())
        asked = [fate for fate in fates if fate.queued and (fate.served or fate.abandoned is not None)]
        in_ivr = sum(fate.abandoned is not None and not fate.queued for fate in fates)
        return figures(
            [fate.wait for fate in asked],
            [fate.waited for fate in asked if fate.found_nobody_free],
            [
                fate.completed_at - fate.answered_at
                for fate in asked
                if fate.completed_at is not None and fate.answered_at is not None
            ],
            in_ivr=in_ivr,
            others=len(self.fates.threads) - len(asked) - in_ivr,
            occupancy=self.hours.occupancy(),
        )


@dataclass(slots=True)
class _Listening:
    """The fold that the follower feeds: fates, hours, and the telephones that have to be connected."""

    line: Line
    hours: CrewHours
    connect: Callable[[Connection], None]
    asked: set[str] = field(default_factory=set)

    def restore(self, manifest: SnapshotManifest | None, rows: Iterable[SnapshotRow]) -> None:
        """What was before the rehearsal is none of its business."""

    def apply(self, batch: DecisionBatch, offset: int) -> None:
        """Take in a batch that counts."""
        self.hours.apply(batch)
        for fate in self.line.heard(batch, offset):
            self._connect(fate)

    def _connect(self, fate: Fate) -> None:
        if fate.connecting is not None and fate.connecting.offer_id not in self.asked:
            self.asked.add(fate.connecting.offer_id)
            self.connect(fate.connecting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a day is played: a ledger, a clock, and the desks."""

    ledger: Ledger
    clock: BusinessClock
    place: Place


async def play(day: Day, running: RunningCentre, say: Say, advance: Advance) -> Played:
    """Play a day in a running centre. Raises LedgerUnavailable when the ledger cannot be reached at the begin."""
    ledger = await open_ledger(running.kafka, "kindline-rehearsal")
    try:
        place = Place(pool=POOL, presence=running.presence, routing=running.routing)
        ground = Ground(ledger=ledger, clock=business_clock(running.clock), place=place)
        return await play_on(ground, day, say, advance)
    finally:
        await ledger.close()


async def play_on(ground: Ground, day: Day, say: Say, advance: Advance) -> Played:
    """Play a day on this ground. Raises LedgerUnavailable when the ledger cannot be reached at the begin."""
    shards = await ground.ledger.partitions(topics.DECISIONS)
    switch = Switch(ground.ledger, ground.clock, shards)
    try:
        return await _Stage(day, ground, switch).play(shard_of(POOL, shards), say, advance)
    finally:
        await switch.close()


class _Stage:
    """Everything that plays, put together."""

    def __init__(self, day: Day, ground: Ground, switch: Switch) -> None:
        self._day = day
        self._ground = ground
        self._switch = switch
        self._clock = ground.clock
        self._by_thread = {call.thread: call for call in day.calls}
        self._line = Line(Fates(self._by_thread.keys()), ground.clock)
        self._hours = CrewHours(POOL)
        self._connecting: set[asyncio.Task[None]] = set()

    async def play(self, shard: int, say: Say, advance: Advance) -> Played:
        listening = _Listening(self._line, self._hours, self._connect)
        follower = Follower(self._ground.ledger, [shard], lambda _: listening, None)
        following = asyncio.create_task(follower.run())
        showing = asyncio.create_task(self._show(advance))
        try:
            await self._begun(follower, shard, following)
            crew = Crew(self._ground.place, self._by_thread, self._line, say)
            working = asyncio.create_task(crew.work(self._day.shifts, self._day.midnight))
            in_time = await self._call(say)
            crew.close()
            await working
            return Played(self._line.fates, self._hours, in_time, self._by_thread)
        finally:
            tasks = [following, showing, *self._connecting]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _begun(self, follower: Follower, shard: int, following: asyncio.Task[None]) -> None:
        async with asyncio.timeout(BEGIN_LIMIT_SECONDS):
            while not follower.caught_up(shard):
                if following.done():
                    following.result()
                await asyncio.sleep(POLL_SECONDS)

    async def _call(self, say: Say) -> bool:
        limit = self._clock.system_seconds(self._day.ends_by - self._clock.now()) + OUTAGE_SECONDS
        callers = Callers(self._day.calls, self._switch, self._line)
        try:
            async with asyncio.timeout(limit):
                await callers.call()
        except TimeoutError:
            say("Calls are open long after their callers' patience; the day ends here")
            return False
        return True

    def _connect(self, connection: Connection) -> None:
        task = asyncio.create_task(self._switch.connects(self._by_thread[connection.thread], connection))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _show(self, advance: Advance) -> None:
        while True:
            advance(self._line.fates.ended, self._clock.now())
            await asyncio.sleep(POLL_SECONDS)
