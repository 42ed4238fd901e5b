"""One seeded run: owners, standbys and zombies on a faulty ledger, and afterwards an oracle that reads the log.

The oracle knows nothing but the reading rule. What it looks for: an input without its effect or with two, a batch that
was acted on and does not count, a decision from another state than the log's, a state or a snapshot that is not the
log's.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from kindline.language.facts import InputRejected, ReplicaSeen, Resumed
from kindline.language.log import DecisionBatch
from kindline.language.reading import Reading, Verdict, read
from kindline.ledger.codec import decode_decision
from kindline.ledger.owned.core import OwnedSettings
from kindline.ledger.owned.feed import InputFeed
from kindline.ledger.owned.log import OwnedLog
from kindline.ledger.owned.means import Means
from kindline.ledger.owned.owner import Owner
from kindline.ledger.owned.snapshotting import Snapshotting
from kindline.ledger.port import Partition
from kindline.ledger.snapshots import newest_whole
from kindline.ledger.topics import AGENTS, DECISIONS, INTERACTIONS, PLAN
from tests.contract.owned.counting import TICK, CountingCore, decoded
from tests.contract.owned.faulty_ledger import EPOCH, Broker, FaultyLedger, Odds
from tests.contract.owned.virtual_time import Program, VirtualLoop, in_virtual_time

SETTINGS = OwnedSettings(snapshot_seconds=3.0, snapshot_facts=15)
STORM_SECONDS = 25.0
CALM_LIMIT = 60.0
INPUTS = 100
SECONDS_PER_ROW = 0.02
"""So long does it take to restore a row: in the end two to three seconds, more than a standby's patience."""
SHARD = 0
LOG = Partition(DECISIONS, SHARD)


@dataclass(frozen=True, slots=True)
class Variant:
    """The code under test: the real one, or one of the mutants that the run must catch."""

    owner: type[Owner[str]] = Owner
    snapshotting: type[Snapshotting[str]] = Snapshotting


@dataclass(slots=True)
class Acted:
    """One batch that a process acted on."""

    program: str
    seq: int
    offset: int
    batch: DecisionBatch


class VirtualClock:
    """Business time is the run's own."""

    accelerated = False

    def now(self) -> float:
        """Time since the epoch of the run."""
        return EPOCH + asyncio.get_running_loop().time()

    def system_seconds(self, business_seconds: float) -> float:
        """The same."""
        return business_seconds


@dataclass
class World:
    """Two hosts, each with a router that is started again when it dies or seems to."""

    seed: int
    variant: Variant
    bad: list[str] = field(default_factory=list)
    acted: list[Acted] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    running: dict[str, tuple[Program, OwnedLog[str]]] = field(default_factory=dict)
    names: int = 0
    reached: Counter[str] = field(default_factory=Counter)

    async def run(self) -> None:
        """A storm, a calm, and the oracle."""
        self.random = Random(self.seed)
        self.broker = Broker(self.random)
        self.broker.assigned = {SHARD: "host-0"}
        for host in ("host-0", "host-1"):
            self.start(host)
        await asyncio.gather(self._inputs(), self._storm())
        await self._calm()
        await self._judge()
        for program, _ in self.running.values():
            program.kill()

    # What happens.

    def start(self, host: str) -> None:
        """Start a router on a host; one that is there already goes on, as a zombie nobody watches."""
        self.names += 1
        program = Program(f"{host}/{self.names}")
        ledger = FaultyLedger(self.broker, host)
        feed = InputFeed(ledger, ((PLAN,), (INTERACTIONS, AGENTS)), decoded)

        def on_counted(_: int, batch: DecisionBatch, offset: int) -> None:
            self.acted.append(Acted(program.name, batch.seq, offset, batch))

        means = Means[str](
            ledger=ledger,
            clock=VirtualClock(),
            core_for=lambda _: CountingCore(restore_a_row),
            feed=feed,
            on_counted=on_counted,
            member=host,
            settings=SETTINGS,
            fresh_id=lambda: f"{self.random.getrandbits(64):016x}",
            counts=self.counts,
        )
        owned = OwnedLog(means, 1, self.variant.owner, self.variant.snapshotting)
        self.running[host] = (program, owned)
        program.start(feed.run())
        program.start(owned.run())

    async def _inputs(self) -> None:
        for number in range(INPUTS):
            await asyncio.sleep(self.random.expovariate(INPUTS / STORM_SECONDS))
            topic = self.random.choice((INTERACTIONS, INTERACTIONS, AGENTS, PLAN))
            name = f"{number}-poison" if self.random.random() < 0.03 else str(number)
            self.broker.land(Partition(topic, SHARD), None, name.encode())

    async def _storm(self) -> None:
        loop = asyncio.get_running_loop()
        weather: list[Callable[[str], None]] = [self._crash, self._pause, self._replace, self._rebalance]
        weather += [self._crash, self._pause, self._stop, self._away]
        shortest, longest = 0.3, 2.5
        if self.seed % 3 == 2:  # A crowd: two living routers on each host, and the group changes its mind.
            for host in ("host-0", "host-1"):
                self.start(host)
            weather = [self._rebalance, self._rebalance, self._rebalance, self._replace]
            shortest, longest = 2.0, 4.0
            self.broker.odds.slow = 0.4
        while loop.time() < STORM_SECONDS:
            await asyncio.sleep(self.random.uniform(shortest, longest))
            self.random.choice(weather)(self.random.choice(("host-0", "host-1")))

    def _crash(self, host: str) -> None:
        self._kill(host)
        asyncio.get_running_loop().call_later(self.random.uniform(0.1, 3.0), self._start_if_dead, host)

    def _kill(self, host: str) -> None:
        program, owned = self.running[host]
        owned.stop()
        program.kill()

    def _start_if_dead(self, host: str) -> None:
        program, owned = self.running[host]
        if program.dead or owned.stopped:
            self.start(host)

    def _pause(self, host: str) -> None:
        program, _ = self.running[host]
        program.pause()
        asyncio.get_running_loop().call_later(self.random.uniform(0.5, 6.0), program.resume)

    def _replace(self, host: str) -> None:
        """The supervisor takes a paused router for dead and starts another beside it."""
        old, _ = self.running[host]
        self._pause(host)
        asyncio.get_running_loop().call_later(12.0, old.kill)
        self.start(host)

    def _rebalance(self, host: str) -> None:
        if self.broker.assigned[SHARD] == host:
            host = "host-1" if host == "host-0" else "host-0"
        self.broker.assigned = {SHARD: host}
        self.broker.generation += 1

    def _stop(self, host: str) -> None:
        _, owned = self.running[host]
        owned.stop()
        asyncio.get_running_loop().call_later(self.random.uniform(0.5, 3.0), self._start_if_dead, host)

    def _away(self, host: str) -> None:
        self.broker.away = True
        asyncio.get_running_loop().call_later(self.random.uniform(0.3, 4.0), self._back)

    def _back(self) -> None:
        self.broker.away = False

    async def _calm(self) -> None:
        """Everything works again; wait until every input has its effect and both routers have seen it."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(10.0)
        self.broker.odds, self.broker.away = Odds(0, 0, 0, 0, 0), False
        for host in ("host-0", "host-1"):
            self._start_if_dead(host)
        until = loop.time() + CALM_LIMIT
        while loop.time() < until and not self._settled():
            await asyncio.sleep(1.0)
        if not self._settled():
            self.bad.append("the calm did not help: inputs are still without effect")

    def _settled(self) -> bool:
        """Whether all inputs have had their effect and both routers stand near the log's end."""
        effects = self._effects()
        end = len(self.broker.log(LOG))
        views = [owned.shards[SHARD].view for _, owned in self.running.values()]
        return sum(effects.values()) >= INPUTS and all(end - view.next_offset <= 2 for view in views)

    # The oracle.

    def _counting(self) -> dict[int, DecisionBatch]:
        """Offset to batch, for those that count."""
        reading, counting = Reading(), dict[int, DecisionBatch]()
        for record in self.broker.log(LOG):
            decision = decode_decision(record.value or b"")
            reading, verdict = read(reading, decision)
            if verdict is Verdict.COUNTS and isinstance(decision, DecisionBatch):
                counting[record.offset] = decision
        return counting

    def _effects(self) -> Counter[str]:
        effects: Counter[str] = Counter()
        for batch in self._counting().values():
            for fact in batch.facts:
                if isinstance(fact, ReplicaSeen) and not fact.replica_id.startswith(TICK):
                    effects[fact.replica_id.partition("#")[0]] += 1
                elif isinstance(fact, InputRejected):
                    effects[fact.input.topic] += 1
        return effects

    def _judge_gaps(self, counting: dict[int, DecisionBatch]) -> None:
        """Time without decisions is stated in full, by whoever decides next, however many tried before."""
        last, owners = 0.0, set[str]()
        for batch in counting.values():
            resumed = [fact.gap_seconds for fact in batch.facts if isinstance(fact, Resumed)]
            if resumed:
                self.reached["built anew with heartbeats"] += batch.owner in owners
                owners.add(batch.owner)
                if last and abs(resumed[0] - (batch.decided_at - last)) > 0.001:
                    self.bad.append(f"a gap of {batch.decided_at - last:.2f} s is stated as {resumed[0]:.2f} s")
            elif batch.owner not in owners:
                self.reached["heartbeats before the first decision"] += 1
                continue
            last = batch.decided_at

    async def _judge(self) -> None:
        counting, effects = self._counting(), self._effects()
        self._judge_gaps(counting)
        failures, refusals = self.counts["state_rebuilds"], self.counts["inputs_rejected"]
        self.reached["ended between a failure and its refusal"] = failures - refusals
        names = {name.partition("-")[0] for name in effects}
        self.bad += [f"input {name} is lost" for name in map(str, range(INPUTS)) if name not in names]
        self.bad += [f"input {name} has {count} effects" for name, count in effects.items() if count != 1]
        numbers = [name.partition("#")[2] for name, _ in self._replayed(counting, len(self.broker.log(LOG))).seen]
        if numbers != [str(number) for number in range(len(numbers))]:
            self.bad.append("something was decided from a state that is not the log's")
        for acted in self.acted:
            if counting.get(acted.offset) != acted.batch:
                self.bad.append(f"{acted.program} acted on step {acted.seq} at {acted.offset}, which does not count")
        for program, owned in self.running.values():
            view = owned.shards[SHARD].view
            if view.core.rows() != self._replayed(counting, view.next_offset).rows():
                self.bad.append(f"the state of {program.name} is not its log's")
        whole = await newest_whole(FaultyLedger(self.broker, "oracle"), SHARD)
        if whole and list(whole.rows) != self._replayed(counting, whole.manifest.next_offset).rows():
            self.bad.append("the newest snapshot is of a state that never counted")

    def _replayed(self, counting: dict[int, DecisionBatch], before: int) -> CountingCore:
        core = CountingCore()
        for offset, batch in counting.items():
            if offset < before:
                core.apply(batch.facts, batch.decided_at)
        return core


def restore_a_row() -> None:
    """Be busy for as long as a row takes."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.work(SECONDS_PER_ROW)


def run_seed(seed: int, variant: Variant) -> World:
    """The run of one seed; `bad` says what went wrong in it."""
    world = World(seed, variant)
    in_virtual_time(world.run)
    return world
