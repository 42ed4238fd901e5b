"""How far the slow decisions of agents who free lie from the usual ones, and how much of that is their own.

A floor is built again and again from one seed, so that each replay makes the same decisions in the same order, and
nothing else is done between them: no scan, no other bench. `alone` is what the slow ones of a replay took. `own` goes
by the least that each decision took in any replay: one that has more to do takes longer in all of them, while what the
machine adds, the tick of its clock or a neighbour in the caches, falls upon other decisions each time.

(On the machine of the README the clock ticks every 4 ms, which takes 70 to 120 us in the midst of a decision of 20 us.
Of the 61 slowest in a hundred 32 had such a tick within, and one decision only that had one was not among them.)
"""

from __future__ import annotations

import gc

from tests.bench.decisions import FreesAlone
from tests.bench.figures import Figures, percentile, say, settle, spread
from tests.bench.live_floor import LiveFloor
from tests.bench.whole import BLOCK, AgentFrees

REPLAYS = 7
BLOCKS = 2

Replays = list[list[int]]
"""Nanoseconds of each decision, replay by replay."""


def replays(agents: int, waiting: int) -> dict[str, Replays]:
    """The same decisions on a floor of this size, as often as it takes to tell what is theirs."""
    found: dict[str, Replays] = {"whole": [], "decision": []}
    for _ in range(REPLAYS):
        floor = LiveFloor(agents, waiting)
        benches = {"whole": AgentFrees(floor), "decision": FreesAlone(floor)}
        benches["whole"].warm(3 * agents)
        settle()
        for name, bench in benches.items():
            found[name].append([sample for _ in range(BLOCKS) for sample in bench.timed(BLOCK)])
        del floor, benches, bench
        gc.unfreeze()
        gc.collect()
    return found


def told(name: str, found: Replays) -> Figures:
    """The figures of one kind of decision. Raises ValueError when two replays did not make as many of them."""
    own = [min(each) for each in zip(*found, strict=True)]
    p50, p99 = percentile(own, 0.5), percentile(own, 0.99)
    say(f"{name}: the slow ones take {p99 / p50:.2f} times as long by themselves, in {len(own):,} decisions")
    return {
        f"{name}_alone_p99_over_p50": spread([percentile(one, 0.99) / percentile(one, 0.5) for one in found], "x"),
        f"{name}_own_p50": spread([p50 / 1e3], "us"),
        f"{name}_own_p99": spread([p99 / 1e3], "us"),
        f"{name}_own_p99_over_p50": spread([p99 / p50], "x"),
    }


def frees(size: str, agents: int, waiting: int) -> Figures:
    """Agents who free, on a floor of this size."""
    figures: Figures = {}
    for row, found in replays(agents, waiting).items():
        figures |= told(f"frees_{size}_{row}", found)
    return figures
