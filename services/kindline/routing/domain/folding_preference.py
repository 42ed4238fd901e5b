"""How facts about preferred agents change the state."""

from __future__ import annotations

from kindline.language.facts.interactions import InteractionQueued
from kindline.language.facts.waiting import PreferenceEnded
from kindline.language.ids import Instant
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.preferring import drop_preference
from kindline.routing.domain.state import ShardState


def prefers(state: ShardState, interaction: Interaction, fact: InteractionQueued) -> None:
    """It joins a queue, where somebody may be waited for; whoever was before is not, any more."""
    if interaction.preferring:
        drop_preference(state.timers, state.pools[interaction.pool], interaction)
    interaction.queued = fact
    interaction.preferring = bool(fact.preferred_agent_id)


def ended(state: ShardState, interaction: Interaction, fact: PreferenceEnded, _at: Instant) -> None:
    """Anybody may serve it, from the place in line that it has."""
    pool = state.pools[fact.pool]
    pool.matching.leave(interaction)
    drop_preference(state.timers, pool, interaction)
    state.settle_interaction(interaction)
