"""How far a simulated mean may lie from the truth: batch means, and Student's quantile for as many batches.

The tolerance of every comparison comes from here, out of the run itself; none is chosen to let a test pass. A right
engine strays beyond it once in a thousand comparisons; the lots are seeded, so a comparison that held once holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import mean, stdev
from typing import TypeVar

from tests.domain.theory.queueing_system import Customer, Level, Run

BATCHES = 20
STUDENT_19 = 3.8834
"""Student's t with 19 degrees of freedom leaves one in a thousand outside, both sides together."""
MOST_MEMORY = 0.9

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Interval:
    """What a run says of a figure."""

    middle: float
    half_width: float

    def holds(self, truth: float, *, give: float = 0.0) -> bool:
        """Whether the truth is within; `give` is what is not known of the truth itself."""
        return abs(self.middle - truth) <= self.half_width + give

    def __str__(self) -> str:
        """The figure with its half-width."""
        return f"{self.middle:.5g} +- {self.half_width:.2g}"


def batches(items: Sequence[Item]) -> list[Sequence[Item]]:
    """Twenty stretches of equal length; what is left over at the end is left out."""
    size = len(items) // BATCHES
    return [items[k * size : (k + 1) * size] for k in range(BATCHES)]


def interval(values: Sequence[float]) -> Interval:
    """The interval from one value for each batch, wider where neighbouring batches still remember each other."""
    middle = mean(values)
    memory = sum((one - middle) * (other - middle) for one, other in pairwise(values))
    spread = sum((value - middle) ** 2 for value in values)
    # A line that forgets by this factor from batch to batch has a mean that strays so much further.
    factor = min(max(memory / spread, 0.0), MOST_MEMORY) if spread else 0.0
    widening = sqrt((1 + factor) / (1 - factor))
    return Interval(middle, STUDENT_19 * widening * stdev(values) / sqrt(len(values)))


def share_of(run: Run, is_so: Callable[[Customer], float], among: Callable[[Customer], bool]) -> Interval:
    """The mean of a figure over those customers who are among the ones meant.

    A ratio of two means: each batch gives its deviation from the whole ratio (the delta method), so that a batch with
    few of those meant weighs no more than it should.
    """
    counted = run.counted
    meant = [[is_so(customer) for customer in batch if among(customer)] for batch in batches(counted)]
    whole = sum(map(sum, meant)) / max(sum(map(len, meant)), 1)
    per_batch = sum(map(len, meant)) / BATCHES or 1.0
    return interval([whole + (sum(batch) - whole * len(batch)) / per_batch for batch in meant])


def mean_of(run: Run, figure: Callable[[Customer], float]) -> Interval:
    """The mean of a figure over all customers."""
    return share_of(run, figure, lambda _: True)


def level_of(run: Run, level: Level) -> tuple[Interval, Interval]:
    """The mean over time of a number, and its variance."""
    marks = run.marks(level)
    size = (len(marks) - 1) // BATCHES
    ends = [marks[k * size] for k in range(BATCHES + 1)]
    seconds = [after[0] - before[0] for before, after in pairwise(ends)]
    areas = [after[1] - before[1] for before, after in pairwise(ends)]
    squares = [after[2] - before[2] for before, after in pairwise(ends)]
    middle, length = sum(areas) / sum(seconds), sum(seconds) / BATCHES
    spread = sum(squares) / sum(seconds) - middle**2
    means = [middle + (area - middle * second) / length for area, second in zip(areas, seconds, strict=True)]
    # The variance's own deviations: of the square, less what the mean's deviation carries into it.
    spreads = [
        spread + (square - 2 * middle * area + (middle**2 - spread) * second) / length
        for square, area, second in zip(squares, areas, seconds, strict=True)
    ]
    return interval(means), interval(spreads)


def occupancy_of(run: Run, agents: int) -> Interval:
    """The share of agents' time that is work, each customer's work told to the batch in which they came."""
    parts = batches(run.counted)
    starts = [part[0].arrived_at for part in parts]
    ends = [*starts[1:], parts[-1][-1].arrived_at]
    seconds = [end - start for start, end in zip(starts, ends, strict=True)]
    work = [sum(customer.work for customer in part) for part in parts]
    whole, length = sum(work) / sum(seconds) / agents, sum(seconds) / BATCHES
    return interval([whole + (w - whole * agents * s) / (agents * length) for w, s in zip(work, seconds, strict=True)])
