"""What an interaction asks for itself, whatever queue it is in: what it came with, and what a bot made of it.

Promises customers that it is the same in every queue they come into, whatever the plan meanwhile says of the others.
"""

from __future__ import annotations

from kindline.language.content import Needs
from kindline.language.events import HandoverRequested
from kindline.language.facts.interactions import QueuedReason
from kindline.language.plan_checks import HIGHEST_PRIORITY
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.requirements import merged


def asks(interaction: Interaction, handover: HandoverRequested) -> None:
    """A bot that hands it over says what it made of it; once it is in a queue, it is too late for that."""
    if interaction.state is InteractionState.RECEIVED:
        interaction.asked = handover.needs
        if handover.priority is not None:
            interaction.asked_priority = min(max(handover.priority, 0), HIGHEST_PRIORITY)


def own_needs(interaction: Interaction, reason: QueuedReason) -> Needs:
    """What it needs in any queue; what a bot made of it holds until an agent, who knows better, passes it on."""
    own = interaction.received.needs
    return own if reason is QueuedReason.TRANSFERRED else merged(own, interaction.asked)


def own_priority(interaction: Interaction) -> int:
    """Its priority in any queue, before the queue's weight."""
    return interaction.received.priority if interaction.asked_priority is None else interaction.asked_priority
