"""Who is like which profile: the agents of a few profiles one by one, and those of any as bits of whole numbers.

What is found for a class is remembered until somebody joins a profile; it is found again when it is next asked for.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable

from kindline.routing.domain.profile import Profile
from kindline.routing.domain.served import Able, Numbers, Served

LOOKS = 6
"""Looks at a list of all who are able that take as long as one into the order of all agents.

In the order one of `agents / able` is able, and in the list all `able` are looked at: both ways are as long where the
square of `able` is LOOKS times as many as there are agents, some 35 of 200, some 250 of 10,000.
"""


class Marks:
    """Who of one pool's agents joined which profile."""

    __slots__ = ("_ruled", "joined")

    def __init__(self) -> None:
        """Begin with nobody."""
        self._ruled: list[Served] = []
        self.joined = 0
        """How often anybody has joined a profile."""

    def join(self) -> None:
        """An agent is like another profile from here on."""
        self.joined += 1
        for served in self._ruled:
            served.rules.clear()
        self._ruled.clear()

    def forget(self) -> None:
        """The classes are no more."""
        self._ruled.clear()

    def few(self, able: Able, agents: int) -> Numbers | None:
        """The numbers of all who are able, in no order; None where they are many of so many agents."""
        if able.seen != self.joined:
            able.seen, able.numbers, found = self.joined, None, array("I")
            for profile in able.profiles:
                found.extend(place.number for place in profile.members.values())
                if len(found) ** 2 > LOOKS * agents:
                    return None
            able.numbers = found
        return able.numbers

    def sort(self, served: Served, profiles: Iterable[Profile], rule_of: Callable[[Profile], str]) -> None:
        """Find for each rule the bits of those whom it keeps from a class."""
        for profile in profiles:
            rule = rule_of(profile)
            served.rules[rule] = served.rules.get(rule, 0) | bits_of(profile)
        self._ruled.append(served)


def bits_of(profile: Profile) -> int:
    """The bits of all who are like a profile."""
    return sum(1 << place.number for place in profile.members.values())
