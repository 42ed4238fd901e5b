"""Promises to customers: clocks, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class SlaTarget(IntEnum):
    """SlaTarget is what was promised."""

    UNSPECIFIED = 0
    TIME_TO_ANSWER = 1
    FIRST_REPLY = 2
    CALL_BACK = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaClock:
    """SlaClock is a running promise with a deadline."""

    clock_id: str
    pool: str
    interaction_id: str
    queue: str
    target: SlaTarget
    started_at: float
    deadline: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaWarned:
    """SlaWarned: little is left of the promise."""

    clock: SlaClock
    warned_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaMet:
    """SlaMet: the promise was kept."""

    clock: SlaClock
    met_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaBreached:
    """SlaBreached: the deadline passed unanswered; at most once for a clock."""

    clock: SlaClock
    breached_at: float


SlaEvent = SlaWarned | SlaMet | SlaBreached
