"""How the state changes when a customer was told something."""

from __future__ import annotations

from kindline.language.facts import CustomerInformed
from kindline.language.ids import Instant
from kindline.routing.domain.state import ShardState
from kindline.routing.domain.timers import Due
from kindline.routing.domain.waits_followed import tell_due


def informed(state: ShardState, fact: CustomerInformed, at: Instant) -> None:
    """The customer knows their place, and is told it again in a while; an announcement of the ladder's is only said."""
    if not fact.position:
        return
    interaction = state.interactions[fact.interaction_id]
    if interaction.visit is None:
        return
    interaction.told_position = fact.position
    if fact.expected_wait is not None:
        interaction.promised_until = at + fact.expected_wait.most_seconds
    every = state.pools[fact.pool].queue(fact.queue).tell_wait_every_seconds
    interaction.tell_at = at + every if every > 0 else 0.0
    state.timers.watch((Due.TELL, interaction.id, ""), tell_due(interaction))
