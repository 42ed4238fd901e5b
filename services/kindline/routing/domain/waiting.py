"""Who waits, grouped by requirement class: the head of each class, as of an instant, is one packed integer in one list.

The order is that of `order` and nothing else, so it survives any restart.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from kindline.language.content import Channel, Needs
from kindline.language.ids import Instant
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.lines import NUMBERS, Lines
from kindline.routing.domain.order import EMPTY, Order
from kindline.routing.domain.profile import Profile
from kindline.routing.domain.profiles import Profiles
from kindline.routing.domain.requirements import Requirement

CLASSES_KEPT = 4_000
"""Requirement classes beyond which those are forgotten in which nobody waits: what customers may ask for is endless."""


class Waiting:
    """The interactions of one pool that may be offered now."""

    __slots__ = ("_lines", "_met", "_most", "_numbers", "profiles", "ripen")

    def __init__(self, queues: frozenset[str], order: Order) -> None:
        """Begin empty, under a plan with these queues and this order."""
        self.profiles = Profiles(queues)
        self._lines = Lines(order)
        self._most = CLASSES_KEPT
        self._numbers: dict[Requirement, int] = {}
        # The class of needs that were met before, found without looking into them: they never change, the engine keeps
        # equal ones once, and nothing else can have their identity while they are kept here.
        self._met: dict[tuple[str, Channel, int], tuple[Needs, int]] = {}
        self.ripen: Callable[[Instant], None] = self._lines.ripen

    def number(self, interaction: Interaction) -> int:
        """The number of an interaction's requirement class."""
        if interaction.lane is not None:
            return interaction.lane.number
        queued = interaction.queued
        if queued is None or interaction.preferring or interaction.relaxed is not None:
            return self._number(interaction.requirement)
        # All it asks for is what it was queued with.
        key = (queued.queue, interaction.channel, id(queued.needs))
        met = self._met.get(key)
        if met is None:
            if len(self._met) >= self._most:
                self._met.clear()
            met = self._met[key] = (queued.needs, self._number(interaction.requirement))
        return met[1]

    def _number(self, requirement: Requirement) -> int:
        number = self._numbers.get(requirement)
        if number is None:
            if len(self._numbers) >= self._most:
                self._forget_empty()
            number = self._introduce(requirement)
            self._lines.introduce()
        return number

    @property
    def classes(self) -> int:
        """How many requirement classes are known."""
        return len(self._numbers)

    def _introduce(self, requirement: Requirement) -> int:
        number = self._numbers[requirement] = self.profiles.introduce(requirement)
        return number

    def _forget_empty(self) -> None:
        """Number the classes in which somebody waits anew, and forget the others; no choice goes by the numbers."""
        before = {requirement: number for requirement, number in self._numbers.items() if self._lines.occupied(number)}
        self.profiles.forget_classes()
        self._lines.keep(before.values())
        self._numbers = {}
        self._met.clear()
        for requirement in before:
            self._introduce(requirement)
        self._most = max(CLASSES_KEPT, 2 * len(before))

    def add(self, interaction: Interaction, entry: int) -> None:
        """Somebody waits from here on, at their age."""
        number = self.number(interaction)
        base = self._lines.order.base(interaction.priority, reserved=interaction.preferring)
        interaction.place = entry
        interaction.lane = self._lines.add(number, base, interaction)

    def remove(self, interaction: Interaction) -> None:
        """Somebody waits no more."""
        lane = interaction.lane
        if lane is not None:
            self._lines.remove(lane, interaction)
            interaction.place = interaction.lane = None

    def place(self, interaction: Interaction) -> int | None:
        """The place in line of somebody now; None when they do not wait."""
        lane = interaction.lane
        return None if lane is None else self._lines.place(lane, interaction)

    def head_of(self, interaction: Interaction) -> Interaction | None:
        """The first in line of an interaction's class; None when it does not wait."""
        lane = interaction.lane
        front = None if lane is None else self._lines.fronts[lane.number]
        return None if front is None else front.first

    def first(self, agent_id: str, profile: Profile, mask: int) -> Interaction | None:
        """The first in line whom this agent can serve on these channels; None when nobody is."""
        lines = self._lines
        heads = lines.heads
        head = profile.first(mask, heads)
        if reserved := self.profiles.reserved:
            for number, bit in reserved.get(agent_id, ()):
                if bit & mask:
                    head = min(head, heads[number])
        front = lines.fronts[head & NUMBERS]
        return None if front is None else front.first

    def first_but(
        self,
        agent_id: str,
        profile: Profile,
        mask: int,
        leaves_out: Callable[[Interaction], bool],
        found: Interaction | None = None,
    ) -> Interaction | None:
        """As `first`, without those that are left out for this agent; who is `found` already if none is before them."""
        best = EMPTY if found is None or found.lane is None else self._lines.place(found.lane, found)
        reserved = (number for number, bit in self.profiles.reserved.get(agent_id, ()) if bit & mask)
        for number in chain(profile.numbers(mask), reserved):
            for line in self._lines.walk(number):
                for place, one in line:
                    if place >= best:
                        break
                    if not leaves_out(one):
                        best, found = place, one
                        break
        return found
