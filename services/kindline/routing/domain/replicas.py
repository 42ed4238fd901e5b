"""Which sessions each replica of presence holds, by pool: who is asked after when a replica speaks or falls silent."""

from __future__ import annotations

from kindline.routing.domain.agents import Agent
from kindline.routing.domain.state import ShardState


def join_replica(state: ShardState, agent: Agent) -> None:
    """The replica of presence that the agent names holds their session."""
    state.sessions.setdefault(agent.replica_id, {}).setdefault(agent.pool, {})[agent.agent_id] = None


def leave_replica(state: ShardState, agent: Agent) -> None:
    """The replica holds the agent's session no more."""
    pools = state.sessions.get(agent.replica_id, {})
    agents = pools.get(agent.pool, {})
    agents.pop(agent.agent_id, None)
    if not agents:
        pools.pop(agent.pool, None)
    if not pools:
        state.sessions.pop(agent.replica_id, None)
