"""All that the agents of a pool can do between them, and for each requirement class those who serve it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kindline.language.content import Channel
from kindline.language.plan import AgentChannelLimit, AgentPlan, SkillPlan
from kindline.routing.domain.choosing import surplus
from kindline.routing.domain.places import Place
from kindline.routing.domain.profile import Profile, Rules, Servers
from kindline.routing.domain.requirements import Requirement, unmet

ProfileKey = tuple[
    tuple[SkillPlan, ...], tuple[str, ...], tuple[int, ...], tuple[str, ...], tuple[AgentChannelLimit, ...]
]


RULES_KEPT = 500
"""Classes for which it is remembered which rule keeps whom from them."""

NOBODY: tuple[int, set[Profile]] = (0, set())
"""Who serves class 0, in which nobody waits."""


def channel_bit(_queue: str, channel: Channel) -> int:
    """The bit of a class where no queue has a limit of its own."""
    return 1 << channel


class Profiles:
    """All profiles of one pool, and for each requirement class those that serve it."""

    __slots__ = (
        "_by_key",
        "_by_skill",
        "_narrow",
        "_open",
        "_queues",
        "_rules",
        "_tiers",
        "bit",
        "reserved",
        "servers",
    )

    def __init__(self, queues: frozenset[str]) -> None:
        """Begin with none; a queue that is not among `queues` is drained by whoever is able."""
        self._queues = queues
        self.bit: Callable[[str, Channel], int] = channel_bit
        self._open: list[Requirement] = []
        self._by_key: dict[ProfileKey, Profile] = {}
        self._by_skill: dict[tuple[str, int], set[Profile]] = {}
        self._narrow: set[Profile] = set()
        self._tiers: dict[int, tuple[int, list[set[Profile]]]] = {}
        self._rules: dict[int, Rules] = {}
        self.servers: Servers = [NOBODY]
        self.reserved: dict[str, list[tuple[int, int]]] = {}
        """For each agent the classes, with their channels' bits, of those who wait for nobody else."""

    def of(self, plan: AgentPlan) -> Profile:
        """The profile of all agents who can do what this plan says."""
        key = (plan.skills, plan.languages, plan.channels, plan.queues, plan.limits)
        profile = self._by_key.get(key)
        if profile is None:
            profile = self._by_key[key] = Profile(plan, self.servers)
            for skill in plan.skills:
                for level in range(1, skill.level + 1):
                    self._by_skill.setdefault((skill.skill, level), set()).add(profile)
            if plan.channels or plan.queues or plan.limits:
                self._narrow.add(profile)
            for number, requirement in enumerate(self._open, 1):
                if not (requirement.only or self._is_beyond(requirement, profile)):
                    self.servers[number][1].add(profile)
        return profile

    def join(self, place: Place, former: Profile | None) -> None:
        """An agent can do what the profile of their place says, and no more what their former profile said."""
        if former is not None:
            former.members.pop(place.agent.agent_id, None)
        place.profile.members[place.agent.agent_id] = place

    def introduce(self, requirement: Requirement) -> int:
        """Add a requirement class; its number, from 1."""
        self._open.append(requirement)
        bit = self.bit(requirement.queue, requirement.channel)
        able: set[Profile] = set()
        if requirement.only:
            self.reserved.setdefault(requirement.only, []).append((len(self._open), bit))
        elif requirement.needs.skills:
            # Whoever serves it has each of its skills.
            sets = [self._by_skill.get((need.skill, max(need.level, 1)), set()) for need in requirement.needs.skills]
            able = set.intersection(*sorted(sets, key=len))
        else:
            able = set(self._by_key.values())
        doubtful = able if requirement.needs.language else able & self._narrow
        self.servers.append((bit, able - {profile for profile in doubtful if self._is_beyond(requirement, profile)}))
        return len(self._open)

    def _is_beyond(self, requirement: Requirement, profile: Profile) -> bool:
        return bool(unmet(requirement, profile.plan, open_to_all=requirement.queue not in self._queues))

    def rules(self, number: int) -> Mapping[Profile, str]:
        """For all who are alike the first rule that keeps them from a class; empty when none does."""
        rules = self._rules.get(number)
        if rules is None:
            if len(self._rules) >= RULES_KEPT:
                self._rules.clear()
            requirement = self._open[number - 1]
            rules = self._rules[number] = Rules(requirement, open_to_all=requirement.queue not in self._queues)
        return rules

    def share(self, number: int) -> float:
        """About what part of the agents serve a class, to choose how to look for one."""
        return len(self.servers[number][1]) / max(len(self._by_key), 1)

    def tiers(self, number: int) -> list[set[Profile]]:
        """Those who serve a class, the most skilled first: each tier has the same levels beyond those needed."""
        servers = self.servers[number][1]
        known, tiers = self._tiers.get(number, (0, []))
        if known != len(servers):
            needs = self._open[number - 1].needs
            by_surplus: dict[int, set[Profile]] = {}
            for profile in servers:
                by_surplus.setdefault(surplus(needs, profile.plan), set()).add(profile)
            tiers = [by_surplus[key] for key in sorted(by_surplus, reverse=True)]
            self._tiers[number] = (len(servers), tiers)
        return tiers

    def forget_classes(self) -> None:
        """Begin with no class again; the caller introduces those that are still needed."""
        self._open.clear()
        del self.servers[1:]
        self.reserved.clear()
        self._tiers.clear()
        self._rules.clear()
        for profile in self._by_key.values():
            profile.forget()
