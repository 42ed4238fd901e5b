"""How a bench tells what it found: {value, min, max, unit}, the median of its rounds first."""

from __future__ import annotations

import gc
import math
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

Figures = dict[str, dict[str, Any]]


def spread(values: Sequence[float], unit: str) -> dict[str, Any]:
    """The median of some values, with minimum and maximum; nothing when there are none."""
    if not values:
        return {"value": None, "min": None, "max": None, "unit": unit}
    return {"value": statistics.median(values), "min": min(values), "max": max(values), "unit": unit}


def percentile(samples: Sequence[float], share: float) -> float:
    """The sample below which this share of the samples lies."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def exponent(costs: dict[int, float]) -> float:
    """The slope of cost over size, both as logarithms, by least squares: 0 is flat, 1 is in proportion."""
    sizes = [math.log(size) for size in costs]
    logarithms = [math.log(cost) for cost in costs.values()]
    return statistics.linear_regression(sizes, logarithms).slope


def settle() -> None:
    """As the service does after its start: spare what is there from every later collection."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def clock_cost() -> int:
    """Nanoseconds that asking the thread's clock twice adds to what lies between."""
    asked = []
    for _ in range(2_000):
        before = time.thread_time_ns()
        asked.append(time.thread_time_ns() - before)
    return int(statistics.median(asked))


def say(words: str) -> None:
    """One line to whoever watches."""
    sys.stderr.write(f"  {words}\n")
    sys.stderr.flush()
