"""Decided facts about plans, time and inputs: taken in, parked, refused, sent on. These names are the storage."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from kindline.language.events import InteractionEvent
from kindline.language.plan import Plan
from kindline.language.quick import made_quickly


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAdopted:
    """PlanAdopted: this plan is in force from here on."""

    plan: Plan


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """Resumed: an owner decides again after a gap that counts against nobody."""

    gap_seconds: float


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InputReference:
    """InputReference names a record of an input topic."""

    topic: str
    partition: int
    offset: int


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecorded:
    """EventRecorded: an event was taken in, once, whatever the number of its copies."""

    pool: str
    interaction_id: str
    identity: bytes
    opening: bool
    event: InteractionEvent


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class EventParked:
    """EventParked: an event needs an interaction that is not there yet."""

    pool: str
    identity: bytes
    event: InteractionEvent
    input: InputReference
    until: float
    occurred_at: float


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class EventUnparked:
    """EventUnparked: a parked event was taken in, or its time is over; the facts beside it say which."""

    pool: str
    identity: bytes


class DeadLetterReason(IntEnum):
    """DeadLetterReason says what is wrong with an input."""

    UNSPECIFIED = 0
    UNPARSABLE = 1
    WRONG_CONTENT_TYPE = 2
    UNKNOWN_POOL = 3
    UNKNOWN_ENTRY_POINT = 4
    NO_THREAD = 5
    NO_INTERACTION = 6
    TOO_LARGE = 7
    INVALID_FIELD = 8
    UNKNOWN_AGENT = 9
    INVALID_PLAN = 10


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InputRejected:
    """InputRejected: the engine failed on an input; the state is as if it had not come."""

    input: InputReference
    error: str


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InputDeadLettered:
    """InputDeadLettered: the relay copies the input to the topic's dead letters."""

    input: InputReference
    reason: DeadLetterReason
    detail: str


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InputRedirected:
    """InputRedirected: the relay copies the input to the partition where its pool lives, under its own identity."""

    input: InputReference
    to_partition: int
    pool: str
    identity: bytes
