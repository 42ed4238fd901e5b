"""The floor as it stands, for display only."""

from __future__ import annotations

from dataclasses import dataclass

from kindline.language.agents import AgentStatus
from kindline.language.facts.agents import Lease, RoutingState, RoutingStateReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevel:
    """ServiceLevel is a share of contacts answered in time, with the definition it follows."""

    definition: str
    value: float | None = None
    target_seconds: float
    window_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedWait:
    """ExpectedWait is a range in seconds."""

    low_seconds: float
    high_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """QueueState is one queue as it stands."""

    pool: str
    queue: str
    waiting: int
    oldest_waiting_since: float | None = None
    offered: int
    active: int
    arrivals: int
    answers: int
    service_level: ServiceLevel
    expected_wait: ExpectedWait | None = None
    as_of: float
    abandons: int
    scheduled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """AgentState is one agent as the engine sees them."""

    pool: str
    agent_id: str
    display_name: str
    status: AgentStatus
    reason_code: str
    routing_state: RoutingState
    reason: RoutingStateReason
    since: float
    lease: Lease
    offers: int
    active: int
    wrapping_up: int
    as_of: float


FloorRow = QueueState | AgentState
