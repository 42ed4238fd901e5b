"""What keeps a shard going: inputs for whoever owns it now, snapshots after a failure, a loop that breathes."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping

import pytest

from kindline.language.facts import ReplicaSeen
from kindline.language.log import DecisionBatch, EpochClaim
from kindline.language.snapshot import ReplicaRow, SnapshotRow
from kindline.ledger import slices
from kindline.ledger.codec import encode
from kindline.ledger.memory import MemoryLedger
from kindline.ledger.memory.reader import MemoryReader
from kindline.ledger.owned.core import OwnedSettings, Taken
from kindline.ledger.owned.feed import InputFeed
from kindline.ledger.owned.log import OwnedLog
from kindline.ledger.owned.means import Means
from kindline.ledger.owned.shard import Standing
from kindline.ledger.port import Partition
from kindline.ledger.snapshots import newest_whole, write_snapshot
from kindline.ledger.topics import AGENTS, DECISIONS, INTERACTIONS, PLAN
from kindline.routing.adapters.shard_core import EngineCore
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.inputs import Input, TimersDue
from tests.contract.owned.counting import CountingCore, decoded
from tests.contract.owned.test_rules import Clock
from tests.contract.owned.test_snapshots import manifest
from tests.given import SHARDS, Centre, plan

STAGES = ((PLAN,), (INTERACTIONS, AGENTS))
LIMIT = 5.0


class Inbox:
    """An owner's sink that takes everything."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.offsets: list[int] = []
        self.is_caught_up = False

    def offer(self, taken: Taken[str]) -> bool:
        """Take it."""
        self.offsets.append(taken.offset)
        return True

    def room(self) -> bool:
        """Always."""
        return True

    def caught_up(self) -> None:
        """Note it."""
        self.is_caught_up = True


class Slow(MemoryReader):
    """A reader in which something may happen while it drops."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def drop(self, partitions: Collection[Partition]) -> None:
        """Drop, and let it happen once."""
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        await super().drop(partitions)


class SlowLedger(MemoryLedger):
    """Gives slow readers."""

    def reader(self, positions: Mapping[Partition, int], *, late: float = 0.0) -> MemoryReader:
        """Keep the last one at hand."""
        del late
        self.last = Slow(self.log, positions, lambda: 0.0)
        return self.last


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until it is so, or fail."""
    async with asyncio.timeout(LIMIT):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_an_owner_that_begins_while_another_shard_is_let_go_gets_its_inputs() -> None:
    """However close one owner's end and the next one's beginning lie, the next one is given what comes."""
    ledger = SlowLedger(2)
    feed = InputFeed(ledger, STAGES, decoded)
    running = asyncio.create_task(feed.run())
    first, second, other = Inbox(), Inbox(), Inbox()
    feed.begin(0, {}, first)
    feed.begin(1, {}, other)
    await until(lambda: first.is_caught_up and other.is_caught_up)
    await ledger.writer().append(Partition(INTERACTIONS, 0), None, b"one")
    await until(lambda: first.offsets == [0])

    async def change_hands() -> None:
        feed.end(0)
        feed.begin(0, {INTERACTIONS: 1}, second)

    ledger.last.meanwhile = change_hands
    feed.end(1)
    await until(lambda: second.is_caught_up)
    for number in (1, 2):
        await ledger.writer().append(Partition(INTERACTIONS, 0), None, b"more")
        await until(lambda: second.offsets == list(range(1, number + 1)))  # noqa: B023  # Awaited in its own round.
    running.cancel()


class Unkeepable(CountingCore):
    """A core whose first snapshot has a row that no message can hold."""

    asked = 0

    def rows(self) -> Iterable[SnapshotRow]:
        """A broken row once, then what there is."""
        Unkeepable.asked += 1
        if Unkeepable.asked == 2:  # The first is for the state that decides.
            return [ReplicaRow(replica_id="\udcff", seen_at=1.0)]
        return super().rows()


async def test_a_snapshot_that_fails_is_tried_again() -> None:
    """A row that cannot be kept costs one snapshot, not all that would have come after it."""
    ledger, feed = MemoryLedger(1), InputFeed[str](MemoryLedger(1), STAGES, decoded)
    settings = OwnedSettings(heartbeat_seconds=0.1, probe_seconds=0.05, snapshot_facts=1, snapshot_seconds=0.1)
    clock = Clock()
    clock.accelerated = True
    means: Means[str] = Means(
        ledger=ledger, clock=clock, core_for=lambda _: Unkeepable(), feed=feed, on_counted=lambda *_: None,
        member="m", settings=settings,
    )  # fmt: skip
    owned = OwnedLog(means, 1)
    running = asyncio.create_task(owned.run())
    await until(lambda: owned.shards[0].facts_counted > 0)
    await until(lambda: Unkeepable.asked >= 2)
    owned.snapshotting._facts_at.clear()  # noqa: SLF001  # As if more had been decided meanwhile.
    await until(lambda: means.counts["snapshots"] > 0)
    assert await newest_whole(ledger, 0) is not None
    owned.stop()
    await asyncio.wait_for(running, LIMIT)


async def test_a_long_history_does_not_hold_up_the_process() -> None:
    """While a standby folds thousands of old batches, everything else in its process still gets its turns."""
    ledger = MemoryLedger(1)
    place = Partition(DECISIONS, 0)
    ledger.log.append(place, None, encode(EpochClaim(epoch=1, owner="o", claimant="c")), ())
    facts = tuple(ReplicaSeen(replica_id=f"r{number}") for number in range(10))
    for seq in range(1, 1_001):
        batch = DecisionBatch(
            epoch=1, owner="o", seq=seq, level=1, decided_at=1.0, facts=facts, next_within=60.0, released=False
        )
        ledger.log.append(place, None, encode(batch), ())
    means: Means[str] = Means(
        ledger=ledger, clock=Clock(), core_for=lambda _: CountingCore(),
        feed=InputFeed[str](ledger, STAGES, decoded), on_counted=lambda *_: None, member="m",
    )  # fmt: skip
    owned = OwnedLog(means, 1)
    running = asyncio.create_task(owned.run())
    turns = 0
    async with asyncio.timeout(LIMIT):
        while owned.shards[0].fold.reading.seq < 1_000:
            if owned.shards[0].fold.reading.seq:
                turns += 1
            await asyncio.sleep(0)
    assert turns >= 10
    owned.stop()
    await asyncio.wait_for(running, LIMIT)


class Steps:
    """The turns of everybody else, and in which of them each step of an engine's start was taken."""

    def __init__(self) -> None:
        """Nothing happened yet."""
        self.turns = 0
        self.of_restoring: list[int] = []
        self.of_getting_ready: list[int] = []
        self.of_letting_go: list[int] = []

    async def others(self) -> None:
        """Whoever else is in the loop."""
        while True:
            self.turns += 1
            await asyncio.sleep(0)


class Noting(EngineCore):
    """The engine, which notes its steps."""

    def __init__(self, steps: Steps) -> None:
        """Note them there."""
        super().__init__(Engine(0, SHARDS))
        self._steps = steps

    def restoring(self, rows: Iterable[SnapshotRow], decided_at: float) -> Iterator[None]:
        """Restore, and note each step."""
        for _ in super().restoring(rows, decided_at):
            self._steps.of_restoring.append(self._steps.turns)
            yield

    def getting_ready(self) -> Iterator[None]:
        """Get ready, and note each step."""
        for _ in super().getting_ready():
            self._steps.of_getting_ready.append(self._steps.turns)
            yield

    def letting_go(self) -> Iterator[None]:
        """Let go, and note each step."""
        for _ in super().letting_go():
            self._steps.of_letting_go.append(self._steps.turns)
            yield


async def test_a_shard_is_started_and_taken_over_and_left_one_interaction_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Time is up after each step here: so often everybody else has their turn, however many wait."""
    monkeypatch.setattr(slices, "SECONDS_AT_ONCE", 0.0)
    centre, ledger, steps, many = Centre(plan()), MemoryLedger(1), Steps(), 200
    for number in range(many):
        centre.arrives(f"visitor-{number}")
    its = manifest("a", 0)
    await write_snapshot(ledger, ledger.writer(), 0, manifest=its, rows=centre.engine.rows())
    clock = Clock()
    clock.accelerated = True
    means: Means[Input] = Means(
        ledger=ledger, clock=clock, core_for=lambda _: Noting(steps),
        feed=InputFeed(ledger, STAGES, lambda _: TimersDue()),
        on_counted=lambda *_: None, member="m",
        settings=OwnedSettings(heartbeat_seconds=0.001),  # The heart beats in the middle of it, as on a slow machine.
    )  # fmt: skip
    owned, others = OwnedLog(means, 1), asyncio.create_task(steps.others())
    running = asyncio.create_task(owned.run())
    await until(lambda: (owner := owned.shards[0].owner) is not None and owner.decider.is_built)
    others.cancel()
    assert len(set(steps.of_restoring)) == len(steps.of_restoring) >= 2 * 2 * many  # To follow, and to decide.
    assert len(set(steps.of_getting_ready)) == len(steps.of_getting_ready) >= many
    assert not steps.of_letting_go
    others = asyncio.create_task(steps.others())
    claim = EpochClaim(epoch=owned.shards[0].fold.reading.epoch + 1, owner="other", claimant="c")
    await ledger.writer().append(Partition(DECISIONS, 0), b"0", encode(claim))
    await until(lambda: owned.shards[0].owner is None and owned.shards[0].standing is Standing.FOLLOWING)
    others.cancel()
    assert len(set(steps.of_letting_go)) == len(steps.of_letting_go) >= 2 * many
    owned.stop()
    await asyncio.wait_for(running, LIMIT)
