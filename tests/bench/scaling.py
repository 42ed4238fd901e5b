"""How the cost of one decision grows with the floor: the slope of its median, both as logarithms, over several sizes.

A decision is what the bench of the matcher counts as one, and its picks are checked like there. All floors of one
question stand side by side and are asked in turn, round after round, so that a busy machine is busy for every size.
Where agents or queues vary, 20,000 wait; where those who wait vary, 1,000 agents work. Every agent serves every queue.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable

from tests.bench.figures import Figures, exponent, say, settle, spread
from tests.bench.live_floor import LiveFloor
from tests.bench.whole import AgentFrees, Arrives

ROUNDS = 5
SAMPLES = 600
WAITING = (1_000, 3_000, 10_000, 30_000, 100_000)
AGENTS = (100, 300, 1_000, 3_000, 10_000)
QUEUES = (1, 10, 100, 1_000)
USUAL_AGENTS = 1_000
USUAL_WAITING = 20_000

Timed = Callable[[int], list[int]]


def frees(agents: int, waiting: int, queues: int = 1) -> Timed:
    """Agents who free on a floor of this size, each decision's nanoseconds."""
    bench = AgentFrees(LiveFloor(agents, waiting, queues=queues))
    _collect(bench.timed, 2 * agents)
    return bench.timed


def arrives(agents: int) -> Timed:
    """Arrivals on a floor of this size of which four fifths are busy, each decision's nanoseconds."""
    bench = Arrives(LiveFloor(agents, 0, occupied=0.8))
    bench.first_seen()
    block = max(5, agents // 50)

    def timed(_: int) -> list[int]:
        return bench.timed(block)

    _collect(timed, SAMPLES)
    return timed


def slope(name: str, floors: dict[int, Timed]) -> Figures:
    """The exponent of each round, and the median cost at the smallest and the largest size."""
    settle()
    slopes: list[float] = []
    costs: dict[int, list[float]] = {size: [] for size in floors}
    for _ in range(ROUNDS):
        for size, timed in floors.items():
            costs[size].append(statistics.median(_collect(timed, SAMPLES)) / 1e3)
        slopes.append(exponent({size: found[-1] for size, found in costs.items()}))
    table = ", ".join(f"{size:,}: {statistics.median(found):.1f} us" for size, found in costs.items())
    say(f"{name}: exponent {statistics.median(slopes):.2f} ({table})")
    return {
        f"{name}_exponent": spread(slopes, "slope"),
        f"{name}_smallest": spread(costs[min(costs)], "us"),
        f"{name}_largest": spread(costs[max(costs)], "us"),
    }


def _collect(timed: Timed, count: int) -> list[int]:
    samples: list[int] = []
    while len(samples) < count:
        samples += timed(count)
    return samples


def measure() -> Figures:
    """Four questions, one after the other."""
    figures = slope("frees_by_waiting", {size: frees(USUAL_AGENTS, size) for size in WAITING})
    gc.unfreeze()
    figures |= slope("frees_by_agents", {size: frees(size, USUAL_WAITING) for size in AGENTS})
    gc.unfreeze()
    figures |= slope("arrives_by_agents", {size: arrives(size) for size in AGENTS})
    gc.unfreeze()
    figures |= slope("frees_by_queues", {size: frees(USUAL_AGENTS, USUAL_WAITING, size) for size in QUEUES})
    gc.unfreeze()
    return figures
