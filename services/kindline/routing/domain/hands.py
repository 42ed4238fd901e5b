"""What an agent has in hand: one interaction from the offer to the close, and how firmly it is held.

Promises the agent's sums and capacity.py one reading of an interaction's state, the same in every fold and after any
restart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from kindline.language.content import Channel
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.interactions import Interaction


class Grip(Enum):
    """How an agent holds an interaction."""

    FIRM = auto()
    """Offered, connecting, on hold or in wrap-up: nothing may push it aside."""
    OPEN = auto()
    """Being worked on: an offer of a channel that interrupts its channel may push it aside."""
    ASIDE = auto()
    """Interrupted: its units are not used, but set aside for when it comes back."""
    ASLEEP = auto()
    """Dormant: it takes its units, and keeps the agent from nothing else."""


_GRIPS = {InteractionState.ACTIVE: Grip.OPEN, InteractionState.DORMANT: Grip.ASLEEP}


def grip_of(interaction: Interaction) -> Grip:
    """How the agent who owns an interaction holds it."""
    return Grip.ASIDE if interaction.interrupted_by else _GRIPS.get(interaction.state, Grip.FIRM)


@dataclass(slots=True)
class Hand:
    """One interaction in hand; `queue` is the one it was offered from."""

    channel: Channel
    units: int
    queue: str
    grip: Grip
