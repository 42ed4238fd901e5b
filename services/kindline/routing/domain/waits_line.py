"""Who stands where in one followed queue: a place in line is counted when it is told, and costs nothing before.

The order is that of `order`, which is also that of matching, over everybody who is not with an agent yet: also those
whose offer is open or whose connection is being made, who are back in line if nothing comes of it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from kindline.language.ids import Instant
from kindline.routing.domain.order import GRAIN, SEQUENCE_BITS, Ages, Order


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """Where somebody stands."""

    lane: Ages
    entry: int


class Line:
    """Everybody in one queue, under one plan's order."""

    __slots__ = ("_lanes", "_order")

    def __init__(self, order: Order) -> None:
        """Begin with nobody."""
        self._order = order
        self._lanes: dict[int, Ages] = {}

    def base(self, priority: int, *, reserved: bool) -> int:
        """Which lane somebody of this priority stands in."""
        return self._order.base(priority, reserved=reserved)

    def stand(self, base: int, entry: int) -> Spot:
        """Somebody stands in line from here on."""
        lane = self._lanes.get(base)
        if lane is None:
            lane = self._lanes[base] = Ages(base)
        lane.add(entry)
        return Spot(lane, entry)

    def step_out(self, spot: Spot) -> None:
        """Somebody stands in line no more."""
        if spot.lane.remove(spot.entry):
            del self._lanes[spot.lane.base]

    def ahead(self, spot: Spot, now: Instant) -> int:
        """How many stand before this spot now, by the order in which they will be served."""
        order, horizon, entry = self._order, self._order.horizon(now), spot.entry
        starves = entry < horizon
        key = order.key(spot.lane.base, entry)
        count = 0
        for lane in self._lanes.values():
            # Those who starve are the front of each lane, and so are those of a lower key.
            before = bisect_left(lane.entries, entry if starves else horizon, lo=lane.start)
            if not starves:
                base = lane.base
                lower = bisect_left(lane.entries, key, lo=lane.start, key=lambda other: order.key(base, other))
                before = max(before, lower)
            count += before - lane.start
        return count

    def __len__(self) -> int:
        """How many stand in line."""
        return sum(len(lane.entries) - lane.start for lane in self._lanes.values())

    @property
    def since(self) -> Instant:
        """Since when the first in line counts as waiting; the line must not be empty."""
        first = min(self._lanes.values(), key=lambda lane: self._order.key(lane.base, lane.entries[lane.start]))
        return (first.entries[first.start] >> SEQUENCE_BITS) / GRAIN
