"""The agents of a pool as bits of whole numbers: who has which skill, and from that who serves which class.

An agent's bit is that of their number. What is found for a class is remembered until any agent learns or joins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kindline.routing.domain.places import Place
from kindline.routing.domain.profile import Profile
from kindline.routing.domain.served import Able, Served


class Marks:
    """The bits of one pool's agents."""

    __slots__ = ("_everybody", "_prepared", "_ruled", "_skilled")

    def __init__(self) -> None:
        """Begin with nobody."""
        self._everybody = 0
        self._skilled: dict[tuple[str, int], int] = {}
        self._prepared: list[Able] = []
        self._ruled: list[Served] = []

    def join(self, place: Place, former: Profile | None) -> None:
        """An agent is like the profile of their place from here on, and not like the former one any more."""
        own = 1 << place.number
        self._everybody |= own
        for profile in (former, place.profile):
            for skill in profile.plan.skills if profile else ():
                for level in range(1, skill.level + 1):
                    key = (skill.skill, level)
                    self._skilled[key] = self._skilled.get(key, 0) ^ own
        for able in self._prepared:
            able.bits = None
        for served in self._ruled:
            served.rules.clear()
        self.forget()

    def forget(self) -> None:
        """Nothing that was found is in use any more."""
        self._prepared.clear()
        self._ruled.clear()

    def prepare(self, able: Able, *, by_skill: bool) -> int:
        """Find the bits of those who are able; `by_skill` says that nothing but the skills asked for keeps anybody."""
        if able.asked is None or not by_skill:
            bits = bits_of(able.profiles)
        else:
            bits = self._everybody
            for need in able.asked.needs.skills:
                bits &= self._skilled.get((need.skill, max(need.level, 1)), 0)
        able.bits = bits
        self._prepared.append(able)
        return bits

    def sort(self, served: Served, profiles: Iterable[Profile], rule_of: Callable[[Profile], str]) -> None:
        """Find for each rule the bits of those whom it keeps from a class."""
        for profile in profiles:
            rule = rule_of(profile)
            served.rules[rule] = served.rules.get(rule, 0) | bits_of((profile,))
        self._ruled.append(served)


def bits_of(profiles: Iterable[Profile]) -> int:
    """The bits of all who are like one of these."""
    return sum(1 << place.number for profile in profiles for place in profile.members.values())
