"""Agents who can do the same things share a profile: which requirement classes it serves, and who they are.

A profile holds a getter over the heads of its classes: the first in line for an agent is one gather and a `min`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter

from kindline.language.plan import AgentPlan
from kindline.routing.domain.places import Place

GETTERS_KEPT = 500
"""Masks for which a profile remembers a getter: with limits of queues there are many, though few at any time."""


class Profile:
    """What some agents of a pool can do, and who they are."""

    __slots__ = ("_getters", "_served", "members", "plan", "serves")

    def __init__(self, plan: AgentPlan) -> None:
        """Begin with no class and nobody."""
        self.plan = plan
        self.members: dict[str, Place] = {}
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
