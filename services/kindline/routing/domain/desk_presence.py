"""What agents say of themselves at their desk: a status, now or when the work ends, and that they are here again."""

from __future__ import annotations

from kindline.language import agents as c
from kindline.language.agents import AgentStatus
from kindline.language.facts import AgentRoutingStateChanged, AgentStatusDeclared
from kindline.language.facts.agents import RefusalReason, RoutingStateReason
from kindline.language.facts.offers import OfferRevokedReason
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.offers import revoke_from
from kindline.routing.domain.ownership import Outcome, reason_code_refused
from kindline.routing.domain.routing_states import routing_state


def set_status(d: Decision, agent: Agent, command: c.SetStatus) -> Outcome:
    """Declare a status, now or when the work ends; no new work reaches whoever is on the way out."""
    if command.status not in list(AgentStatus) or not command.status:
        return RefusalReason.INVALID_COMMAND, "name a status"
    refused = reason_code_refused(d, agent, command.reason_code)
    if refused is not None:
        return refused
    stays = command.status is AgentStatus.AVAILABLE
    if not stays:
        revoke_from(d, agent, OfferRevokedReason.STATUS_CHANGED)
    later = command.when_work_ends and len(agent.work) > agent.sleepers and not stays
    d.emit(
        AgentStatusDeclared(
            pool=agent.pool,
            agent_id=agent.agent_id,
            status=agent.status if later else command.status,
            reason_code=agent.reason_code if later else command.reason_code,
            next_status=command.status if later else AgentStatus.UNSPECIFIED,
            next_reason_code=command.reason_code if later else "",
        )
    )
    return None


def clear_not_responding(d: Decision, agent: Agent, _command: c.ClearNotResponding) -> Outcome:
    """The agent is here again."""
    if agent.not_responding:
        agent_state = routing_state(d.state, agent, responding=True)
        d.emit(
            AgentRoutingStateChanged(
                pool=agent.pool,
                agent_id=agent.agent_id,
                routing_state=agent_state,
                reason=RoutingStateReason.CLEARED,
            )
        )
    return None
