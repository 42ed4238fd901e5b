"""What queueing theory says of a queue with Poisson arrivals, exponential service and exponential patience, two ways.

`by_series` follows Erlang and Palm: a recursion, a series and one integral. `by_chain` knows none of that: it counts
customers, balances the flows, and follows one customer through the line. Who trusts neither may compare them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf

ENOUGH = 1e-15
STEPS = 2_000


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue with n agents; times in seconds."""

    per_hour: float
    service_seconds: float
    agents: int
    patience_seconds: float = inf
    """Mean; infinite: nobody leaves, and the agents must suffice (Erlang C)."""

    @property
    def arrival(self) -> float:
        """Arrivals a second."""
        return self.per_hour / 3_600

    @property
    def departure(self) -> float:
        """Services a second with everybody busy."""
        return self.agents / self.service_seconds

    @property
    def leaving(self) -> float:
        """How often a second one who waits gives up."""
        return 1 / self.patience_seconds

    @property
    def load(self) -> float:
        """Agents that the work would keep busy if nobody left."""
        return self.arrival * self.service_seconds


@dataclass(frozen=True, slots=True)
class Answers:
    """What a queue does in the long run; shares are of all who arrive."""

    waits: float
    leaves: float
    mean_wait: float
    """Of all who arrive, in seconds."""
    answered_within: float
    """Answered within the target. In any other order than first come, first served it is another number."""
    occupancy: float


def blocking(load: float, agents: int) -> float:
    """Erlang's B, by its recursion."""
    found = 1.0
    for k in range(1, agents + 1):
        found = load * found / (k + load * found)
    return found


def by_series(queue: Queue, target: float) -> Answers:
    """Erlang C where nobody leaves, else Erlang A."""
    return _erlang_a(queue, target) if queue.leaving else _erlang_c(queue, target)


def _erlang_c(queue: Queue, target: float) -> Answers:
    n, load = queue.agents, queue.load
    b = blocking(load, n)
    waits = b / (1 - load / n * (1 - b))
    rate = (n - load) / queue.service_seconds
    return Answers(waits, 0.0, waits / rate, 1 - waits * exp(-rate * target), load / n)


def _erlang_a(queue: Queue, target: float) -> Answers:
    n, theta = queue.agents, queue.leaving
    x, y = queue.departure / theta, queue.arrival / theta
    a, term, j = 1.0, 1.0, 0
    while term > ENOUGH * a:
        j += 1
        term *= y / (x + j)
        a += term
    b, rho = blocking(queue.load, n), queue.load / n
    waits = a * b / (1 + (a - 1) * b)
    leaves = waits * (1 / (rho * a) + 1 - 1 / rho)

    # The line that an endlessly patient customer meets ends at w with this density (Palm); `ahead` is its integral's
    # exponent, so the density needs no factor but the one that makes it whole: `waits`.
    def density(w: float) -> float:
        return exp(y * (1 - exp(-theta * w)) - queue.departure * w)

    whole = waits / _integral(density, 60 / queue.departure + 20 * queue.patience_seconds / x)
    in_line = whole * _integral(lambda w: exp(-theta * w) * density(w), target)
    return Answers(waits, leaves, leaves / theta, 1 - waits + in_line, rho * (1 - leaves))


def _integral(of: Callable[[float], float], until: float) -> float:
    """Simpson's rule."""
    step = until / STEPS
    inner = sum((4 if k % 2 else 2) * of(k * step) for k in range(1, STEPS))
    return (of(0.0) + inner + of(until)) * step / 3


def by_chain(queue: Queue, target: float) -> Answers:
    """The same from the numbers present alone: a birth-death chain, cut off where nobody comes to."""
    n = queue.agents
    shares = _present(queue)
    waits = sum(shares[n:])
    line = sum((k - n) * share for k, share in enumerate(shares) if k > n)
    busy = sum(min(k, n) * share for k, share in enumerate(shares))
    answered_within = 1 - waits + _served_from_line(queue, shares[n:], target)
    return Answers(waits, line * queue.leaving / queue.arrival, line / queue.arrival, answered_within, busy / n)


def _present(queue: Queue) -> list[float]:
    """The share of time with k customers present, from k = 0."""
    found = [1.0]
    while len(found) <= queue.agents or found[-1] > ENOUGH * max(found):
        k = len(found)
        out = min(k, queue.agents) / queue.service_seconds + max(k - queue.agents, 0) * queue.leaving
        found.append(found[-1] * queue.arrival / out)
    whole = sum(found)
    return [share / whole for share in found]


def _served_from_line(queue: Queue, ahead: list[float], target: float) -> float:
    """The share of those who find so many ahead of them and are answered within the target.

    Uniformization: a clock ticks faster than anything can happen; at each tick the next thing happens, or nothing.
    """
    leaving = queue.leaving
    tick = queue.departure + (len(ahead) + 1) * leaving
    line, served, found = list(ahead), 0.0, 0.0
    weight, k, total = exp(-tick * target), 0, 0.0
    while total < 1 - ENOUGH and k < STEPS:
        found += weight * served
        total += weight
        served += line[0] * queue.departure / tick
        moved = [0.0] * len(line)
        for j, share in enumerate(line):
            forward = queue.departure + j * leaving
            moved[j] += share * (1 - (forward + leaving) / tick)
            if j:
                moved[j - 1] += share * forward / tick
        line = moved
        k += 1
        weight *= tick * target / k
    return found
