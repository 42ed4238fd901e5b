"""How facts about agents and their front ends change the state."""

from __future__ import annotations

from kindline.language.facts.agents import (
    AgentLeaseChanged,
    AgentRoutingStateChanged,
    AgentSignedIn,
    AgentSignedOut,
    AgentStatusDeclared,
    CommandAnswered,
    Lease,
    ReplicaSeen,
    RoutingState,
    RoutingStateReason,
)
from kindline.language.ids import Instant
from kindline.language.plan import AgentPlan
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.replicas import join_replica, leave_replica
from kindline.routing.domain.state import ShardState
from kindline.routing.domain.watching import watch_lease, watch_replica

CLEARED, NOT_RESPONDING = RoutingStateReason.CLEARED, RoutingState.NOT_RESPONDING
"""By names of this module: to ask an Enum for a member takes as long as much of what is done here."""

ANSWERS_KEPT_SECONDS = 900.0
REPLICAS_KEPT_SECONDS = 3_600.0


def signed_in(state: ShardState, fact: AgentSignedIn, at: Instant) -> None:
    """A front end is attached; another session than the one before is a clean slate."""
    pool = state.pools[fact.pool]
    agent = pool.agents.get(fact.agent_id)
    if agent is None:
        plan = pool.agent_plans.get(fact.agent_id) or AgentPlan(agent_id=fact.agent_id)
        agent = pool.agents[fact.agent_id] = Agent(pool=fact.pool, agent_id=fact.agent_id, plan=plan)
    agent.reckons(at)
    agent.plan = pool.agent_plans.get(fact.agent_id, agent.plan)
    agent.removed = fact.agent_id not in pool.agent_plans
    if agent.session_id != fact.session_id:
        agent.missed_offers = 0
        agent.not_responding = False
        if not agent.session_id and not agent.is_busy:
            agent.idle_since = at
    leave_replica(state, agent)
    agent.session_id, agent.replica_id = fact.session_id, fact.replica_id
    agent.lease, agent.attached, agent.seen_at = Lease.CONNECTED, True, at
    join_replica(state, agent)
    state.replicas[fact.replica_id] = at
    watch_lease(state, agent)
    for other in state.sessions[fact.replica_id]:  # Of all its pools: it has given a sign of life.
        watch_replica(state, fact.replica_id, other)
    state.settle_agent(agent, RoutingStateReason.SESSION)


def signed_out(state: ShardState, fact: AgentSignedOut, at: Instant) -> None:
    """The agent has no session any more."""
    agent = state.pools[fact.pool].agents[fact.agent_id]
    agent.reckons(at)
    leave_replica(state, agent)
    agent.session_id = agent.replica_id = ""
    agent.lease, agent.attached = Lease.UNSPECIFIED, False
    watch_lease(state, agent)
    state.settle_agent(agent, RoutingStateReason.SESSION)


def status_declared(state: ShardState, fact: AgentStatusDeclared, at: Instant) -> None:
    """The agent said something of themselves."""
    agent = state.pools[fact.pool].agents[fact.agent_id]
    agent.reckons(at)
    agent.status, agent.reason_code = fact.status, fact.reason_code
    agent.next_status, agent.next_reason_code = fact.next_status, fact.next_reason_code
    state.settle_agent(agent, RoutingStateReason.STATUS)


def routing_state_changed(state: ShardState, fact: AgentRoutingStateChanged, at: Instant) -> None:
    """The engine sees the agent in another state; missed offers and their clearing are told by it."""
    agent = state.pools[fact.pool].agents[fact.agent_id]
    agent.routing_state, agent.reason, agent.since = fact.routing_state, fact.reason, at
    if fact.reason is CLEARED:
        agent.not_responding, agent.missed_offers = False, 0
        state.settle_agent(agent, CLEARED)
    elif fact.routing_state is NOT_RESPONDING and not agent.not_responding:
        agent.not_responding = True
        state.settle_agent(agent, RoutingStateReason.MISSED_OFFERS, freed=False)


def lease_changed(state: ShardState, fact: AgentLeaseChanged, at: Instant) -> None:
    """The proof of life changed.

    SUSPECT while the replica is fresh, or said a second time, means that the stream itself broke: signs of life of the
    replica prove nothing for it any more.
    """
    agent = state.pools[fact.pool].agents[fact.agent_id]
    agent.reckons(at)
    if fact.lease is Lease.SUSPECT:
        limit = state.pools[fact.pool].limits.suspect_after_seconds * state.pace
        fresh = state.replicas.get(agent.replica_id, agent.seen_at) + limit > at
        if fresh or agent.lease is Lease.SUSPECT:
            agent.attached = False
        if agent.lease is not Lease.SUSPECT:
            agent.seen_at = at
    agent.lease = fact.lease
    watch_lease(state, agent)
    state.settle_agent(agent, RoutingStateReason.LEASE)


def replica_seen(state: ShardState, fact: ReplicaSeen, at: Instant) -> None:
    """A replica of presence lives; one that is long silent and holds nobody is forgotten."""
    state.replicas[fact.replica_id] = at
    for replica in [name for name, seen in state.replicas.items() if seen + REPLICAS_KEPT_SECONDS * state.pace < at]:
        if replica not in state.sessions:
            del state.replicas[replica]
    for pool in state.sessions.get(fact.replica_id, ()):
        watch_replica(state, fact.replica_id, pool)


def answered(state: ShardState, fact: CommandAnswered, at: Instant) -> None:
    """An answer is remembered, from the first time it was given, until nobody can ask for it again."""
    state.answers.keep((state.sharing.command(fact), at, fact.refusal, fact.detail))
    state.answers.forget(ANSWERS_KEPT_SECONDS * state.pace, at)
