"""All that the agents of a pool can do between them, and for each requirement class those who serve it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kindline.language.content import Channel
from kindline.language.plan import AgentPlan, SkillPlan
from kindline.routing.domain.choosing import surplus
from kindline.routing.domain.places import Place
from kindline.routing.domain.profile import Profile
from kindline.routing.domain.requirements import Requirement, unmet

ProfileKey = tuple[tuple[SkillPlan, ...], tuple[str, ...], tuple[int, ...], tuple[str, ...]]


def channel_bit(_queue: str, channel: Channel) -> int:
    """The bit of a class where no queue has a limit of its own."""
    return 1 << channel


class Profiles:
    """All profiles of one pool, and for each requirement class those that serve it."""

    __slots__ = ("_by_key", "_by_skill", "_open", "_queues", "_tiers", "bit", "population", "reserved", "servers")

    def __init__(self, queues: frozenset[str]) -> None:
        """Begin with none; a queue that is not among `queues` is drained by whoever is able."""
        self._queues = queues
        self.bit: Callable[[str, Channel], int] = channel_bit
        self._open: list[Requirement] = []
        self._by_key: dict[ProfileKey, Profile] = {}
        self._by_skill: dict[tuple[str, int], set[Profile]] = {}
        self._tiers: dict[int, tuple[int, list[list[Profile]]]] = {}
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
            for skill in plan.skills:
                for level in range(1, skill.level + 1):
                    self._by_skill.setdefault((skill.skill, level), set()).add(profile)
            for number, requirement in enumerate(self._open, 1):
                if not requirement.only:
                    self._introduce((profile,), requirement, number)
        return profile

    def join(self, place: Place, former: Profile | None) -> None:
        """An agent can do what the profile of their place says, and no more what their former profile said."""
        agent_id = place.agent.agent_id
        if former is not None and former.members.pop(agent_id, None) is not None:
            for number in former.serves:
                self.population[number] -= 1
        place.profile.members[agent_id] = place
        for number in place.profile.serves:
            self.population[number] += 1

    def introduce(self, requirement: Requirement) -> int:
        """Add a requirement class; its number, from 1."""
        self._open.append(requirement)
        self.servers.append([])
        self.population.append(0)
        if requirement.only:
            bit = self.bit(requirement.queue, requirement.channel)
            self.reserved.setdefault(requirement.only, []).append((len(self._open), bit))
            return len(self._open)
        # Whoever serves it has each of its skills, so only those who have all of them need to be looked at.
        skilled = [self._by_skill.get((need.skill, max(need.level, 1)), set()) for need in requirement.needs.skills]
        among = set.intersection(*sorted(skilled, key=len)) if skilled else self._by_key.values()
        self._introduce(among, requirement, len(self._open))
        return len(self._open)

    def tiers(self, number: int) -> list[list[Profile]]:
        """Those who serve a class, the most skilled first: each tier has the same levels beyond those needed."""
        servers = self.servers[number]
        known, tiers = self._tiers.get(number, (0, []))
        if known != len(servers):
            needs = self._open[number - 1].needs
            by_surplus: dict[int, list[Profile]] = {}
            for profile in servers:
                by_surplus.setdefault(surplus(needs, profile.plan), []).append(profile)
            tiers = [by_surplus[key] for key in sorted(by_surplus, reverse=True)]
            self._tiers[number] = (len(servers), tiers)
        return tiers

    def forget_classes(self) -> None:
        """Begin with no class again; the caller introduces those that are still needed."""
        self._open.clear()
        self.servers = [[]]
        self.population = [0]
        self.reserved.clear()
        self._tiers.clear()
        for profile in self._by_key.values():
            profile.forget()

    def _introduce(self, profiles: Iterable[Profile], requirement: Requirement, number: int) -> None:
        open_to_all = requirement.queue not in self._queues
        for profile in profiles:
            if not unmet(requirement, profile.plan, open_to_all=open_to_all):
                profile.add(number, self.bit(requirement.queue, requirement.channel))
                self.servers[number].append(profile)
                self.population[number] += len(profile.members)
