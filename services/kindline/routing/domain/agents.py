"""An agent as the engine keeps them: status, routing state and lease, hands and effort; changed by facts only."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kindline.language.agents import AgentStatus
from kindline.language.facts.agents import Lease, RoutingState, RoutingStateReason
from kindline.language.ids import Instant
from kindline.language.plan import AgentPlan
from kindline.language.snapshot import AgentRow, WorkSpan
from kindline.routing.domain import effort
from kindline.routing.domain.effort import each
from kindline.routing.domain.hands import Holder

if TYPE_CHECKING:
    from kindline.routing.domain.places import Place

DEFAULT_UNITS = 100
AVAILABLE, NO_STATUS = AgentStatus.AVAILABLE, AgentStatus.UNSPECIFIED
CONNECTED, LOST = Lease.CONNECTED, Lease.LOST
"""By names of this module: to ask an Enum for a member takes longer than to compare two."""


@dataclass(slots=True, eq=False)
class Agent(Holder):
    """One agent who has been seen.

    While SUSPECT, `seen_at` is when the grace began.
    """

    pool: str
    agent_id: str
    plan: AgentPlan
    session_id: str = ""
    replica_id: str = ""
    status: AgentStatus = AgentStatus.OFFLINE
    reason_code: str = ""
    next_status: AgentStatus = AgentStatus.UNSPECIFIED
    next_reason_code: str = ""
    lease: Lease = Lease.UNSPECIFIED
    routing_state: RoutingState = RoutingState.INACTIVE
    reason: RoutingStateReason = RoutingStateReason.UNSPECIFIED
    since: Instant = 0.0
    missed_offers: int = 0
    not_responding: bool = False
    last_assigned_at: Instant | None = None
    idle_since: Instant = 0.0
    spans: effort.Spans = field(default_factory=effort.no_spans)
    sums: effort.Sums = field(default_factory=effort.Sums)
    seen_at: Instant = 0.0
    attached: bool = False
    running: bool = False
    removed: bool = False
    place: Place | None = None
    """Where the matching that is in force keeps them; no part of what the engine knows."""

    @property
    def units(self) -> int:
        """Units of work they can hold."""
        return self.plan.units or DEFAULT_UNITS

    @property
    def load(self) -> float:
        """The share of them that is taken."""
        return self.used / self.units

    @property
    def is_present(self) -> bool:
        """Whether a front end of theirs is, or may still be, attached."""
        return bool(self.session_id) and self.lease is not LOST

    @property
    def is_willing(self) -> bool:
        """Whether new work may be offered, capacity aside."""
        return (
            self.status is AVAILABLE
            and self.next_status is NO_STATUS
            and self.lease is CONNECTED
            and bool(self.session_id)
            and not self.not_responding
            and not self.removed
        )

    @property
    def idle_rank(self) -> Instant:
        """Ties go to the longest idle; nobody with something awake in their hands is idle."""
        return math.inf if len(self.hands) > self.sleepers else self.idle_since

    def reckons(self, now: Instant) -> None:
        """Bring the effort up to now, before load or availability change."""
        if self.running:
            effort.carry(self.spans, self.sums, self.used / (self.plan.units or DEFAULT_UNITS), now)

    @property
    def is_available(self) -> bool:
        """Whether their time counts as available: present, and ready or at work."""
        if not self.session_id or self.lease is LOST:
            return False
        return self.status is AVAILABLE or self.is_at_work

    def counts_time(self, now: Instant) -> None:
        """Begin or end to count available time, as the axes now say."""
        available = self.is_available
        if available and not self.running:
            effort.begin(self.spans, now)
        self.running = available

    def row(self) -> AgentRow:
        """All of it, frozen; hands are found again from the interactions."""
        return AgentRow(
            pool=self.pool,
            agent_id=self.agent_id,
            session_id=self.session_id,
            replica_id=self.replica_id,
            status=self.status,
            reason_code=self.reason_code,
            next_status=self.next_status,
            next_reason_code=self.next_reason_code,
            lease=self.lease,
            routing_state=self.routing_state,
            reason=self.reason,
            since=self.since,
            missed_offers=self.missed_offers,
            not_responding=self.not_responding,
            last_assigned_at=self.last_assigned_at,
            idle_since=self.idle_since,
            spans=tuple(WorkSpan(from_time=start, to_time=end, load=mean) for start, end, mean in each(self.spans)),
            seen_at=self.seen_at,
            attached=self.attached,
            plan=self.plan,
        )
