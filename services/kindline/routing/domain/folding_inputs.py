"""How facts about plans, time and inputs change the state."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nextafter

from kindline.language.facts.agents import Lease, RoutingStateReason
from kindline.language.facts.inputs import (
    EventParked,
    EventUnparked,
    InputDeadLettered,
    InputRedirected,
    InputRejected,
    PlanAdopted,
    Resumed,
)
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.in_hand import in_hand
from kindline.routing.domain.interactions import Interaction, ThreadKey
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.state import ShardState
from kindline.routing.domain.threads import account
from kindline.routing.domain.timers import Due
from kindline.routing.domain.watching import watch_lease, watch_rest


def plan_adopted(state: ShardState, fact: PlanAdopted, at: Instant) -> None:
    """A plan is in force: matching begins anew under it, and whoever is at work keeps their own part of the old one."""
    pool = state.pools.get(fact.plan.pool)
    if pool is None:
        state.pools[fact.plan.pool] = Pool(fact.plan, at)
        return
    pool.adopt(fact.plan, at)
    for agent in pool.agents.values():
        agent.removed = agent.agent_id not in pool.agent_plans
        watch_lease(state, agent)
        watch_rest(state, agent)
        state.settle_agent(agent, RoutingStateReason.PLAN)
    for interaction in state.everybody():
        if interaction.pool == pool.name:
            interaction.place = interaction.lane = interaction.spot = None
            if interaction.received.entry_point in pool.entry_points:
                state.entered.remove(interaction.entry_key, interaction.id)
            else:
                state.entered.add(interaction.entry_key, interaction.id)
            # Nothing falls asleep under a plan that says nothing of it, and then nobody watches for it any more.
            state.timers.watch((Due.DORMANT, interaction.id, ""), None)
            state.settle_interaction(interaction)


def resumed(state: ShardState, fact: Resumed, at: Instant) -> None:
    """An owner decides again: leases restart, and what waits for an answer is extended by the gap."""
    for replica in state.replicas:
        state.replicas[replica] = at
    for pool in state.pools.values():
        for agent in pool.agents.values():
            # Matched anew: a back-off may have ended while nobody decided, which no later owner would notice.
            if state.is_ready:
                state.stirred_agents[agent] = None
            if agent.session_id and agent.lease is not Lease.LOST:
                agent.seen_at = at
                watch_lease(state, agent)
    gap = max(fact.gap_seconds, 0.0)
    for interaction in in_hand(state):
        for offer_id, offer in interaction.offers.items():
            interaction.offers[offer_id] = replace(offer, expires_at=offer.expires_at + gap)
            state.timers.watch((Due.OFFER, interaction.id, offer_id), offer.expires_at + gap)
        if interaction.state is InteractionState.CONNECTING and interaction.deadline is not None:
            interaction.deadline += gap
            state.timers.watch((Due.INTERACTION, interaction.id, ""), interaction.deadline)


def parked(state: ShardState, fact: EventParked, _at: Instant) -> None:
    """An event waits for its interaction."""
    state.parked[fact.identity] = fact
    state.parked_threads.setdefault(parked_key(fact), {})[fact.identity] = None
    state.timers.watch((Due.PARKED, fact.identity.hex(), ""), fact.until)


def unparked(state: ShardState, fact: EventUnparked, _at: Instant) -> None:
    """An event waits no more."""
    event = state.parked.pop(fact.identity)
    state.timers.watch((Due.PARKED, fact.identity.hex(), ""), None)
    waiting = state.parked_threads[parked_key(event)]
    del waiting[fact.identity]
    if not waiting:
        del state.parked_threads[parked_key(event)]


def called_for(state: ShardState, interaction: Interaction) -> None:
    """What parked events waited for is open: each is due from now on, in the order in which they happened.

    Each names it too: the next contact on the thread, should one open before all are taken in, is another.
    """
    if not state.parked_threads:
        return  # As nearly always.
    due = 0.0
    for parked_event in sorted(parked_for(state, interaction), key=lambda one: one.occurred_at):
        named = parked_event.event.interaction_id
        if named in state.interactions or named in state.ended:
            continue
        # No two at one instant, for the names of deadlines at one instant would decide which comes first.
        due = max(nextafter(due, inf), parked_event.occurred_at)
        event = replace(parked_event.event, interaction_id=interaction.id)
        state.parked[parked_event.identity] = replace(parked_event, event=event, until=due)
        state.timers.watch((Due.PARKED, parked_event.identity.hex(), ""), due)


def parked_for(state: ShardState, interaction: Interaction) -> list[EventParked]:
    """The events that are parked on an interaction's thread, in the order in which they fall due."""
    if not state.parked_threads:
        return []
    received, pool = interaction.received, state.pools[interaction.pool]
    waiting = [state.parked[name] for name in state.parked_threads.get((received.pool, "", received.thread), ())]
    found = [event for event in waiting if account(state, pool, event.event) == received.account]
    return sorted(found, key=lambda event: event.until)


def unchanged(_state: ShardState, _fact: InputRejected | InputDeadLettered | InputRedirected, _at: Instant) -> None:
    """For the relay and for people: the state stays as it is."""


def parked_key(fact: EventParked) -> ThreadKey:
    """The thread that a parked event waits on; its account is looked up when somebody comes, under the plan then."""
    return (fact.pool, "", fact.event.thread)
