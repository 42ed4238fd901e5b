"""One lane of a requirement class: those of one priority who wait, the oldest first.

The first of a lane is found without looking for it anywhere: the lane holds the interactions themselves, in the order
of the entries (see `order`) that each keeps as its `place` for as long as it stands here.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from kindline.routing.domain.order import COMPACT

if TYPE_CHECKING:
    from kindline.routing.domain.interactions import Interaction

ENTRY = attrgetter("place")
"""The entry of somebody who stands in a lane."""


class Lane:
    """Those of one requirement class and one priority: `people` from `start` on, as long as anybody is left."""

    __slots__ = ("base", "number", "people", "start")

    def __init__(self, number: int, base: int, one: Interaction) -> None:
        """Begin with somebody, as a part of the class of this number."""
        self.number = number
        self.base = base
        self.people: list[Any] = [one]
        """Interactions; before `start` there is nobody any more."""
        self.start = 0

    @property
    def first(self) -> Interaction:
        """The oldest."""
        first: Interaction = self.people[self.start]
        return first

    def begins_with(self, entry: int) -> bool:
        """Whether somebody stands here, and the oldest has this entry."""
        return self.start < len(self.people) and self.people[self.start].place == entry

    def add(self, one: Interaction) -> None:
        """Somebody who has an entry stands here from here on."""
        people = self.people
        if not people or ENTRY(one) > people[-1].place:
            people.append(one)
        else:
            insort(people, one, lo=self.start, key=ENTRY)

    def remove(self, one: Interaction) -> bool:
        """Somebody stands here no more; whether they were the first."""
        people, start = self.people, self.start
        if people[start] is not one:
            del people[bisect_left(people, ENTRY(one), lo=start, key=ENTRY)]
            return False
        people[start] = None
        start += 1
        if start > COMPACT and 2 * start > len(people):
            del people[:start]
            start = 0
        self.start = start
        return True
