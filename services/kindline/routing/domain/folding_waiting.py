"""How a visit to a queue begins, and how facts about those who wait change the state."""

from __future__ import annotations

from kindline.language.content import NO_NEEDS
from kindline.language.facts import CallBackPromised, InteractionQueued, InteractionRelaxed
from kindline.language.facts.interactions import QueuedReason
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.state import ShardState

ANEW = (QueuedReason.ARRIVED, QueuedReason.HANDED_OVER, QueuedReason.TRANSFERRED, QueuedReason.OVERFLOWED)
"""Reasons with which a visit begins; queued for any other reason, the interaction goes on with the one it was on."""


def begin_visit(interaction: Interaction, fact: InteractionQueued, at: Instant) -> None:
    """It comes into a queue: anew, with all it needs there, unless it only comes back."""
    if fact.reason not in ANEW:
        return
    if fact.from_agent_id:
        interaction.asked, interaction.passed_on_by = NO_NEEDS, fact.from_agent_id
    interaction.joined_at = at
    interaction.relaxed = None
    goes_on = fact.reason is QueuedReason.OVERFLOWED and not fact.from_agent_id
    before = interaction.overflowed_from if goes_on else ()
    interaction.overflowed_from = (*before, fact.overflowed_from) if fact.overflowed_from else before


def relaxed(state: ShardState, interaction: Interaction, fact: InteractionRelaxed, _at: Instant) -> None:
    """It needs less, or more may serve it: it stands where it stood, in a line that more agents look at."""
    state.pools[fact.pool].matching.leave(interaction)
    interaction.relaxed = fact
    interaction.call_back_offered |= fact.call_back_offered
    state.settle_interaction(interaction)


def call_back_promised(state: ShardState, interaction: Interaction, fact: CallBackPromised, _at: Instant) -> None:
    """Its customer will be called: the wait ends when the promise says."""
    interaction.call_back = fact
    if interaction.state is InteractionState.QUEUED:
        interaction.deadline = fact.deadline
    state.settle_interaction(interaction)
