"""How the ends of interactions change the state: what was held is free, and their last reports still find them."""

from __future__ import annotations

from kindline.language.facts.agents import RoutingStateReason
from kindline.language.facts.interactions import (
    InteractionAbandoned,
    InteractionCancelled,
    InteractionClosed,
    InteractionCompleted,
    InteractionDeflected,
    InteractionExpired,
)
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.folding_hands import free
from kindline.routing.domain.folding_interactions import move
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.preferring import drop_preference
from kindline.routing.domain.silence import watch_silence
from kindline.routing.domain.state import ShardState
from kindline.routing.domain.staying import settle_visit
from kindline.routing.domain.timers import Due

COMPLETED, WORK, INTERACTION = InteractionState.COMPLETED, RoutingStateReason.WORK, Due.INTERACTION
AFTERGLOW_SECONDS = 300.0
"""An ended interaction is remembered this long, so that its last reports find it."""

Ending = InteractionClosed | InteractionAbandoned | InteractionDeflected | InteractionCancelled | InteractionExpired

_END_STATES: dict[type[Ending], InteractionState] = {
    InteractionClosed: InteractionState.CLOSED,
    InteractionAbandoned: InteractionState.ABANDONED,
    InteractionDeflected: InteractionState.DEFLECTED,
    InteractionCancelled: InteractionState.CANCELLED,
    InteractionExpired: InteractionState.EXPIRED,
}


def completed(state: ShardState, interaction: Interaction, fact: InteractionCompleted, at: Instant) -> None:
    """The work is done: the thread is free for another contact, the agent wraps up."""
    move(state, interaction, COMPLETED, at, fact.wrap_up_until)
    _free_thread(state, interaction)
    if state.is_ready:
        state.past_threads.add(interaction.thread_key, interaction.id)
        agent = state.agent(fact.pool, interaction.agent_id)
        if agent is not None:
            state.touched.setdefault(agent, WORK)


def ended(state: ShardState, interaction: Interaction, fact: Ending, at: Instant) -> None:
    """It is over; what it held is free."""
    pool = state.pools[fact.pool]
    state.leave(interaction)
    if interaction.place is not None:
        pool.matching.leave(interaction)
    if interaction.state is not COMPLETED:  # Whose thread is free since then.
        _free_thread(state, interaction)
    if interaction.preferring:
        drop_preference(state.timers, pool, interaction)
    owner = interaction.agent_id
    free(state, interaction, at)
    interaction.agent_id = owner
    interaction.moves(_END_STATES[type(fact)], at, None)
    interaction.messages.clear()
    if state.is_ready:
        state.timers.watch((INTERACTION, interaction.id, ""), None)
        settle_visit(state.timers, pool, interaction, at)
        watch_silence(state.timers, pool, interaction)
    if pool.flows or interaction.visit is not None:
        state.follow_wait(interaction)
    remember_ended(state, interaction)
    while state.fading[0].state_since + AFTERGLOW_SECONDS < at:
        oldest = state.fading.popleft()
        del state.ended[oldest.id]
        state.roll.remove(oldest.sequence)
        if state.is_ready:
            state.past_threads.remove(oldest.thread_key, oldest.id)


def remember_ended(state: ShardState, interaction: Interaction) -> None:
    """Keep an ended interaction for its last reports."""
    state.ended[interaction.id] = interaction
    state.fading.append(interaction)
    if state.is_ready:
        state.past_threads.add(interaction.thread_key, interaction.id)


def _free_thread(state: ShardState, interaction: Interaction) -> None:
    """Another contact may begin on the thread, if this one had it still."""
    key = interaction.thread_key
    threads = state.threads.of(key)
    if threads.get(key) == interaction.id:
        del threads[key]
