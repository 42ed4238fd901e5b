"""Agents who can do the same things share a profile: which requirement classes it serves, and who they are.

A profile holds a getter over the heads of its classes: the first in line for an agent is one gather and a `min`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter

from kindline.language.plan import AgentPlan
from kindline.routing.domain.places import Place
from kindline.routing.domain.requirements import Requirement, unmet

GETTERS_KEPT = 500
"""Masks for which a profile remembers a getter: with limits of queues there are many, though few at any time."""


class Profile:
    """What some agents of a pool can do, and who they are.

    Which classes it serves is read off `servers`, the profiles that serve each class, when somebody next asks: classes
    are met for the first time while a customer waits, and then nobody is told but who is asked.
    """

    __slots__ = ("_getters", "_known", "_served", "_servers", "members", "plan", "ready")

    def __init__(self, plan: AgentPlan, servers: Servers) -> None:
        """Begin with nobody."""
        self.plan = plan
        self.members: dict[str, Place] = {}
        self.ready = 0
        """How many of them have room for something."""
        self._servers = servers
        self.forget()

    def forget(self) -> None:
        """The classes have been numbered anew."""
        self._known = 0
        self._served: list[tuple[int, int]] = []
        self._getters: dict[int, Callable[[list[int]], tuple[int, ...]]] = {}

    def numbers(self, mask: int) -> Iterator[int]:
        """The classes served on the channels of the mask."""
        self._learn()
        return (number for number, bit in self._served if bit & mask)

    def _learn(self) -> None:
        """Take notice of the classes that are new."""
        servers = self._servers
        for number in range(self._known, len(servers)):
            bit, profiles = servers[number]
            if self in profiles:
                self._served.append((number, bit))
                self._getters.clear()
        self._known = len(servers)

    def first(self, mask: int, heads: list[int]) -> int:
        """The first head among the classes served on the channels of the mask; that of class 0 when there is none."""
        if self._known != len(self._servers):
            self._learn()
        getter = self._getters.get(mask)
        if getter is None:
            # Class 0 is nobody's and always empty: twice, so that the getter gives a tuple even for no class at all.
            if len(self._getters) >= GETTERS_KEPT:
                self._getters.clear()
            getter = self._getters[mask] = itemgetter(0, 0, *self.numbers(mask))
        return min(getter(heads))


Servers = list[tuple[int, set[Profile]]]
"""For each class its bit in masks, and the profiles that serve it."""


class Rules(dict[Profile, str]):
    """Which rule keeps whom from one class, found out when it is first asked of a profile."""

    __slots__ = ("_open_to_all", "_requirement")

    def __init__(self, requirement: Requirement, *, open_to_all: bool) -> None:
        """Begin with nobody."""
        super().__init__()
        self._requirement, self._open_to_all = requirement, open_to_all

    def __missing__(self, profile: Profile) -> str:
        """Find it out."""
        rule = self[profile] = unmet(self._requirement, profile.plan, open_to_all=self._open_to_all)
        return rule
