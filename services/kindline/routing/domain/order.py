"""The order of those who wait, in whole numbers that never have to be sorted again while people wait.

Effective priority after waiting from `since` to `now` is `priority + slope * (now - since)`. Of two who wait, one goes
first when theirs is higher. Written out, `slope * now` stands on both sides: the comparison is the same at every `now`,
and equals that of `slope * since - priority`, lowest first. One slope for the whole pool is what makes this true.
So a key is fixed when somebody joins the line, and those of one priority stand in order of age under any slope.

The ceiling does depend on `now`: whoever has waited longer than it goes before everybody who has not, the oldest first.
Among those of one priority the starving are the oldest, which is the front of their lane: so only heads change, when
time passes, and nobody is moved. All of it follows from who waits and from `now`, so a restart changes nothing.

Ages are whole microseconds and the slope whole millionths of a priority a minute, so that keys are exact.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort

from kindline.language.ids import Instant
from kindline.language.plan import OrderPlan

SEQUENCE_BITS = 40
SEQUENCE_MASK = (1 << SEQUENCE_BITS) - 1
LATEST = (1 << 64) - 1
ENTRY_BITS = 64 + SEQUENCE_BITS
ENTRY_MASK = (1 << ENTRY_BITS) - 1
"""What is left of any key is the entry: all that is added to one, to make a key of it, is a multiple of 1 more."""
MINUTE_MICROSECONDS = 60_000_000
GRAIN = 1_000_000

STARVING = 1 << 250
"""Taken from the entry of whoever starves: before every other key, and a multiple of any sequence."""
EMPTY = 1 << 256
"""The head of a line in which nobody waits: after everybody."""
COMPACT = 512


def age_key(waiting_since: Instant, sequence: int) -> int:
    """The entry of somebody in their lane, lowest first: the oldest, to the microsecond, then who arrived first."""
    since = int(waiting_since * GRAIN)
    if not 0 <= since <= LATEST:
        since = min(max(since, 0), LATEST)
    return (since << SEQUENCE_BITS) | sequence


class Order:
    """The rules of one plan as whole numbers."""

    __slots__ = ("_bases", "_ceiling", "_worth", "growth")

    def __init__(self, plan: OrderPlan) -> None:
        """Take the slope and the ceiling of a plan."""
        slope = round(plan.priority_per_minute * GRAIN)
        unit = GRAIN * MINUTE_MICROSECONDS
        common = math.gcd(slope, unit)
        self.growth = slope // common
        """What a microsecond's later arrival costs, in the units of `worth`; 0 when waiting earns nothing."""
        self._worth = unit // common
        self._ceiling = int(plan.starvation_seconds * GRAIN)
        # Priorities are few: one number each for all lanes, as numbers that lie apart are slow to compare.
        self._bases: dict[int, int] = {}

    def base(self, priority: int, *, reserved: bool) -> int:
        """What all keys of one lane have in common; whoever waits for one agent only goes first among equals."""
        rank = (-self._worth * priority * 2) + (not reserved)
        base = self._bases.get(rank)
        if base is None:
            base = self._bases[rank] = rank << ENTRY_BITS
        return base

    def key(self, base: int, entry: int) -> int:
        """The place in line of an entry that does not starve."""
        if self.growth:
            return base + entry + (self.growth * (entry >> SEQUENCE_BITS) << (ENTRY_BITS + 1))
        return base + entry

    def horizon(self, now: Instant) -> int:
        """Entries below this starve now."""
        return (int(now * GRAIN) - self._ceiling) << SEQUENCE_BITS if self._ceiling else 0

    def starves_from(self, entry: int) -> float:
        """The microsecond from which on an entry is below the horizon: its own and the ceiling, and one more."""
        return float((entry >> SEQUENCE_BITS) + self._ceiling + 1) if self._ceiling else math.inf


class Ages:
    """The entries of those of one priority: the oldest first."""

    __slots__ = ("base", "entries", "start")

    def __init__(self, base: int) -> None:
        """Begin with nobody."""
        self.base = base
        self.entries: list[int] = []
        self.start = 0

    def add(self, entry: int) -> None:
        """Somebody stands here from here on."""
        entries = self.entries
        if not entries or entry > entries[-1]:
            entries.append(entry)
        else:
            insort(entries, entry, lo=self.start)

    def remove(self, entry: int) -> bool:
        """Somebody stands here no more; whether nobody is left."""
        entries, start = self.entries, self.start
        if entries[start] == entry:
            start += 1
            if start > COMPACT and 2 * start > len(entries):
                del entries[:start]
                start = 0
            self.start = start
        else:
            del entries[bisect_left(entries, entry, lo=start)]
        return start == len(entries)
