"""Decided facts in the life of an interaction. These names are the storage: they never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from kindline.language.content import NO_NEEDS, Channel, Content, Direction, Disposition, Needs, ParticipantRole
from kindline.language.queue_rules import OverflowCause
from kindline.language.quick import made_quickly


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionReceived:
    """InteractionReceived: a contact came in; its life begins in RECEIVED."""

    pool: str
    interaction_id: str
    entry_point: str
    account: str
    channel: Channel
    thread: str
    direction: Direction
    customer: str
    language: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    arrived_at: float
    previous_interaction_id: str
    queue: str
    needs: Needs = NO_NEEDS
    priority: int
    owner: ParticipantRole
    deadline: float


class QueuedReason(IntEnum):
    """QueuedReason says why an interaction came into a queue."""

    UNSPECIFIED = 0
    ARRIVED = 1
    HANDED_OVER = 2
    TRANSFERRED = 3
    AGENT_LOST = 4
    NOT_CONNECTED = 5
    PLAN_CHANGED = 6
    WOKEN = 7
    OVERFLOWED = 8
    CALL_BACK_DUE = 9


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionQueued:
    """InteractionQueued: it waits in a queue, which owns it; an agent who had it has it no more."""

    pool: str
    interaction_id: str
    queue: str
    needs: Needs = NO_NEEDS
    priority: int
    waiting_since: float
    segment: int
    reason: QueuedReason
    from_agent_id: str
    deadline: float
    note: Content | None = None
    preferred_agent_id: str = ""
    preferred_until: float = 0.0
    overflowed_from: str = ""
    overflow_cause: OverflowCause = OverflowCause.UNSPECIFIED


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionScheduled:
    """InteractionScheduled: it waits for an hour, as a call-back does."""

    pool: str
    interaction_id: str
    due_at: float


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionAnswered:
    """InteractionAnswered: the agent and the customer are together."""

    pool: str
    interaction_id: str
    agent_id: str
    queue: str
    waited_seconds: float
    deadline: float


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionHeld:
    """InteractionHeld: the customer is on hold."""

    pool: str
    interaction_id: str
    interrupted_by: str = ""


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionResumed:
    """InteractionResumed: the customer is off hold, or the conversation is awake again."""

    pool: str
    interaction_id: str
    units: int = 0


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionSlept:
    """InteractionSlept: the conversation is dormant."""

    pool: str
    interaction_id: str
    units: int = 0
    deadline: float = 0.0


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionCompleted:
    """InteractionCompleted: the work is done; the agent's segment is in wrap-up."""

    pool: str
    interaction_id: str
    agent_id: str
    ended_by: ParticipantRole
    disposition: Disposition | None = None
    wrap_up_until: float


class CloseReason(IntEnum):
    """CloseReason says what freed the capacity."""

    UNSPECIFIED = 0
    WRAP_UP_FINISHED = 1
    WRAP_UP_TIMED_OUT = 2
    NO_WRAP_UP = 3
    AGENT_LOST = 4


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionClosed:
    """InteractionClosed: the end of a served interaction; the capacity is free."""

    pool: str
    interaction_id: str
    reason: CloseReason


class AbandonedWhere(IntEnum):
    """AbandonedWhere says where the customer was when they left."""

    UNSPECIFIED = 0
    IN_IVR = 1
    IN_QUEUE = 2
    WHILE_OFFERED = 3
    WHILE_CONNECTING = 4


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionAbandoned:
    """InteractionAbandoned: the customer left before being served; an end."""

    pool: str
    interaction_id: str
    where: AbandonedWhere
    waited_seconds: float
    cause: str


class DeflectedReason(IntEnum):
    """DeflectedReason says where an interaction was sent instead."""

    UNSPECIFIED = 0
    BOT = 1
    OVERFLOW = 2
    LEAVE_MESSAGE = 3


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionDeflected:
    """InteractionDeflected: it was sent elsewhere; an end."""

    pool: str
    interaction_id: str
    cause: str
    reason: DeflectedReason = DeflectedReason.UNSPECIFIED
    overflow_cause: OverflowCause = OverflowCause.UNSPECIFIED
    announcement: str = ""


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionCancelled:
    """InteractionCancelled: it was withdrawn before the work was done; an end."""

    pool: str
    interaction_id: str
    cause: str


class ExpiryReason(IntEnum):
    """ExpiryReason says which deadline ended an interaction."""

    UNSPECIFIED = 0
    ARRIVED_TOO_LATE = 1
    BOT_TOO_LONG = 2
    WAITED_TOO_LONG = 3
    WORKED_TOO_LONG = 4


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionExpired:
    """InteractionExpired: a deadline ended it; an end."""

    pool: str
    interaction_id: str
    reason: ExpiryReason
    deadline: float


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent:
    """MessageSent: an agent said something to the customer; the channel delivers it."""

    pool: str
    interaction_id: str
    agent_id: str
    message_id: str
    content: Content | None = None
