"""Agents who can do the same things share a profile: which requirement classes it serves, found by skill.

A profile holds a getter over the heads of its classes: the first in line for an agent is one gather and a `min`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter

from kindline.language.content import Channel
from kindline.language.plan import AgentPlan, SkillPlan
from kindline.routing.domain.requirements import Requirement, unmet

ProfileKey = tuple[tuple[SkillPlan, ...], tuple[str, ...], tuple[int, ...], tuple[str, ...]]

GETTERS_KEPT = 500
"""Masks for which a profile remembers a getter: with limits of queues there are many, though few at any time."""


def channel_bit(_queue: str, channel: Channel) -> int:
    """The bit of a class where no queue has a limit of its own."""
    return 1 << channel


class Profile:
    """What some agents of a pool can do, and who they are."""

    __slots__ = ("_getters", "_served", "members", "plan", "serves")

    def __init__(self, plan: AgentPlan) -> None:
        """Begin with no class and nobody."""
        self.plan = plan
        self.members: dict[str, None] = {}
        self.serves: set[int] = set()
        self._served: list[tuple[int, int]] = []
        self._getters: dict[int, Callable[[list[int]], tuple[int, ...]]] = {}

    def add(self, number: int, channel_bit: int) -> None:
        """Serve one more class."""
        self.serves.add(number)
        self._served.append((number, channel_bit))
        self._getters.clear()

    def forget(self) -> None:
        """Serve no class any more."""
        self.serves.clear()
        self._served.clear()
        self._getters.clear()

    def numbers(self, mask: int) -> Iterator[int]:
        """The classes served on the channels of the mask."""
        return (number for number, bit in self._served if bit & mask)

    def first(self, mask: int, heads: list[int]) -> int:
        """The first head among the classes served on the channels of the mask; that of class 0 when there is none."""
        getter = self._getters.get(mask)
        if getter is None:
            # Class 0 is nobody's and always empty: twice, so that the getter gives a tuple even for no class at all.
            if len(self._getters) >= GETTERS_KEPT:
                self._getters.clear()
            getter = self._getters[mask] = itemgetter(0, 0, *self.numbers(mask))
        return min(getter(heads))


class Profiles:
    """All profiles of one pool, and for each requirement class those that serve it."""

    __slots__ = ("_by_key", "_by_skill", "_open", "_queues", "bit", "population", "reserved", "servers")

    def __init__(self, queues: frozenset[str]) -> None:
        """Begin with none; a queue that is not among `queues` is drained by whoever is able."""
        self._queues = queues
        self.bit: Callable[[str, Channel], int] = channel_bit
        self._open: list[Requirement] = []
        self._by_key: dict[ProfileKey, Profile] = {}
        self._by_skill: dict[str, list[Profile]] = {}
        self.servers: list[list[Profile]] = [[]]
        self.population = [0]
        self.reserved: dict[str, list[tuple[int, int]]] = {}
        """For each agent the classes, with their channels' bits, of those who wait for nobody else."""

    def of(self, plan: AgentPlan) -> Profile:
        """The profile of all agents who can do what this plan says."""
        key = (plan.skills, plan.languages, plan.channels, plan.queues)
        profile = self._by_key.get(key)
        if profile is None:
            profile = self._by_key[key] = Profile(plan)
            for skill in {skill.skill: None for skill in plan.skills}:
                self._by_skill.setdefault(skill, []).append(profile)
            for number, requirement in enumerate(self._open, 1):
                if not requirement.only:
                    self._introduce((profile,), requirement, number)
        return profile

    def join(self, agent_id: str, plan: AgentPlan, former: Profile | None) -> Profile:
        """An agent can do what this plan says, and no more what their former profile said."""
        profile = self.of(plan)
        if former is not None and former.members.pop(agent_id, None) is not None:
            for number in former.serves:
                self.population[number] -= 1
        profile.members[agent_id] = None
        for number in profile.serves:
            self.population[number] += 1
        return profile

    def introduce(self, requirement: Requirement) -> int:
        """Add a requirement class; its number, from 1."""
        self._open.append(requirement)
        self.servers.append([])
        self.population.append(0)
        if requirement.only:
            self.reserved.setdefault(requirement.only, []).append(
                (len(self._open), self.bit(requirement.queue, requirement.channel))
            )
            return len(self._open)
        skills = requirement.needs.skills
        # Whoever serves it has each of its skills, so only those who have the rarest need to be looked at.
        lists = [self._by_skill.get(need.skill, []) for need in skills]
        among: list[Profile] = min(lists, key=len) if lists else list(self._by_key.values())
        self._introduce(among, requirement, len(self._open))
        return len(self._open)

    def forget_classes(self) -> None:
        """Begin with no class again; the caller introduces those that are still needed."""
        self._open.clear()
        self.servers = [[]]
        self.population = [0]
        self.reserved.clear()
        for profile in self._by_key.values():
            profile.forget()

    def _introduce(self, profiles: Iterable[Profile], requirement: Requirement, number: int) -> None:
        open_to_all = requirement.queue not in self._queues
        for profile in profiles:
            if not unmet(requirement, profile.plan, open_to_all=open_to_all):
                profile.add(number, self.bit(requirement.queue, requirement.channel))
                self.servers[number].append(profile)
                self.population[number] += len(profile.members)
