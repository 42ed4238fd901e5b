"""What an agent has in hand: one interaction from the offer to the close, and how firmly it is held.

Promises the agent's sums and capacity.py one reading of an interaction's state, the same in every fold and after any
restart.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum, auto

from kindline.language.content import Channel
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.interactions import Interaction

CHANNELS = 1 + max(Channel)
"""How many numbers channels have."""


class Grip(IntEnum):
    """How an agent holds an interaction."""

    FIRM = auto()
    """Offered, connecting, on hold or in wrap-up: nothing may push it aside."""
    OPEN = auto()
    """Being worked on: an offer of a channel that interrupts its channel may push it aside."""
    ASIDE = auto()
    """Interrupted: its units are not used, but set aside for when it comes back."""
    ASLEEP = auto()
    """Dormant: it takes its units, and keeps the agent from nothing else."""


FIRM, ASIDE, ASLEEP = Grip.FIRM, Grip.ASIDE, Grip.ASLEEP
"""By names of this module: to ask an Enum for a member takes longer than to count a hand."""

_GRIPS = {InteractionState.ACTIVE: Grip.OPEN, InteractionState.DORMANT: ASLEEP}


def grip_of(interaction: Interaction) -> Grip:
    """How the agent who owns an interaction holds it."""
    return ASIDE if interaction.interrupted_by else _GRIPS.get(interaction.state, FIRM)


@dataclass(slots=True)
class Hand:
    """One interaction in hand; `queue` is the one it was offered from."""

    channel: Channel
    units: int
    queue: str
    grip: Grip


@dataclass(slots=True, eq=False, kw_only=True)
class Holder:
    """Whoever has interactions in hand: each from the offer to the close; `work` is the part of them that they own.

    `used`, `set_aside`, `sleepers` and all that is `held`, by channel, are sums over the hands and nothing
    else; sleepers are not counted as held.
    """

    hands: dict[str, Hand] = field(default_factory=dict)
    work: dict[str, None] = field(default_factory=dict)
    used: int = 0
    set_aside: int = 0
    sleepers: int = 0
    held: list[int] = field(default_factory=lambda: [0] * CHANNELS)

    @property
    def is_busy(self) -> bool:
        """Whether anything in their hands is awake."""
        return len(self.hands) > self.sleepers

    @property
    def is_at_work(self) -> bool:
        """Whether they own anything that is awake: what is only offered to them is no work yet."""
        return len(self.work) > self.sleepers

    @property
    def held_queues(self) -> Counter[str]:
        """How many are held of each queue; counted when asked for, as few plans limit them."""
        return Counter(hand.queue for hand in self.hands.values() if hand.grip is not Grip.ASLEEP)

    def takes(self, interaction_id: str, channel: Channel, units: int, queue: str = "") -> None:
        """Capacity is held for an interaction."""
        if interaction_id not in self.hands:
            self.hands[interaction_id] = Hand(channel, units, queue, FIRM)
            # As `_count` does for what is held firmly: this is asked for each offer.
            self.used += units
            self.held[channel] += 1

    def holds(self, interaction_id: str, units: int, grip: Grip) -> None:
        """An interaction in hand takes these units from here on, and is held like this."""
        hand = self.hands[interaction_id]
        self._count(hand, -1)
        hand.units, hand.grip = units, grip
        self._count(hand, 1)

    def lets_go(self, interaction_id: str) -> Hand:
        """Capacity held for an interaction is free again."""
        hand = self.hands.pop(interaction_id)
        self.work.pop(interaction_id, None)
        self._count(hand, -1)
        return hand

    def _count(self, hand: Hand, by: int) -> None:
        if hand.grip is ASIDE:
            self.set_aside += by * hand.units
        else:
            self.used += by * hand.units
        if hand.grip is ASLEEP:
            self.sleepers += by
            return
        self.held[hand.channel] += by
