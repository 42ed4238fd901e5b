"""An agent as the decisions show them: what both gRPC edges know of sessions, statuses and leases, and nothing more.

Promises edges one reading of the same facts, so that presence and routing never tell one agent two different things.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum, auto

from kindline.language.agents import AgentStatus
from kindline.language.facts import (
    AgentLeaseChanged,
    AgentRoutingStateChanged,
    AgentSignedIn,
    AgentSignedOut,
    AgentStatusDeclared,
    Fact,
    PlanAdopted,
)
from kindline.language.facts.agents import Lease, RoutingState, RoutingStateReason
from kindline.language.snapshot import AgentRow, SnapshotRow

AgentKey = tuple[str, str]
"""Pool and agent."""

FORMER_SESSIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    """One agent; `former_sessions` are the newest of those that are over, so that each can be told why."""

    pool: str
    agent_id: str
    session_id: str = ""
    replica_id: str = ""
    status: AgentStatus = AgentStatus.OFFLINE
    reason_code: str = ""
    next_status: AgentStatus = AgentStatus.UNSPECIFIED
    routing_state: RoutingState = RoutingState.INACTIVE
    reason: RoutingStateReason = RoutingStateReason.UNSPECIFIED
    lease: Lease = Lease.UNSPECIFIED
    former_sessions: tuple[str, ...] = ()


class OfferEnd(IntEnum):
    """How an offer ended, as the agent sees it; numbers as on the wire."""

    UNSPECIFIED = 0
    ACCEPTED = 1
    DECLINED = 2
    EXPIRED = 3
    REVOKED = 4
    RESCINDED = 5
    FAILED = 6


class Standing(Enum):
    """What a session is to its agent."""

    CURRENT = auto()
    UNSEEN = auto()
    SUPERSEDED = auto()
    ENDED = auto()


def standing(view: AgentView | None, session_id: str) -> Standing:
    """Judge a session: one that was never seen may have been opened a moment ago."""
    if view is None:
        return Standing.UNSEEN
    if view.session_id == session_id:
        return Standing.CURRENT
    if session_id not in view.former_sessions:
        return Standing.UNSEEN
    return Standing.SUPERSEDED if view.session_id else Standing.ENDED


def see(view: AgentView, fact: Fact) -> AgentView:
    """The agent after a fact about them; unchanged by any other."""
    match fact:
        case AgentSignedIn():
            former = _former(view, fact.session_id)
            return replace(
                view,
                session_id=fact.session_id,
                replica_id=fact.replica_id,
                lease=Lease.CONNECTED,
                former_sessions=former,
            )
        case AgentSignedOut():
            return replace(
                view, session_id="", replica_id="", lease=Lease.UNSPECIFIED, former_sessions=_former(view, "")
            )
        case AgentStatusDeclared():
            return replace(view, status=fact.status, reason_code=fact.reason_code, next_status=fact.next_status)
        case AgentRoutingStateChanged():
            return replace(view, routing_state=fact.routing_state, reason=fact.reason)
        case AgentLeaseChanged():
            return replace(view, lease=fact.lease)
        case _:
            return view


def _former(view: AgentView, newest: str) -> tuple[str, ...]:
    if not view.session_id or view.session_id == newest:
        return view.former_sessions
    return (*view.former_sessions, view.session_id)[-FORMER_SESSIONS:]


@dataclass(slots=True)
class AgentsSeen:
    """All agents of one shard, and who is in the plan."""

    views: dict[AgentKey, AgentView] = field(default_factory=dict)
    planned: dict[str, frozenset[str]] = field(default_factory=dict)

    def restore(self, rows: Iterable[SnapshotRow]) -> None:
        """Begin from a snapshot's rows; former sessions are kept, for no row has them."""
        before, self.views, self.planned = self.views, {}, {}
        for row in rows:
            if isinstance(row, AgentRow):
                key = (row.pool, row.agent_id)
                self.views[key] = _from_row(row, before.get(key))
            elif isinstance(row, PlanAdopted):
                self._adopt(row)

    def apply(self, facts: Iterable[Fact]) -> dict[AgentKey, AgentView]:
        """Take in the facts of a batch that counts; gives the agents who look different now."""
        changed: dict[AgentKey, AgentView] = {}
        for fact in facts:
            if type(fact) not in SEEN:  # Most facts are not about agents: one look is all that they may cost.
                continue
            if isinstance(fact, PlanAdopted):
                self._adopt(fact)
            elif isinstance(fact, AGENT_FACTS):
                key = (fact.pool, fact.agent_id)
                before = self.views.get(key) or AgentView(pool=fact.pool, agent_id=fact.agent_id)
                after = see(before, fact)
                if after != self.views.get(key):
                    self.views[key] = changed[key] = after
        return changed

    def _adopt(self, fact: PlanAdopted) -> None:
        self.planned[fact.plan.pool] = frozenset(agent.agent_id for agent in fact.plan.agents)


AGENT_FACTS = (AgentSignedIn, AgentSignedOut, AgentStatusDeclared, AgentRoutingStateChanged, AgentLeaseChanged)
SEEN = frozenset({PlanAdopted, *AGENT_FACTS})


def _from_row(row: AgentRow, before: AgentView | None) -> AgentView:
    former = before.former_sessions if before else ()
    if before and before.session_id and before.session_id != row.session_id:
        former = (*former, before.session_id)[-FORMER_SESSIONS:]
    return AgentView(
        pool=row.pool,
        agent_id=row.agent_id,
        session_id=row.session_id,
        replica_id=row.replica_id,
        status=row.status,
        reason_code=row.reason_code,
        next_status=row.next_status,
        routing_state=row.routing_state,
        reason=row.reason,
        lease=row.lease,
        former_sessions=former,
    )
