"""Who waits in one pool, sorted so that "does anybody stand before this one?" is a look at a few heads.

It promises that the audit of a big day stays quick: one sorted list per kind of case, by what a place in line is worth
and by age. What waiting earns grows alike for all, so a place is one number that never changes while somebody waits.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from kindline.audit.cases import Case, Entry, Kind
from kindline.audit.rules import Rules
from kindline.language.ids import Instant


class Lines:
    """The lines of one pool under one plan."""

    def __init__(self, rules: Rules) -> None:
        """Begin empty, under these rules."""
        self._slope = rules.slope
        self._origin: Instant | None = None
        self._by_place: dict[Kind, list[Entry]] = {}
        self._by_age: dict[Kind, list[tuple[Instant, int]]] = {}
        self._at: dict[int, Case] = {}

    def place(self, case: Case) -> float:
        """What stands for the case's effective priority at any time: the lower, the sooner.

        Effective priority is priority + slope x (now - since), so at every instant the same order as by this number.
        """
        # Reckoned from the first who came, as seconds since 1970 would leave too few digits for the rest.
        if self._origin is None:
            self._origin = case.since
        return self._slope * (case.since - self._origin) - case.priority

    def join(self, case: Case) -> None:
        """It may be offered from here on."""
        kind = case.kind
        entry = (self.place(case), case.since, case.sequence)
        insort(self._by_place.setdefault(kind, []), entry)
        insort(self._by_age.setdefault(kind, []), entry[1:])
        self._at[case.sequence] = case
        case.line = (kind, entry)

    def leave(self, case: Case) -> None:
        """It may not be offered any more; nothing happens to what is in no line."""
        if case.line is None:
            return
        kind, entry = case.line
        case.line = None
        by_place, by_age = self._by_place[kind], self._by_age[kind]
        del by_place[bisect_left(by_place, entry)]
        del by_age[bisect_left(by_age, entry[1:])]
        del self._at[case.sequence]
        if not by_place:
            del self._by_place[kind], self._by_age[kind]

    def kinds(self) -> Iterator[Kind]:
        """Every kind of which somebody waits."""
        return iter(list(self._by_place))

    def by_place(self, kind: Kind) -> Iterator[Case]:
        """Those of a kind, first in line first."""
        return (self._at[sequence] for _, _, sequence in self._by_place.get(kind, ()))

    def by_age(self, kind: Kind) -> Iterator[Case]:
        """Those of a kind, oldest first."""
        return (self._at[sequence] for _, sequence in self._by_age.get(kind, ()))
