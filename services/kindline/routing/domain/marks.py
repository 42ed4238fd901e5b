"""The agents of a pool as bits of whole numbers: who has which skill, who serves which class.

An agent's bit is that of their number. What is found for a class is remembered, and brought up to date when it is next
asked for by those who have joined meanwhile: the last thing that each of them has become is what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kindline.routing.domain.places import Place
from kindline.routing.domain.profile import Profile
from kindline.routing.domain.served import Able, Join, Served


class Marks:
    """The bits of one pool's agents."""

    __slots__ = ("_ruled", "joins")

    def __init__(self) -> None:
        """Begin with nobody."""
        self._ruled: list[Served] = []
        self.joins: list[Join] = []
        """Everybody who has joined a profile, in order: who is able is brought up to date from its last entries."""

    def join(self, place: Place, former: Profile | None) -> None:
        """An agent is like the profile of their place from here on, and not like the former one any more."""
        self.joins.append((place.number, former, place.profile))
        for served in self._ruled:
            served.rules.clear()
        self._ruled.clear()

    def forget(self) -> None:
        """The classes are no more."""
        self._ruled.clear()

    def prepare(self, able: Able, parts: Sequence[Able] = ()) -> int:
        """Find the bits of those who are able; they are those of all `parts` at once, where there are any."""
        if able.seen < 0 and parts:
            able.bits = -1
            for part in parts:
                able.bits &= part.bits if part.seen == len(self.joins) else self.prepare(part)
        elif able.seen < 0:
            able.bits = bits_of(able.profiles)
        else:
            for number, former, profile in self.joins[able.seen :]:
                if former in able.profiles:
                    able.bits &= ~(1 << number)
                if profile in able.profiles:
                    able.bits |= 1 << number
        able.seen = len(self.joins)
        return able.bits

    def sort(self, served: Served, profiles: Iterable[Profile], rule_of: Callable[[Profile], str]) -> None:
        """Find for each rule the bits of those whom it keeps from a class."""
        for profile in profiles:
            rule = rule_of(profile)
            served.rules[rule] = served.rules.get(rule, 0) | bits_of((profile,))
        self._ruled.append(served)


def bits_of(profiles: Iterable[Profile]) -> int:
    """The bits of all who are like one of these."""
    numbers = [place.number for profile in profiles for place in profile.members.values()]
    marks = bytearray(max(numbers, default=0) // 8 + 1)
    for number in numbers:
        marks[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(marks, "little")
