"""The matcher beside a naive scan that makes the identical choice, both in one process on one state.

Two rows of figures for each question, measured in turn on the same floor, every pick compared: `decision` is what the
published prototypes time, the choice and its leaving the line (see `decisions`); `whole` is that with all that an agent
and a line remember of it (see `whole`).

How far the slow decisions lie from the usual ones tells of the machine as well, whose processors others share: beside
it stands the same of a loop that takes as long, and does the same each time. (A kernel whose timer ticks 250 times a
second interrupts one in 160 decisions of 25 us; at 1,000 times one in 40.) How much of it is the decisions' own is told
by replays of their own (see `tail`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from kindline.language.queue_rules import AgentChoice
from tests.bench import tail
from tests.bench.decisions import ArrivesAlone, FreesAlone
from tests.bench.figures import Figures, percentile, say, settle, spread
from tests.bench.live_floor import LiveFloor
from tests.bench.whole import BLOCK, AgentFrees, Arrives

ROUNDS = 5
WAITING = 100_000
NAIVE_FREES = 8
NAIVE_ARRIVALS = 40
STEADY_STEPS = 300


@dataclass(slots=True)
class Found:
    """One bench's rounds: seconds for each decision of either side, and each timed decision of ours in nanoseconds."""

    ours: list[float] = field(default_factory=list)
    naive: list[float] = field(default_factory=list)
    samples: list[list[int]] = field(default_factory=list)
    steady: list[list[int]] = field(default_factory=list)
    first_seen: list[float] = field(default_factory=list)
    compared: int = 0

    def add(self, naive: float, ours: float, samples: list[int], *, compared: int) -> None:
        """One round more, and beside its decisions as many of a loop that takes as long."""
        self.naive.append(naive)
        self.ours.append(ours)
        self.samples.append(samples)
        self.steady.append(steady(BLOCK, percentile(samples, 0.5)))
        self.compared += compared + len(samples)

    @property
    def ratios(self) -> list[float]:
        """How many times as long the naive scan takes, round by round."""
        return [naive / ours for naive, ours in zip(self.naive, self.ours, strict=True)]


def steady(times: int, lasting: float) -> list[int]:
    """Nanoseconds of each of so many loops that all do the same for about so long: what the machine adds to any."""
    steps = round(STEADY_STEPS * lasting / percentile([_loop(STEADY_STEPS) for _ in range(100)], 0.5))
    return [_loop(steps) for _ in range(times)]


def _loop(steps: int) -> int:
    began, total = time.thread_time_ns(), 0
    for step in range(steps):
        total += step
    return time.thread_time_ns() - began


def agent_frees(agents: int, waiting: int = WAITING) -> dict[str, Found]:
    """Rounds of agents who free, on a floor of this size."""
    floor = LiveFloor(agents, waiting)
    benches = {"whole": AgentFrees(floor), "decision": FreesAlone(floor)}
    rows = {name: Found() for name in benches}
    benches["whole"].warm(3 * agents)
    settle()
    for _ in range(ROUNDS):
        for name, bench in benches.items():
            naive, few = bench.naive(NAIVE_FREES)
            ours, many = bench.block(BLOCK)
            rows[name].add(naive, ours, bench.timed(BLOCK), compared=few + many)
    return rows


def arrives(agents: int, choice: AgentChoice = AgentChoice.LEAST_WORK) -> dict[str, Found]:
    """Rounds of arrivals, on a floor of this size where four fifths of the agents have no room."""
    floor = LiveFloor(agents, 0, occupied=0.8, choice=choice)
    benches = {"whole": Arrives(floor), "decision": ArrivesAlone(floor)}
    rows = {name: Found() for name in benches}
    block = max(20, agents // 50)
    rows["whole"].first_seen = benches["whole"].first_seen()
    for _ in range(BLOCK // block):
        benches["whole"].block(block)
    settle()
    for _ in range(ROUNDS):
        for name, bench in benches.items():
            naive, ours = bench.naive(NAIVE_ARRIVALS), bench.block(block)
            rows[name].add(naive, ours, bench.timed(block), compared=NAIVE_ARRIVALS + block)
    return rows


def told(name: str, found: Found) -> Figures:
    """One bench's figures."""
    p50 = [percentile(samples, 0.5) / 1e3 for samples in found.samples]
    p99 = [percentile(samples, 0.99) / 1e3 for samples in found.samples]
    figures = {
        f"{name}_ratio": spread(found.ratios, "x"),
        f"{name}_naive": spread([1e3 * seconds for seconds in found.naive], "ms"),
        f"{name}_ours": spread([1e6 * seconds for seconds in found.ours], "us"),
        f"{name}_p50": spread(p50, "us"),
        f"{name}_p99": spread(p99, "us"),
        f"{name}_p99_over_p50": spread([high / low for high, low in zip(p99, p50, strict=True)], "x"),
        f"{name}_steady_p99_over_p50": spread(
            [percentile(samples, 0.99) / percentile(samples, 0.5) for samples in found.steady], "x"
        ),
    }
    say(f"{name}: {figures[f'{name}_ratio']['value']:,.0f} times; {found.compared:,} picks compared, none differs")
    return figures


def measure() -> Figures:
    """Agents who free at two sizes of floor, then arrivals."""
    figures: Figures = {}
    for size, agents in (("1k", 1_000), ("10k", 10_000)):
        for row, found in agent_frees(agents).items():
            figures |= told(f"frees_{size}_{row}", found)
        figures |= tail.frees(size, agents, WAITING)
    arrivals = arrives(10_000)
    figures["kind_first_seen"] = spread([1e3 * seconds for seconds in arrivals["whole"].first_seen], "ms")
    for row, found in arrivals.items():
        figures |= told(f"arrives_10k_{row}", found)
    # The rule by which the published prototypes chose; what a queue goes by unless it says otherwise is least work.
    for row, found in arrives(10_000, AgentChoice.LONGEST_IDLE).items():
        figures |= told(f"arrives_10k_idle_{row}", found)
    return figures
