"""All that the agents of a pool can do between them, and for each requirement class those who serve it."""

from __future__ import annotations

from collections.abc import Callable

from kindline.language.content import NO_NEEDS, Channel
from kindline.language.plan import AgentChannelLimit, AgentPlan, SkillPlan
from kindline.routing.domain.choosing import surplus
from kindline.routing.domain.marks import Marks
from kindline.routing.domain.places import Place
from kindline.routing.domain.profile import Profile
from kindline.routing.domain.requirements import Requirement, unmet
from kindline.routing.domain.served import Able, Numbers, Served

ProfileKey = tuple[
    tuple[SkillPlan, ...], tuple[str, ...], tuple[int, ...], tuple[str, ...], tuple[AgentChannelLimit, ...]
]

NOBODYS = Requirement("", Channel.UNSPECIFIED, NO_NEEDS)
"""What class 0 asks for."""


def channel_bit(_queue: str, channel: Channel) -> int:
    """The bit of a class where no queue has a limit of its own."""
    return 1 << channel


class Profiles:
    """All profiles of one pool, and for each requirement class those that serve it."""

    __slots__ = (
        "_by_key",
        "_by_skill",
        "_everybody",
        "_marks",
        "_narrow",
        "_queues",
        "bit",
        "few",
        "reserved",
        "served",
    )

    def __init__(self, queues: frozenset[str]) -> None:
        """Begin with none; a queue that is not among `queues` is drained by whoever is able."""
        self._queues = queues
        self.bit: Callable[[str, Channel], int] = channel_bit
        self._by_key: dict[ProfileKey, Profile] = {}
        self._narrow: set[Profile] = set()
        self._marks = Marks()
        self._everybody: set[Profile] = set()
        self._by_skill: dict[tuple[str, int], Able] = {}
        self.served: list[Served] = [Served(0, NOBODYS, 0, Able(set()))]
        """All classes by their numbers; class 0 is nobody's."""
        self.reserved: dict[str, list[tuple[int, int]]] = {}
        """For each agent the classes, with their channels' bits, of those who wait for nobody else."""
        self.few: Callable[[Able, int], Numbers | None] = self._marks.few
        """The numbers of all who are able, in no order; None where they are many."""

    def of(self, plan: AgentPlan) -> Profile:
        """The profile of all agents who can do what this plan says."""
        key = (plan.skills, plan.languages, plan.channels, plan.queues, plan.limits)
        profile = self._by_key.get(key)
        if profile is None:
            profile = self._by_key[key] = Profile(plan, self.served)
            for skill in plan.skills:
                for level in range(1, skill.level + 1):
                    skilled = self._skilled(skill.skill, level)
                    skilled.profiles.add(profile)
                    profile.skills |= skilled.skills
            self._everybody.add(profile)
            if plan.channels or plan.queues or plan.limits:
                self._narrow.add(profile)
            for served in self.served[1:]:
                asked = served.requirement
                if not (asked.only or self._is_beyond(asked, profile)):
                    served.able.profiles.add(profile)
                    served.tiers.clear()
        return profile

    def join(self, place: Place, former: Profile | None) -> None:
        """An agent can do what the profile of their place says, and no more what their former profile said."""
        if former is not None:
            former.members.pop(place.agent.agent_id, None)
        place.profile.members[place.agent.agent_id] = place
        self._marks.join()

    def _skilled(self, skill: str, level: int) -> Able:
        """Those who have a skill at a level, which is 1 at least."""
        key = (skill, max(level, 1))
        able = self._by_skill.get(key)
        if able is None:
            able = self._by_skill[key] = Able(set(), 1 << len(self._by_skill))
        return able

    def introduce(self, requirement: Requirement) -> int:
        """Add a requirement class; its number, from 1."""
        number = len(self.served)
        bit = self.bit(requirement.queue, requirement.channel)
        able, skills = set[Profile](), 0
        if requirement.only:
            self.reserved.setdefault(requirement.only, []).append((number, bit))
        elif requirement.needs.skills:
            # Whoever serves it has each of its skills.
            every = [self._skilled(need.skill, need.level) for need in requirement.needs.skills]
            able = set.intersection(*sorted((one.profiles for one in every), key=len))
            for one in every:
                skills |= one.skills
        else:
            able = self._everybody
        doubtful = able if requirement.needs.language else able & self._narrow
        able = able - {profile for profile in doubtful if self._is_beyond(requirement, profile)}
        self.served.append(Served(number, requirement, bit, Able(able, skills)))
        return number

    def _is_beyond(self, requirement: Requirement, profile: Profile) -> bool:
        return bool(unmet(requirement, profile.plan, open_to_all=requirement.queue not in self._queues))

    def rules(self, served: Served) -> dict[str, int]:
        """For each rule that keeps agents from a class by what they can do their bits; the able have no rule's name."""
        if not served.rules:
            asked = served.requirement
            open_to_all = asked.queue not in self._queues
            rule_of = lambda profile: unmet(asked, profile.plan, open_to_all=open_to_all)  # noqa: E731
            self._marks.sort(served, self._by_key.values(), rule_of)
        return served.rules

    def tiers(self, served: Served) -> list[Able]:
        """Those who serve a class, the most skilled first: each tier has the same levels beyond those needed."""
        if not served.tiers:
            needs = served.requirement.needs
            by_surplus: dict[int, set[Profile]] = {}
            for profile in served.able.profiles:
                by_surplus.setdefault(surplus(needs, profile.plan), set()).add(profile)
            served.tiers = [Able(by_surplus[key], served.able.skills) for key in sorted(by_surplus, reverse=True)]
        return served.tiers

    def forget_classes(self) -> None:
        """Begin with no class again; the caller introduces those that are still needed."""
        del self.served[1:]
        self.reserved.clear()
        self._marks.forget()
        for profile in self._by_key.values():
            profile.forget()
