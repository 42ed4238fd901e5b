"""Decided facts about those who wait, and what they cost. These names are the storage: they never change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from kindline.language.content import NO_NEEDS, Needs
from kindline.language.quick import made_quickly


class RelaxedCause(IntEnum):
    """RelaxedCause says why a step of the ladder was taken."""

    UNSPECIFIED = 0
    TIME = 1
    NOBODY = 2


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionRelaxed:
    """InteractionRelaxed: it needs less now, or others may serve it; its place in line is kept."""

    pool: str
    interaction_id: str
    step: int
    cause: RelaxedCause
    needs: Needs = NO_NEEDS
    priority: int
    also_queues: tuple[str, ...] = ()
    call_back_offered: bool = False


class PreferenceEndedReason(IntEnum):
    """PreferenceEndedReason says why an agent is waited for no more."""

    UNSPECIFIED = 0
    TIME = 1
    UNAVAILABLE = 2
    NOT_TAKEN = 3


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceEnded:
    """PreferenceEnded: anybody who can serve it may, from here on."""

    pool: str
    interaction_id: str
    agent_id: str
    reason: PreferenceEndedReason


class WaitEstimator(IntEnum):
    """WaitEstimator is how an expected wait was reckoned."""

    UNSPECIFIED = 0
    HEAD_OF_LINE = 1
    LAST_TO_ENTER = 2
    QUEUE_LENGTH = 3


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEstimate:
    """WaitEstimate is how long a customer will wait, as a range."""

    least_seconds: float
    most_seconds: float
    estimator: WaitEstimator


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerInformed:
    """CustomerInformed: the customer was told something; the channel says it."""

    pool: str
    interaction_id: str
    queue: str
    announcement: str = ""
    position: int = 0
    expected_wait: WaitEstimate | None = None


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityExceeded:
    """CapacityExceeded: an agent holds more than their units, for a reason; audit counts each."""

    pool: str
    agent_id: str
    interaction_id: str
    units_over: int


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackPromised:
    """CallBackPromised: the customer will be called back; they keep their place in line, and may leave."""

    pool: str
    interaction_id: str
    due_at: float
    deadline: float
    queue: str
