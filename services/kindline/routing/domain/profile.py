"""Agents who can do the same things share a profile: which requirement classes it serves, and who they are.

A profile holds a getter over the heads of its classes: the first in line for an agent is one gather and a `min`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter

from kindline.language.plan import AgentPlan
from kindline.routing.domain.places import Place
from kindline.routing.domain.served import Served

GETTERS_KEPT = 500
"""Masks for which a profile remembers a getter: with limits of queues there are many, though few at any time."""


class Profile:
    """What some agents of a pool can do, and who they are.

    Which classes it serves is read off `served`, all classes, when somebody next asks: classes are met for the first
    time while a customer waits, and then nobody is told but who is asked.
    """

    __slots__ = ("_all", "_by_bit", "_getters", "_known", "members", "plan", "skills")

    def __init__(self, plan: AgentPlan, served: Sequence[Served]) -> None:
        """Begin with nobody."""
        self.skills = 0
        """The bits of all skills, each at all levels up to the agents' own."""
        self.plan = plan
        self.members: dict[str, Place] = {}
        self._all = served
        self.forget()

    def forget(self) -> None:
        """The classes have been numbered anew."""
        self._known = 0
        self._by_bit: dict[int, list[int]] = {}
        self._getters: dict[int, Callable[[list[int]], tuple[int, ...]]] = {}

    def numbers(self, mask: int) -> list[int]:
        """The classes served on the channels of the mask."""
        self._learn()
        return [number for bit, numbers in self._by_bit.items() if bit & mask for number in numbers]

    def _learn(self) -> None:
        """Take notice of the classes that are new."""
        for served in self._all[self._known :]:
            if self in served.able.profiles:
                # The number of the class itself: one that is found anew lies elsewhere for each profile, far from all.
                self._by_bit.setdefault(served.bit, []).append(served.number)
                self._getters.clear()
        self._known = len(self._all)

    def first(self, mask: int, heads: list[int]) -> int:
        """The first head among the classes served on the channels of the mask; that of class 0 when there is none."""
        if self._known != len(self._all):
            self._learn()
        getter = self._getters.get(mask)
        if getter is None:
            # Class 0 is nobody's and always empty: twice, so that the getter gives a tuple even for no class at all.
            if len(self._getters) >= GETTERS_KEPT:
                self._getters.clear()
            getter = self._getters[mask] = itemgetter(0, 0, *self.numbers(mask))
        return min(getter(heads))
