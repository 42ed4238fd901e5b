"""A shard's whole state as rows, from which a reader starts instead of the log's beginning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from kindline.language.agents import AgentStatus
from kindline.language.content import NO_NEEDS, Content, Needs, ParticipantRole
from kindline.language.facts.agents import CommandAnswered, Lease, RoutingState, RoutingStateReason
from kindline.language.facts.inputs import EventParked, PlanAdopted
from kindline.language.facts.interactions import InteractionQueued, InteractionReceived
from kindline.language.facts.offers import OfferIssued
from kindline.language.facts.waiting import CallBackPromised, InteractionRelaxed
from kindline.language.log import InputPosition
from kindline.language.plan import AgentPlan
from kindline.language.quick import made_quickly


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotManifest:
    """SnapshotManifest ends a snapshot and says what it holds."""

    snapshot_id: str
    epoch: int
    owner: str
    seq: int
    next_offset: int
    input_positions: tuple[InputPosition, ...] = ()
    decided_at: float
    parts: int
    sha256: bytes
    queue_counts: tuple[QueueCount, ...] = ()
    next_within: float
    released: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCount:
    """QueueCount is how many interactions a queue holds."""

    pool: str
    queue: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPart:
    """SnapshotPart is some of the rows."""

    part: int
    rows: tuple[SnapshotRow, ...] = ()


class InteractionState(IntEnum):
    """InteractionState is where an interaction stands."""

    UNSPECIFIED = 0
    RECEIVED = 1
    SCHEDULED = 2
    QUEUED = 3
    OFFERED = 4
    CONNECTING = 5
    ACTIVE = 6
    HELD = 7
    DORMANT = 8
    COMPLETED = 9
    CLOSED = 10
    ABANDONED = 11
    DEFLECTED = 12
    CANCELLED = 13
    EXPIRED = 14

    __hash__ = int.__hash__
    """By its number, in one step, as that of Channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """BackOff leaves an agent out until a time."""

    agent_id: str
    until: float


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionRow:
    """InteractionRow is an open interaction."""

    received: InteractionReceived
    state: InteractionState
    queued: InteractionQueued | None = None
    agent_id: str
    offers: tuple[OfferIssued, ...] = ()
    last_offer_number: int
    back_offs: tuple[BackOff, ...] = ()
    deadline: float | None = None
    units: int
    state_since: float
    messages: tuple[MessageRow, ...] = ()
    relaxed: InteractionRelaxed | None = None
    preferring: bool = False
    interrupted_by: str = ""
    account_owner: str = ""
    tell_at: float = 0.0
    spoke_at: float = 0.0
    joined_at: float = 0.0
    overflowed_from: tuple[str, ...] = ()
    answered: bool = False
    visit: WaitSample | None = None
    told_position: int = 0
    promised_until: float = 0.0
    call_back_offered: bool = False
    call_back: CallBackPromised | None = None
    asked: Needs = NO_NEEDS
    asked_priority: int | None = None
    passed_on_by: str = ""


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """MessageRow is something said."""

    message_id: str
    author: ParticipantRole
    agent_id: str
    content: Content | None = None
    said_at: float


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class WorkSpan:
    """WorkSpan is a stretch of attributed work or of availability."""

    from_time: float
    to_time: float
    load: float


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """AgentRow is an agent who has been seen."""

    pool: str
    agent_id: str
    session_id: str
    replica_id: str
    status: AgentStatus
    reason_code: str
    next_status: AgentStatus
    next_reason_code: str
    lease: Lease
    routing_state: RoutingState
    reason: RoutingStateReason
    since: float
    missed_offers: int
    not_responding: bool
    last_assigned_at: float | None = None
    idle_since: float
    spans: tuple[WorkSpan, ...] = ()
    seen_at: float
    attached: bool
    plan: AgentPlan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRow:
    """IdentityRow holds identities that were seen in one hour."""

    hour: int
    opening: bool
    identities: bytes


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """AnswerRow is an answered command."""

    answer: CommandAnswered
    answered_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaRow:
    """ReplicaRow is a replica of presence."""

    replica_id: str
    seen_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAgentRow:
    """LastAgentRow is who served a customer last."""

    pool: str
    customer: str
    agent_id: str
    served_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitSample:
    """WaitSample is one interaction that left a queue."""

    joined_at: float
    left_at: float
    ahead: int
    served: bool
    estimates: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFlowRow:
    """QueueFlowRow is how a queue moved of late."""

    pool: str
    queue: str
    samples: tuple[WaitSample, ...] = ()


SnapshotRow = (
    PlanAdopted
    | InteractionRow
    | AgentRow
    | IdentityRow
    | EventParked
    | AnswerRow
    | ReplicaRow
    | LastAgentRow
    | QueueFlowRow
)

SnapshotRecord = SnapshotPart | SnapshotManifest
