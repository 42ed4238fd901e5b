"""The lines of all requirement classes of a pool: within each a lane for each priority, and its head as of an instant.

When the starvation ceiling passes somebody by, the head of their class changes, and nothing else is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush

from kindline.routing.domain.order import EMPTY, STARVING, Lane, Order


class Lines:
    """The lanes of each class by its number, and in `heads` the first key of each class; class 0 is always empty."""

    __slots__ = ("_horizon", "_lanes", "_ripening", "_ripens", "heads", "order")

    def __init__(self, order: Order) -> None:
        """Begin with class 0 and nobody."""
        self.order = order
        self.heads = [EMPTY]
        self._lanes: list[dict[int, Lane]] = [{}]
        # When the oldest of a class may starve, at the earliest: an entry counts while `_ripens` says the same.
        self._horizon = 0
        self._ripening: list[tuple[int, int]] = []
        self._ripens = [EMPTY]

    def introduce(self) -> None:
        """There is one more class, with the next number."""
        self.heads.append(EMPTY)
        self._lanes.append({})
        self._ripens.append(EMPTY)

    def occupied(self, number: int) -> bool:
        """Whether anybody stands in the lines of a class."""
        return bool(self._lanes[number])

    def keep(self, numbers: Iterable[int]) -> None:
        """Forget all classes but these, which are numbered anew from 1, in this order."""
        kept = [(self._lanes[number], self.heads[number], self._ripens[number]) for number in numbers]
        self.heads, self._lanes, self._ripens = [EMPTY], [{}], [EMPTY]
        for lanes, head, ripens in kept:
            for lane in lanes.values():
                lane.number = len(self._lanes)
            self._lanes.append(lanes)
            self.heads.append(head)
            self._ripens.append(ripens)
        self._ripening = [(entry, number) for number, entry in enumerate(self._ripens) if entry != EMPTY]
        heapify(self._ripening)

    def add(self, number: int, base: int, entry: int) -> Lane:
        """Somebody stands in the lane of this base from here on."""
        lanes = self._lanes[number]
        lane = lanes.get(base)
        if lane is None:
            lane = lanes[base] = Lane(number, base)
        lane.add(entry)
        if entry < self._horizon:
            self._ripens[number] = EMPTY
        elif entry < self._ripens[number] != EMPTY:
            self._watch(number, entry)
        self._settle(number)
        return lane

    def remove(self, lane: Lane, entry: int) -> None:
        """Somebody stands in a lane no more.

        Where waiting earns nothing and nobody of the class can starve yet, a head is the first of the first lane, so
        whoever comes next in the lane of a head that has gone is the head, and where no head has gone nothing changes.
        """
        number = lane.number
        if lane.remove(entry):
            del self._lanes[number][lane.base]
        elif not self.order.growth and self._ripens[number] != EMPTY:
            if self.heads[number] == lane.base + entry:
                self.heads[number] = lane.base + lane.entries[lane.start]
            return
        self._settle(number)

    def _settle(self, number: int) -> None:
        """Find the head of a class again: its oldest if they starve, or else the first of all its lanes."""
        lanes = self._lanes[number]
        if not lanes:
            self.heads[number] = EMPTY
            return
        if self._ripens[number] == EMPTY:
            # Nobody watches for when the oldest starves: they may already.
            oldest = min(lane.entries[lane.start] for lane in lanes.values())
            if oldest < self._horizon:
                self.heads[number] = oldest - STARVING
                return
            self._watch(number, oldest)
        if self.order.growth:
            key = self.order.key
            self.heads[number] = min(key(lane.base, lane.entries[lane.start]) for lane in lanes.values())
        else:
            # Where waiting earns nothing, everybody of the first lane goes before everybody of the others.
            lane = lanes[min(lanes)]
            self.heads[number] = lane.base + lane.entries[lane.start]

    def _watch(self, number: int, oldest: int) -> None:
        self._ripens[number] = oldest
        heappush(self._ripening, (oldest, number))

    def ripen(self, horizon: int) -> None:
        """Time has passed: whoever is older than this starves."""
        self._horizon = horizon
        ripening = self._ripening
        while ripening and ripening[0][0] < horizon:
            entry, number = heappop(ripening)
            if self._ripens[number] == entry:
                self._ripens[number] = EMPTY
                self._settle(number)

    def key(self, lane: Lane, entry: int) -> int:
        """The place in line of somebody now."""
        return entry - STARVING if entry < self._horizon else self.order.key(lane.base, entry)

    def walk(self, number: int) -> Iterator[Iterator[int]]:
        """The keys of each lane of a class, in order."""
        for lane in self._lanes[number].values():
            yield (self.key(lane, lane.entries[index]) for index in range(lane.start, len(lane.entries)))
