"""What a waiting interaction takes in memory beside plain dictionaries; and how long a shard of a million stands still.

Each measurement is a child process of its own. Memory is what the resident set grows by for 20,000 who wait, as a
restart leaves them: read from the bytes of a snapshot, with deadline, thread, identity and place in line. The plain
side holds the same values, read from the same bytes, in a dict for each record and the same indexes in dicts and lists.

The stall is the longest that the owner's loop is held by one thing it does, in processor time, after a start as the
service makes it (restore, settle) with a million who wait: by one decision, of some seconds full of them; and by each
turn of a snapshot that is taken while deciding goes on, its beginning among them. How much of the longest decision was
spent on looking for garbage is told, too. The build is cut off after a while; how many were there is told.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from kindline.language import agents as a
from kindline.language.content import Needs
from kindline.language.facts import OfferIssued, PlanAdopted
from kindline.language.ids import shard_of
from kindline.language.snapshot import IdentityRow, InteractionRow, InteractionState, SnapshotPart, SnapshotRow
from kindline.ledger import codec
from kindline.ledger.snapshots import encoded_parts
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.moment import Moment
from kindline.runtime.collecting import settle
from tests.bench.figures import Figures, say, spread
from tests.bench.floors import NOW, Generator
from tests.given import POOL, SHARDS, Centre

ROUNDS = 5
AGENTS = 200
GROWN_BY = 20_000
ROWS_IN_A_PART = 500
LIVE_ITEMS = int(os.environ.get("KINDLINE_BENCH_LIVE_ITEMS", "1000000"))
BUILD_SECONDS = 90.0
DECIDE_SECONDS = 8.0
AT_WORK = 50
CHILD_LIMIT_SECONDS = 900.0


def rows(generator: Generator, count: int) -> Iterator[SnapshotRow]:
    """Those who wait, as rows; the plan is not among them."""
    for number in range(count):
        arrival = generator.arrival(NOW - 3_000.0 + number / count)
        yield InteractionRow(
            received=arrival.received,
            state=InteractionState.QUEUED,
            queued=arrival.queued,
            agent_id="",
            offers=(),
            last_offer_number=0,
            back_offs=(),
            deadline=arrival.queued.deadline,
            units=0,
            state_since=NOW,
            messages=(),
        )
        if number % ROWS_IN_A_PART == 0:
            yield IdentityRow(hour=int(NOW // 3_600), opening=True, identities=generator.dice.randbytes(16 * 500))


def reread(given: Iterable[SnapshotRow]) -> Iterator[SnapshotRow]:
    """The same rows as they come out of the bytes of a snapshot."""
    part: list[SnapshotRow] = []
    for row in given:
        part.append(row)
        if len(part) == ROWS_IN_A_PART:
            yield from _decoded(part)
            part.clear()
    yield from _decoded(part)


def _decoded(part: list[SnapshotRow]) -> tuple[SnapshotRow, ...]:
    value = codec.decode_snapshot(codec.encode(SnapshotPart(part=0, rows=tuple(part))))
    assert isinstance(value, SnapshotPart)
    return value.rows


class PlainShard:
    """The same state as anybody would write it down first: dicts, lists and tuples."""

    def __init__(self, given: Iterable[SnapshotRow]) -> None:
        """Keep all rows, each under every name by which it is looked up."""
        self.interactions: dict[str, dict[str, Any]] = {}
        self.threads: dict[tuple[str, str, str], str] = {}
        self.entered: dict[tuple[str, str, str], dict[str, None]] = {}
        self.due: dict[tuple[int, str, str], float] = {}
        self.timers: list[tuple[float, tuple[int, str, str]]] = []
        self.lines: dict[Any, list[tuple[int, float, int]]] = {}
        self.in_line: dict[int, dict[str, Any]] = {}
        self.seen: set[bytes] = set()
        self.hours: list[bytes] = []
        for row in given:
            if isinstance(row, InteractionRow):
                self._keep(row)
            elif isinstance(row, IdentityRow):
                found = [row.identities[start : start + 16] for start in range(0, len(row.identities), 16)]
                self.seen.update(found)
                self.hours += found

    def _keep(self, row: InteractionRow) -> None:
        kept = plain(row)
        received, queued = row.received, row.queued
        assert queued is not None
        name, number = received.interaction_id, len(self.interactions)
        kept |= {"offers": {}, "back_offs": {}, "messages": [], "sequence": number}
        self.interactions[name] = kept
        self.threads[received.pool, received.account, received.thread] = name
        self.entered[received.pool, received.entry_point, received.thread] = {name: None}
        key = (3, name, "")
        self.due[key] = queued.deadline
        self.timers.append((queued.deadline, key))
        line = self.lines.setdefault((queued.queue, received.channel, queued.needs), [])
        line.append((-queued.priority, queued.waiting_since, number))
        self.in_line[number] = kept


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a row is made of
    """The same values, a dict for each record and a list for each tuple; what is empty is shared, as it is there."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and value:
        return [plain(one) for one in value]
    return value


def resident() -> int:
    """The bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def grow(kind: str, count: int) -> dict[str, float]:
    """What the resident set grows by for each who waits."""

    def hold(number: int) -> Engine | PlainShard:
        generator = Generator(AGENTS)
        given = reread(rows(generator, number))
        if kind == "plain":
            return PlainShard(given)
        engine = Engine(shard_of(POOL, SHARDS), SHARDS)
        engine.restore(_after(PlanAdopted(plan=generator.plan), given), NOW)
        return engine

    hold(1_000)
    gc.collect()
    before = resident()
    held = hold(count)
    gc.collect()
    grown = (resident() - before) / count
    del held
    return {"bytes": grown}


def _after(first: SnapshotRow, others: Iterable[SnapshotRow]) -> Iterator[SnapshotRow]:
    yield first
    yield from others


def stall(count: int) -> dict[str, float]:
    """The longest single hold of the loop, in milliseconds, with so many live."""
    generator = Generator(AGENTS)
    engine = Engine(shard_of(POOL, SHARDS), SHARDS)
    gc.disable()
    began = time.thread_time()
    until = began + BUILD_SECONDS

    def until_late() -> Iterator[SnapshotRow]:
        yield PlanAdopted(plan=generator.plan)
        for row in rows(generator, count):
            yield row
            if time.thread_time() > until:
                return

    engine.restore(until_late(), NOW)
    built = time.thread_time() - began
    live = sum(1 for _ in engine.interactions())
    gc.enable()
    settle()
    deciding = _Deciding(engine, generator)
    longest, decisions = deciding.run(DECIDE_SECONDS)
    collecting = deciding.collecting
    beats = _Beats()
    snapshot = asyncio.run(_snapshot(engine, deciding, beats))
    return {
        "live": live,
        "per_second": live / built,
        "deciding": 1e3 * longest,
        "collecting": 1e3 * collecting,
        "decisions": decisions,
        "snapshot": 1e3 * max(snapshot),
        "moment": 1e3 * snapshot[0],
        "meanwhile": 1e3 * deciding.longest,
        "heartbeat": 1e3 * beats.longest,
        "gigabytes": resident() / 1e9,
    }


async def _snapshot(engine: Engine, deciding: _Deciding, beats: _Beats) -> list[float]:
    """Begin a snapshot and encode it as its owner does, deciding in between: the processor time of each turn of it."""
    deciding.longest = 0.0
    codec.encode(SnapshotPart(part=0))
    began = time.thread_time()
    moment = engine.moment()
    turns = [time.thread_time() - began]
    writing = asyncio.ensure_future(_written(moment))
    beating = asyncio.ensure_future(beats.run())
    while not writing.done():
        began = time.thread_time()
        await asyncio.sleep(0)
        turns.append(time.thread_time() - began)
        deciding.step()
    beating.cancel()
    assert await writing
    return turns


async def _written(moment: Moment) -> int:
    """How many bytes the parts of a snapshot have."""
    return sum([len(part) async for part in encoded_parts(moment)])


class _Beats:
    """A heartbeat of a millisecond in the same loop, by the wall's clock: other processes are in it, too."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self) -> None:
        """Beat until cancelled, and note how long the longest pause was."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.perf_counter() - began)


class _Collector:
    """The processor time that looking for garbage takes."""

    def __init__(self) -> None:
        self._began = self._spent = 0.0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.thread_time()
        else:
            self._spent += time.thread_time() - self._began

    def taken(self) -> float:
        """How long it took since this was last asked."""
        spent, self._spent = self._spent, 0.0
        return spent


class _Deciding:
    """Agents at work on a floor of any size, and the clock on each input."""

    def __init__(self, engine: Engine, generator: Generator) -> None:
        self.centre = Centre()
        self.centre.engine, self.centre.now = engine, NOW + 1.0
        self.generator = generator
        self.longest = 0.0
        self.collecting = 0.0
        """How much of the longest was spent on looking for garbage, in seconds."""
        self.decisions = 0
        self._collector = _Collector()
        self._numbers = 0
        self._agents = [plan.agent_id for plan in generator.plan.agents[:AT_WORK]]

    def run(self, seconds: float) -> tuple[float, int]:
        """Let people come, be served and go for so many seconds; the longest decision, and how many there were."""
        self.centre.at_work(*self._agents)
        self._forget()
        until = time.thread_time() + seconds
        while time.thread_time() < until:
            for _ in self._agents:
                self.step()
            self._forget()
        return self.longest, self.decisions

    def step(self) -> None:
        """Somebody comes, and the next agent in turn finishes what they have and takes what they are offered."""
        agent_id = self._agents[self._numbers % len(self._agents)]
        centre = self.centre
        centre.now += 0.05
        self._numbers += 1
        kind = self.generator.dice.choice(self.generator.kinds)
        self._timed(f"new-{self._numbers}", kind.needs)
        for offer in centre.offers(agent_id):
            self._say(agent_id, a.AcceptOffer(offer_id=offer))
        for row in centre.engine.work_of(POOL, agent_id)[:1]:
            self._say(agent_id, a.CompleteInteraction(interaction_id=row.received.interaction_id))

    def _timed(self, thread: str, needing: Needs) -> None:
        began = time.thread_time()
        self.centre.arrives(thread, needing=needing)
        self._note(time.thread_time() - began)

    def _say(self, agent_id: str, command: a.Command) -> None:
        began = time.thread_time()
        self.centre.says(agent_id, command, session=f"{agent_id}-1")
        self._note(time.thread_time() - began)

    def _note(self, spent: float) -> None:
        collecting = self._collector.taken()
        if spent > self.longest:
            self.longest, self.collecting = spent, collecting
        self.decisions += 1

    def _forget(self) -> None:
        assert any(isinstance(fact, OfferIssued) for _, facts in self.centre.log for fact in facts)
        self.centre.log.clear()
        self.centre.inputs.clear()


def child(*words: str) -> dict[str, float]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.memory", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CHILD_LIMIT_SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure() -> Figures:
    """Both sides' memory in turn, then the stalls."""
    ours, plains = [], []
    for number in range(ROUNDS):
        # Each round at another size: a hash table that has just doubled would favour one side.
        count = str(GROWN_BY + 3_000 * number)
        ours.append(child("engine", count)["bytes"])
        plains.append(child("plain", count)["bytes"])
        say(f"round {number + 1} of {ROUNDS}: {ours[-1]:,.0f} bytes beside {plains[-1]:,.0f}")
    found = child("stall", str(LIVE_ITEMS))
    say(f"{found['live']:,.0f} live items at {found['per_second']:,.0f} a second, {found['gigabytes']:.1f} GB")
    say(f"the longest of {found['decisions']:,.0f} decisions took {found['deciding']:.1f} ms")
    say(f"of which the collector took {found['collecting']:.1f} ms")
    say(f"a snapshot began in {found['moment']:.1f} ms, and meanwhile none took over {found['meanwhile']:.1f} ms")
    return {
        "memory_ratio": spread([one / other for one, other in zip(ours, plains, strict=True)], "x"),
        "memory_ours": spread(ours, "bytes"),
        "memory_plain": spread(plains, "bytes"),
        "stall_deciding": spread([max(found["deciding"], found["meanwhile"])], "ms"),
        "stall_snapshot": spread([found["snapshot"]], "ms"),
        "stall_heartbeat_by_the_wall": spread([found["heartbeat"]], "ms"),
        "stall_live_items": spread([found["live"]], "items"),
        "stall_built_per_second": spread([found["per_second"]], "items/s"),
    }


if __name__ == "__main__":
    what, size = sys.argv[1], int(sys.argv[2])
    print(json.dumps(stall(size) if what == "stall" else grow(what, size)))
