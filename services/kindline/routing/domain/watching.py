"""Which deadlines of leases are watched: derived from the state, so that they are the same after any restart."""

from __future__ import annotations

from kindline.language.facts.agents import Lease
from kindline.language.ids import Instant
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.state import ShardState
from kindline.routing.domain.timers import Due


def watch_lease(state: ShardState, agent: Agent) -> None:
    """Watch for the end of an agent's grace, and for the silence of the replica that holds them."""
    lost_at: Instant | None = None
    if agent.session_id and agent.lease is Lease.SUSPECT:
        lost_at = agent.seen_at + state.pools[agent.pool].limits.lost_after_seconds * state.pace
    state.timers.watch((Due.LEASE, agent.pool, agent.agent_id), lost_at)
    if agent.session_id:
        watch_replica(state, agent.replica_id, agent.pool)


def watch_replica(state: ShardState, replica: str, pool_name: str) -> None:
    """Watch for the silence of a replica that holds connected agents of a pool."""
    pool = state.pools[pool_name]
    agents = state.sessions.get(replica, {}).get(pool_name, {})
    due = None
    if any(pool.agents[agent_id].lease is Lease.CONNECTED for agent_id in agents):
        due = state.replicas.get(replica, state.decided_at) + pool.limits.suspect_after_seconds * state.pace
    state.timers.watch((Due.REPLICA, replica, pool_name), due)


def watch_rest(state: ShardState, agent: Agent) -> None:
    """Watch for the end of an agent's rest between two assignments, where the plan gives one."""
    pool = state.pools[agent.pool]
    if pool.limits.assignment_gap_seconds <= 0:
        return
    rested_at = pool.matching.rested_at(agent)
    state.wakes.watch((Due.GAP, agent.pool, agent.agent_id), rested_at if rested_at > state.decided_at else None)
