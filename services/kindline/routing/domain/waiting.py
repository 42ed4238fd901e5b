"""Who waits, grouped by requirement class: the head of each class is one packed integer in one list.

The order is that of `requirements.order_key` and nothing else, so it survives any restart.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable

from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.profiles import Profile, Profiles
from kindline.routing.domain.requirements import SEQUENCE_MASK, Requirement

EMPTY = 1 << 200
"""The head of a class in which nobody waits: after everybody."""

COMPACT = 512

CLASSES_KEPT = 1_000
"""Requirement classes beyond which those are forgotten in which nobody waits: what customers may ask for is endless."""


class Waiting:
    """The interactions of one pool that may be offered now."""

    __slots__ = ("_by_sequence", "_heads", "_lines", "_most", "_numbers", "_starts", "profiles")

    def __init__(self, queues: frozenset[str]) -> None:
        """Begin empty, under a plan with these queues."""
        self.profiles = Profiles(queues)
        self._most = CLASSES_KEPT
        self._numbers: dict[Requirement, int] = {}
        self._heads = [EMPTY]
        self._lines: list[list[int]] = [[]]
        self._starts = [0]
        self._by_sequence: dict[int, Interaction] = {}

    def number(self, interaction: Interaction) -> int:
        """The number of an interaction's requirement class, kept on it while it waits."""
        if interaction.requirement is not None:
            return interaction.requirement
        queued = interaction.queued
        if queued is None:
            raise LookupError(interaction.id)
        requirement = Requirement(queued.queue, interaction.channel, interaction.needs, interaction.also_queues)
        number = self._numbers.get(requirement)
        if number is None:
            if len(self._numbers) >= self._most:
                self._forget_empty()
            number = self._introduce(requirement)
        return number

    @property
    def classes(self) -> int:
        """How many requirement classes are known."""
        return len(self._numbers)

    def _introduce(self, requirement: Requirement) -> int:
        number = self._numbers[requirement] = self.profiles.introduce(requirement)
        self._heads.append(EMPTY)
        self._lines.append([])
        self._starts.append(0)
        return number

    def _forget_empty(self) -> None:
        """Number the classes in which somebody waits anew, and forget the others; no choice goes by the numbers."""
        before = [
            (requirement, number) for requirement, number in self._numbers.items() if self._heads[number] != EMPTY
        ]
        lines, starts = self._lines, self._starts
        self.profiles.forget_classes()
        self._numbers = {}
        self._heads, self._lines, self._starts = [EMPTY], [[]], [0]
        moved: dict[int | None, int] = {}
        for requirement, former in before:
            number = moved[former] = self._introduce(requirement)
            self._lines[number] = lines[former][starts[former] :]
            self._heads[number] = self._lines[number][0]
        for interaction in self._by_sequence.values():
            interaction.requirement = moved[interaction.requirement]
        self._most = max(CLASSES_KEPT, 2 * len(before))

    def add(self, interaction: Interaction, key: int) -> None:
        """Somebody waits from here on, at the place of this key."""
        number = interaction.requirement = self.number(interaction)
        line = self._lines[number]
        insort(line, key, lo=self._starts[number])
        self._heads[number] = line[self._starts[number]]
        self._by_sequence[key & SEQUENCE_MASK] = interaction

    def remove(self, interaction: Interaction, key: int) -> None:
        """Somebody waits no more."""
        number = self.number(interaction)
        line, start = self._lines[number], self._starts[number]
        if line[start] == key:
            start += 1
            if start > COMPACT and 2 * start > len(line):
                del line[:start]
                start = 0
            self._starts[number] = start
        else:
            del line[bisect_left(line, key, lo=start)]
        self._heads[number] = line[start] if start < len(line) else EMPTY
        interaction.requirement = None
        del self._by_sequence[key & SEQUENCE_MASK]

    def first(self, profile: Profile, mask: int) -> int:
        """The key of the first in line whom this profile can serve on these channels; EMPTY when nobody is."""
        return profile.first(mask, self._heads)

    def first_but(self, profile: Profile, mask: int, leaves_out: Callable[[Interaction], bool]) -> int:
        """As `first`, without those that are left out for this agent."""
        best = EMPTY
        for number in profile.numbers(mask):
            line = self._lines[number]
            for place in range(self._starts[number], len(line)):
                if line[place] >= best:
                    break
                if not leaves_out(self.at(line[place])):
                    best = line[place]
                    break
        return best

    def at(self, key: int) -> Interaction:
        """Who waits at this place."""
        return self._by_sequence[key & SEQUENCE_MASK]
