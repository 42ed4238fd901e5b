"""What the engine makes of an agent: one state out of three axes, by one published precedence (DESIGN 4.9)."""

from __future__ import annotations

from kindline.language.agents import AgentStatus
from kindline.language.facts import AgentRoutingStateChanged, AgentStatusDeclared
from kindline.language.facts.agents import RoutingState
from kindline.language.quick import maker
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.state import ShardState

routing_state_changed = maker(AgentRoutingStateChanged)
INTERACTING, RESERVED, IDLE = RoutingState.INTERACTING, RoutingState.RESERVED, RoutingState.IDLE
COMPLETED, DORMANT = InteractionState.COMPLETED, InteractionState.DORMANT
AVAILABLE, UNSPECIFIED = AgentStatus.AVAILABLE, AgentStatus.UNSPECIFIED


def routing_state(state: ShardState, agent: Agent, *, responding: bool = False) -> RoutingState:
    """INACTIVE, NOT_RESPONDING, DRAINING, INTERACTING, WRAP_UP, RESERVED, IDLE: the first that holds.

    Conversations that sleep make nobody busy.
    `responding` leaves out NOT_RESPONDING, for whoever is about to be cleared of it.
    """
    leaving = agent.status is not AVAILABLE or agent.next_status is not UNSPECIFIED or agent.removed
    if not agent.is_present or (leaving and not agent.is_busy):
        return RoutingState.INACTIVE
    if agent.not_responding and not responding:
        return RoutingState.NOT_RESPONDING
    if leaving:
        return RoutingState.DRAINING
    wraps_up = False
    for name in agent.work:
        stands = state.interactions[name].state
        if stands is COMPLETED:
            wraps_up = True
        elif stands is not DORMANT:
            return INTERACTING
    if wraps_up:
        return RoutingState.WRAP_UP
    return RESERVED if agent.is_busy else IDLE


def apply_next_statuses(d: Decision) -> None:
    """Whoever asked for a status when the work ends has it, once the work has ended."""
    for agent in list(d.state.touched):
        if agent.next_status is not UNSPECIFIED and not agent.is_busy:
            d.emit(
                AgentStatusDeclared(
                    pool=agent.pool,
                    agent_id=agent.agent_id,
                    status=agent.next_status,
                    reason_code=agent.next_reason_code,
                    next_status=AgentStatus.UNSPECIFIED,
                    next_reason_code="",
                )
            )


def announce_routing_states(d: Decision) -> None:
    """Say of everybody the decision touched what they are now, where that is new, and why."""
    for agent, reason in list(d.state.touched.items()):
        now = routing_state(d.state, agent)
        if now is not agent.routing_state:
            d.emit(routing_state_changed(pool=agent.pool, agent_id=agent.agent_id, routing_state=now, reason=reason))
