"""What a promised call-back changes for one interaction: pure reading, for folds and decisions alike.

Promises customers that the promise outlives their patience: they may leave the line, and are not sent elsewhere.
"""

from __future__ import annotations

from kindline.language.content import Channel
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.interactions import Interaction

TALKING = frozenset({InteractionState.ACTIVE, InteractionState.HELD, InteractionState.DORMANT})
"""States in which an agent works with the customer."""


def is_owed(interaction: Interaction) -> bool:
    """Whether its customer is never sent elsewhere: an agent answered them once, or they were promised a call-back."""
    return interaction.answered or interaction.call_back is not None


def may_leave(interaction: Interaction) -> bool:
    """Whether a customer who leaves changes nothing: they will be called, or, on a page, are being called already."""
    if interaction.call_back is None:
        return False
    return interaction.state not in TALKING or interaction.channel is not Channel.VOICE


def wait_ends_at(interaction: Interaction) -> Instant | None:
    """When the wait ends at the latest; however often its customer is not reached, a call-back has one end."""
    if interaction.call_back is not None:
        return interaction.call_back.deadline
    return interaction.queued.deadline if interaction.queued is not None else None


def waited_seconds(interaction: Interaction, now: Instant) -> float:
    """Seconds that count as waiting; of a call-back those since it was due."""
    promised = interaction.call_back
    since = interaction.waiting_since if promised is None else max(interaction.waiting_since, promised.due_at)
    return max(now - since, 0.0)
