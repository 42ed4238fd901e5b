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
from kindline.routing.domain.state import ShardState
from kindline.routing.domain.staying import settle_visit
from kindline.routing.domain.timers import Due

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


def completed(state: ShardState, fact: InteractionCompleted, at: Instant) -> None:
    """The work is done: the thread is free for another contact, the agent wraps up."""
    move(state, fact.interaction_id, InteractionState.COMPLETED, at, fact.wrap_up_until)
    interaction = state.interactions[fact.interaction_id]
    _retire_thread(state, interaction)
    agent = state.agent(fact.pool, interaction.agent_id)
    if agent is not None:
        state.touched.setdefault(agent, RoutingStateReason.WORK)


def ended(state: ShardState, fact: Ending, at: Instant) -> None:
    """It is over; what it held is free."""
    interaction = state.leave(fact.interaction_id)
    state.pools[fact.pool].matching.leave(interaction)
    _retire_thread(state, interaction)
    drop_preference(state.timers, state.pools[fact.pool], interaction)
    owner = interaction.agent_id
    free(state, interaction, at)
    interaction.agent_id = owner
    interaction.moves(_END_STATES[type(fact)], at, None)
    interaction.messages.clear()
    state.timers.watch((Due.INTERACTION, interaction.id, ""), None)
    settle_visit(state.timers, state.pools[fact.pool], interaction, at)
    state.timers.watch((Due.DORMANT, interaction.id, ""), None)
    state.follow_wait(interaction)
    remember_ended(state, interaction)
    while True:
        oldest = next(iter(state.ended.values()))
        if oldest.state_since + AFTERGLOW_SECONDS >= at:
            break
        del state.ended[oldest.id]
        past = state.past_threads[oldest.thread_key]
        past.pop(oldest.id, None)
        if not past:
            del state.past_threads[oldest.thread_key]


def remember_ended(state: ShardState, interaction: Interaction) -> None:
    """Keep an ended interaction for its last reports."""
    state.ended[interaction.id] = interaction
    state.past_threads.setdefault(interaction.thread_key, {})[interaction.id] = None


def _retire_thread(state: ShardState, interaction: Interaction) -> None:
    key = interaction.thread_key
    if state.threads.get(key) == interaction.id:
        del state.threads[key]
    state.past_threads.setdefault(key, {})[interaction.id] = None
