"""An agent as the floor shows them: what they declared, and what the engine makes of it.

Promises supervisors the facts as they are, with their reason, and no measure of anybody's speed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.facts.agents import Lease, RoutingState, RoutingStateReason
from kindline.language.ids import Instant

AGENT_FACTS = (
    f.AgentSignedIn,
    f.AgentSignedOut,
    f.AgentStatusDeclared,
    f.AgentRoutingStateChanged,
    f.AgentLeaseChanged,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent; `since` is when the status or the routing state last changed."""

    status: AgentStatus = AgentStatus.OFFLINE
    reason_code: str = ""
    routing_state: RoutingState = RoutingState.INACTIVE
    reason: RoutingStateReason = RoutingStateReason.UNSPECIFIED
    since: Instant = 0.0
    lease: Lease = Lease.UNSPECIFIED
    signed_in: bool = False


def see(agent: Agent, fact: f.Fact, now: Instant) -> Agent:
    """The agent after a fact about them, decided at `now`."""
    if isinstance(fact, f.AgentSignedIn):
        since = agent.since or now
        return replace(agent, lease=Lease.CONNECTED, signed_in=True, since=since)
    if isinstance(fact, f.AgentSignedOut):
        return replace(agent, lease=Lease.UNSPECIFIED, signed_in=False)
    if isinstance(fact, f.AgentLeaseChanged):
        return replace(agent, lease=fact.lease)
    if isinstance(fact, f.AgentStatusDeclared):
        since = now if fact.status is not agent.status else agent.since
        return replace(agent, status=fact.status, reason_code=fact.reason_code, since=since)
    if isinstance(fact, f.AgentRoutingStateChanged):
        since = now if fact.routing_state is not agent.routing_state else agent.since
        return replace(agent, routing_state=fact.routing_state, reason=fact.reason, since=since)
    return agent
