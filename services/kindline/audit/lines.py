"""Who waits, sorted so that "does anybody stand before this one?" is a look at a few heads.

It promises that the audit of a big day stays quick: one sorted list by place and one by age for each name under which
cases are kept. What waiting earns grows alike for all, so a place is one number that never changes while somebody
waits; it is whole, in microseconds and millionths, so that nobody is called passed for a rounding.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterator
from typing import Generic, NamedTuple, TypeVar

from kindline.audit.cases import Case
from kindline.audit.rules import Rules, microseconds

Name = TypeVar("Name", bound=Hashable)


class Entry(NamedTuple):
    """Where somebody stands: the least goes first. Among equals who waits for one agent only does, then the oldest."""

    place: int
    for_anybody: bool
    age: int
    sequence: int


class Lines(Generic[Name]):
    """Lines of one pool under one plan, each by a name."""

    def __init__(self, rules: Rules) -> None:
        """Begin empty, under these rules."""
        self._rules = rules
        self._by_place: dict[Name, list[Entry]] = {}
        self._by_age: dict[Name, list[tuple[int, int]]] = {}
        self._at: dict[int, tuple[Name, Entry, Case]] = {}

    def entry(self, case: Case) -> Entry:
        """Where a case stands as it is now.

        Effective priority is priority + slope x (now - since): at every instant the same order as by this number.
        """
        age = microseconds(case.since)
        return Entry(self._rules.place(case.priority, age), not case.preferred, age, case.sequence)

    def join(self, case: Case, name: Name) -> None:
        """It stands in the line of this name from here on, and in no other."""
        entry = self.entry(case)
        before = self._at.get(case.sequence)
        if before is not None and before[:2] == (name, entry):
            return
        self.leave(case)
        insort(self._by_place.setdefault(name, []), entry)
        insort(self._by_age.setdefault(name, []), entry[2:])
        self._at[case.sequence] = (name, entry, case)

    def leave(self, case: Case) -> None:
        """It stands in line no more; nothing happens to what is in none."""
        before = self._at.pop(case.sequence, None)
        if before is None:
            return
        name, entry, _ = before
        by_place, by_age = self._by_place[name], self._by_age[name]
        del by_place[bisect_left(by_place, entry)]
        del by_age[bisect_left(by_age, entry[2:])]
        if not by_place:
            del self._by_place[name], self._by_age[name]

    def __contains__(self, case: Case) -> bool:
        """Whether a case stands in line."""
        return case.sequence in self._at

    def names(self) -> Iterator[Name]:
        """Every name under which somebody stands."""
        return iter(list(self._by_place))

    def length(self, name: Name) -> int:
        """How many stand in the line of this name."""
        return len(self._by_place.get(name, ()))

    def all(self, name: Name) -> Iterator[Case]:
        """Everybody in the line of this name, first in line first."""
        return (self._at[entry.sequence][2] for entry in self._by_place.get(name, ()))

    def before(self, name: Name, mine: Entry) -> Iterator[Case]:
        """Those of a line who stand before this place, first in line first."""
        line = self._by_place.get(name, [])
        return (self._at[line[index].sequence][2] for index in range(bisect_left(line, mine)))

    def older(self, name: Name, than: tuple[int, ...]) -> Iterator[Case]:
        """Those of a line who came before this age, oldest first."""
        line = self._by_age.get(name, [])
        return (self._at[line[index][1]][2] for index in range(bisect_left(line, than)))

    def ahead(self, case: Case, name: Name, horizon: int) -> int:
        """How many of a line go before a case, where those who came before the horizon starve."""
        mine = self.entry(case)
        by_age = self._by_age.get(name, [])
        if mine.age < horizon:
            return bisect_left(by_age, mine[2:])
        starving = bisect_left(by_age, (horizon,))
        twice = sum(self._at[sequence][1] < mine for _, sequence in by_age[:starving])
        return starving + bisect_left(self._by_place.get(name, []), mine) - twice
