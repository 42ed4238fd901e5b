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


class Waiting:
    """The interactions of one pool that may be offered now."""

    __slots__ = ("_by_sequence", "_heads", "_lines", "_numbers", "_starts", "profiles")

    def __init__(self, queues: frozenset[str]) -> None:
        """Begin empty, under a plan with these queues."""
        self.profiles = Profiles(queues)
        self._numbers: dict[Requirement, int] = {}
        self._heads = [EMPTY]
        self._lines: list[list[int]] = [[]]
        self._starts = [0]
        self._by_sequence: dict[int, Interaction] = {}

    def number(self, interaction: Interaction) -> int:
        """The number of an interaction's requirement class, kept on it until it is queued anew."""
        if interaction.requirement is not None:
            return interaction.requirement
        queued = interaction.queued
        if queued is None:
            raise LookupError(interaction.id)
        requirement = Requirement(queued.queue, interaction.received.channel, queued.needs)
        number = self._numbers.get(requirement)
        if number is None:
            number = self._numbers[requirement] = self.profiles.introduce(requirement)
            self._heads.append(EMPTY)
            self._lines.append([])
            self._starts.append(0)
        interaction.requirement = number
        return number

    def add(self, interaction: Interaction, key: int) -> None:
        """Somebody waits from here on, at the place of this key."""
        number = self.number(interaction)
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
