"""What each figure must be, and what it is meant to become: a missed bound fails the bench, a missed goal is shown."""

from __future__ import annotations

from typing import NamedTuple


class Limit(NamedTuple):
    """At least (>=) or at most (<=) so much."""

    sign: str
    value: float

    def holds(self, value: float | None) -> bool:
        """Whether a figure keeps it."""
        if value is None:
            return False
        return value >= self.value if self.sign == ">=" else value <= self.value

    def __str__(self) -> str:
        """As people write it."""
        return f"{self.sign} {self.value:,}"


def at_least(value: float) -> Limit:
    """So much or more."""
    return Limit(">=", value)


def at_most(value: float) -> Limit:
    """So much or less."""
    return Limit("<=", value)


BOUNDS = {
    "facts_per_second": at_least(20_000),
    "decisions_per_second": at_least(20_000),
    "restart_ratio": at_least(100),
    "rounds_failed": at_most(0),
    "owner_p50_ratio_beside_kafka_python": at_most(2.5),
    "owner_p99_ratio_beside_kafka_python": at_most(3.5),
    "other_p50_ratio_beside_kafka_python": at_most(3.0),
    "other_p99_ratio_beside_kafka_python": at_most(4.0),
    "frees_by_waiting_exponent": at_most(0.15),
    "frees_by_agents_exponent": at_most(0.10),
    "arrives_by_agents_exponent": at_most(0.40),
    "frees_by_queues_exponent": at_most(0.10),
    "offers_lost_under_load": at_most(0),
}
"""Promises."""

GOALS = {
    "owner_p50_ratio_beside_kafka_python": at_most(2.2),
    "owner_p99_ratio_beside_kafka_python": at_most(3.0),
    "frees_1k_decision_ratio": at_least(2_000),
    "frees_1k_whole_ratio": at_least(2_000),
    "frees_10k_decision_ratio": at_least(1_500),
    "frees_10k_whole_ratio": at_least(1_500),
    "frees_1k_decision_p99_over_p50": at_most(2.0),
    "frees_1k_whole_p99_over_p50": at_most(2.0),
    "frees_1k_decision_own_p99_over_p50": at_most(2.0),
    "frees_1k_whole_own_p99_over_p50": at_most(2.0),
    "frees_10k_decision_own_p99_over_p50": at_most(2.0),
    "frees_10k_whole_own_p99_over_p50": at_most(2.0),
    "arrives_10k_decision_ratio": at_least(100),
    "arrives_10k_whole_ratio": at_least(100),
    "arrives_10k_idle_decision_ratio": at_least(100),
    "arrives_10k_idle_whole_ratio": at_least(100),
    "memory_ratio": at_most(0.6),
    "stall_deciding": at_most(20.0),
    "stall_snapshot": at_most(20.0),
    "replay_ratio_to_decoded": at_least(0.6),
    "complete_per_engine_cpu_second": at_least(1_000),
    "p99_at_half": at_most(150.0),
    "p99_ratio_at_half": at_most(4.0),
    "p99_in_surge": at_most(250.0),
    "p99_ratio_in_surge": at_most(6.0),
}
"""Where it shall get to."""
