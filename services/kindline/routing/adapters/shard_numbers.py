"""What the shard loop tells Prometheus: how long decisions take, how old inputs are, how far behind it is, what broke.

Promises SREs that `invariant_violations_total` shows every invariant from the start, at 0, so that an alert on
it cannot be fooled by a series that is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from kindline.routing.domain.invariants import INVARIANTS
from kindline.runtime.clock import SystemClock
from kindline.runtime.metrics import Metrics

DECISION_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0)


class Gauges(Protocol):
    """What the loop reports to; a test may count for itself."""

    def decided(self, seconds: float) -> None:
        """One input was decided, in so many seconds of system time."""

    def arrived(self, appended_at: float) -> None:
        """An input was read that the broker appended at this time of the wall."""


class ShardNumbers:
    """The numbers of one process's shards."""

    def __init__(self, metrics: Metrics) -> None:
        """Declare them."""
        self._wall = SystemClock().wall
        self._decision = metrics.histogram(
            "decision_seconds", "How long the engine takes for one input, in system time.", (), DECISION_BUCKETS
        )
        self._age = metrics.gauge("event_age_seconds", "How old the last input was when it was read, in system time.")
        self._lag = metrics.gauge(
            "consumer_lag_records", "Records of the input topics that the owned shards have not decided yet."
        )
        self._violations = metrics.counter(
            "invariant_violations_total", "Facts that broke an invariant of the design; must read 0.", ("invariant",)
        )
        for invariant in INVARIANTS:
            self._violations.labels(invariant)
        self._seen: Counter[tuple[int, str]] = Counter()

    def decided(self, seconds: float) -> None:
        """One input was decided, in so many seconds of system time."""
        self._decision.observe(seconds)

    def arrived(self, appended_at: float) -> None:
        """An input was read that the broker appended at this time of the wall."""
        self._age.set(max(0.0, self._wall() - appended_at))

    def behind(self, records: int) -> None:
        """So many inputs wait in the ledger."""
        self._lag.set(records)

    def broken(self, shard: int, violations: Mapping[str, int]) -> None:
        """Take over what a shard's state counted; a state that was built anew counts from 0 again."""
        for invariant, count in violations.items():
            before = self._seen[shard, invariant]
            self._violations.labels(invariant).inc(count - before if count >= before else count)
            self._seen[shard, invariant] = count
