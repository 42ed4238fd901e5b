"""Who waits, grouped by requirement class, so that "what next for this agent" is one gather and one `min`.

The head of each class is one packed integer in one list; a profile (agents who can do the same) holds a getter over the
classes it serves. The order is that of `requirements.order_key` and nothing else, so it survives any restart.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from operator import itemgetter

from kindline.language.plan import AgentPlan, SkillPlan
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.requirements import SEQUENCE_MASK, Requirement, unmet

EMPTY = 1 << 200
"""The head of a class in which nobody waits: after everybody."""

COMPACT = 512

ProfileKey = tuple[tuple[SkillPlan, ...], tuple[str, ...], tuple[int, ...], tuple[str, ...]]


class Profile:
    """Agents who can do the same things: which requirement classes they serve."""

    __slots__ = ("_getters", "_served", "plan", "serves")

    def __init__(self, plan: AgentPlan) -> None:
        """Begin with no class."""
        self.plan = plan
        self.serves: set[int] = set()
        self._served: list[tuple[int, int]] = []
        self._getters: dict[int, Callable[[list[int]], tuple[int, ...]]] = {}

    def add(self, number: int, channel_bit: int) -> None:
        """Serve one more class."""
        self.serves.add(number)
        self._served.append((number, channel_bit))
        self._getters.clear()

    def numbers(self, mask: int) -> Iterator[int]:
        """The classes served on the channels of the mask."""
        return (number for number, bit in self._served if bit & mask)

    def heads(self, mask: int, heads: list[int]) -> int:
        """The first head among the classes served on the channels of the mask; EMPTY when there is none."""
        getter = self._getters.get(mask)
        if getter is None:
            # Class 0 is nobody's and always empty: twice, so that the getter gives a tuple even for no class at all.
            getter = self._getters[mask] = itemgetter(0, 0, *self.numbers(mask))
        return min(getter(heads))


class Waiting:
    """The interactions of one pool that may be offered now."""

    __slots__ = (
        "_by_sequence",
        "_heads",
        "_lines",
        "_numbers",
        "_open_to_all",
        "_profiles",
        "_requirements",
        "_starts",
    )

    def __init__(self, queues: frozenset[str]) -> None:
        """Begin empty; a queue that is not among `queues` is drained by whoever is able."""
        self._open_to_all = queues
        self._numbers: dict[Requirement, int] = {}
        self._requirements: list[Requirement | None] = [None]
        self._heads = [EMPTY]
        self._lines: list[list[int]] = [[]]
        self._starts = [0]
        self._profiles: dict[ProfileKey, Profile] = {}
        self._by_sequence: dict[int, Interaction] = {}

    def profile(self, plan: AgentPlan) -> Profile:
        """The profile of all agents who can do what this plan says."""
        key = (plan.skills, plan.languages, plan.channels, plan.queues)
        profile = self._profiles.get(key)
        if profile is None:
            profile = self._profiles[key] = Profile(plan)
            for requirement, number in self._numbers.items():
                self._introduce(profile, requirement, number)
        return profile

    def number(self, interaction: Interaction) -> int:
        """The number of an interaction's requirement class."""
        queued = interaction.queued
        if queued is None:
            raise LookupError(interaction.id)
        requirement = Requirement(queued.queue, interaction.received.channel, queued.needs)
        number = self._numbers.get(requirement)
        if number is None:
            number = self._numbers[requirement] = len(self._heads)
            self._requirements.append(requirement)
            self._heads.append(EMPTY)
            self._lines.append([])
            self._starts.append(0)
            for profile in self._profiles.values():
                self._introduce(profile, requirement, number)
        return number

    def add(self, interaction: Interaction, key: int, number: int) -> None:
        """Somebody waits from here on, at the place of this key."""
        line = self._lines[number]
        insort(line, key, lo=self._starts[number])
        self._heads[number] = line[self._starts[number]]
        self._by_sequence[key & SEQUENCE_MASK] = interaction

    def remove(self, key: int, number: int) -> None:
        """Somebody waits no more."""
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
        return profile.heads(mask, self._heads)

    def at(self, key: int) -> Interaction:
        """Who waits at this place."""
        return self._by_sequence[key & SEQUENCE_MASK]

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

    def _introduce(self, profile: Profile, requirement: Requirement, number: int) -> None:
        open_to_all = requirement.queue not in self._open_to_all
        if not unmet(requirement, profile.plan, open_to_all=open_to_all):
            profile.add(number, 1 << requirement.channel)
