"""The lines of all requirement classes of a pool: within each a lane for each priority, and its head as of an instant.

When the starvation ceiling passes somebody by, the head of their class changes, and nothing else is touched.

A head is the place in line of the first of a class, with the number of the class in its last bits. No two who wait have
the same place, so the lowest head is that of the first in line all the same, and tells at once which class they are of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kindline.language.ids import Instant
from kindline.routing.domain.lanes import ENTRY, Lane
from kindline.routing.domain.order import EMPTY, STARVING, Order
from kindline.routing.domain.ripening import Ripening

if TYPE_CHECKING:
    from kindline.routing.domain.interactions import Interaction

NUMBER_BITS = 32
NUMBERS = (1 << NUMBER_BITS) - 1
"""What is left of a head is the number of its class; of EMPTY, that of class 0, in which nobody ever waits."""


class Lines:
    """The lanes of each class by its number; in `heads` is its head, and in `fronts` the lane whose first that is."""

    __slots__ = ("_lanes", "_ripening", "fronts", "heads", "order")

    def __init__(self, order: Order) -> None:
        """Begin with class 0 and nobody."""
        self.order = order
        self.heads = [EMPTY]
        self.fronts: list[Lane | None] = [None]
        self._lanes: list[dict[int, Lane]] = [{}]
        self._ripening = Ripening(order)

    def introduce(self) -> None:
        """There is one more class, with the next number."""
        self.heads.append(EMPTY)
        self.fronts.append(None)
        self._lanes.append({})
        self._ripening.introduce()

    def occupied(self, number: int) -> bool:
        """Whether anybody stands in the lines of a class."""
        return bool(self._lanes[number])

    def keep(self, numbers: Iterable[int]) -> None:
        """Forget all classes but these, in which somebody stands, and number them anew from 1, in this order."""
        watched = self._ripening.watched
        kept = [(self._lanes[n], self.fronts[n], self.heads[n], watched[n]) for n in numbers]
        self.heads, self.fronts, self._lanes = [EMPTY], [None], [{}]
        for lanes, front, head, _ in kept:
            number = len(self._lanes)
            for lane in lanes.values():
                lane.number = number
            self._lanes.append(lanes)
            self.fronts.append(front)
            self.heads.append((head >> NUMBER_BITS << NUMBER_BITS) | number)
        self._ripening.keep(oldest for _, _, _, oldest in kept)

    def add(self, number: int, base: int, one: Interaction) -> Lane:
        """Somebody who has an entry stands in the lane of this base from here on."""
        lanes, ripening = self._lanes[number], self._ripening
        lane = lanes.get(base)
        if lane is None:
            lane = lanes[base] = Lane(number, base, one)
        else:
            lane.add(one)
        entry = ENTRY(one)
        if entry < ripening.horizon:
            ripening.watched[number] = EMPTY
        elif entry < ripening.watched[number] != EMPTY:
            ripening.watch(number, entry, lane)
        if self.order.growth or ripening.watched[number] == EMPTY:
            self._settle(number)
            return lane
        # As in `remove`: only who stands first in the first lane is the head, and nobody else has come.
        front = self.fronts[number]
        if front is None or base < front.base or (front is lane and lane.first is one):
            self._lead(number, lane, base + entry)
        return lane

    def remove(self, lane: Lane, one: Interaction) -> None:
        """Somebody stands in a lane no more.

        Where waiting earns nothing and nobody of the class can starve yet, a head is the first of the first lane. So if
        a head has gone, the next is the first of the same lane or, when it is over, of the next; if not, none changes.
        """
        number, was_first, front = lane.number, lane.remove(one), lane
        if lane.start == len(lane.people):
            lanes = self._lanes[number]
            del lanes[lane.base]
            front = lanes[min(lanes)] if lanes else lane
        if self.order.growth or self._ripening.watched[number] == EMPTY or front.start == len(front.people):
            self._settle(number)
        elif was_first and self.fronts[number] is lane:
            self._lead(number, front, front.base + front.people[front.start].place)

    def _settle(self, number: int) -> None:
        """Find the head of a class again: its oldest if they starve, or else the first of all its lanes."""
        lanes, ripening = self._lanes[number], self._ripening
        if not lanes:
            self.heads[number], self.fronts[number] = EMPTY, None
            return
        if ripening.watched[number] == EMPTY:
            # Nobody watches for when the oldest starves: they may already. Lanes are not compared: no entry is twice.
            oldest, front = min([(lane.people[lane.start].place, lane) for lane in lanes.values()])
            if oldest < ripening.renew():
                self._lead(number, front, oldest - STARVING)
                return
            ripening.watch(number, oldest, front)
        # Where waiting earns nothing, everybody of the first lane goes before everybody of the others.
        front = min(lanes.values(), key=self._key_of_first) if self.order.growth else lanes[min(lanes)]
        self._lead(number, front, self._key_of_first(front))

    def _key_of_first(self, lane: Lane) -> int:
        return self.order.key(lane.base, lane.people[lane.start].place)

    def _lead(self, number: int, front: Lane, key: int) -> None:
        self.fronts[number] = front
        self.heads[number] = (key << NUMBER_BITS) | number

    def ripen(self, now: Instant) -> None:
        """Time has passed: whoever has waited longer than the ceiling by now starves.

        After a rush all classes may come to it in one instant, so lanes are not looked through: an entry that is first
        in its lane still is the oldest of its class, for an older one would be watched in its place.
        """
        for number, entry in self._ripening.passed(now):
            if (lane := self._ripening.lanes[number]) is not None and lane.begins_with(entry):
                self._lead(number, lane, entry - STARVING)
            else:
                self._settle(number)

    def place(self, lane: Lane, one: Interaction) -> int:
        """The place in line of somebody, as of the latest instant."""
        return self._key(lane, ENTRY(one), self._ripening.renew())

    def _key(self, lane: Lane, entry: int, horizon: int) -> int:
        return entry - STARVING if entry < horizon else self.order.key(lane.base, entry)

    def walk(self, number: int) -> Iterator[Iterator[tuple[int, Interaction]]]:
        """Everybody of each lane of a class with their place, in order."""
        for lane in self._lanes[number].values():
            people, horizon = lane.people, self._ripening.renew()
            yield ((self._key(lane, people[n].place, horizon), people[n]) for n in range(lane.start, len(people)))
