"""Who has room, in the order of one rule, so that the first of many agents is found without looking at all of them.

Those who have room for the same channels stand in one row, and there are few different rooms. So whoever is looked for
is the first by rank of the firsts of the rows that have it, and in such a row everybody has room for it: the more of
them are able, the sooner one is met. Where few are able, the caller looks at these few instead (see `standing`).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kindline.routing.domain.capacity import FIRST_QUEUE_BIT
from kindline.routing.domain.places import Place, Suits

if TYPE_CHECKING:
    from kindline.routing.domain.served import Able

Rank = tuple[Any, ...]
"""Where an agent stands by one rule, lowest first: numbers, their name, which no two have, and last their place."""

BLOCK = 16
"""Agents in a block of a row at its beginning; it is cut in two when there are twice as many."""
CHANNELS = (1 << FIRST_QUEUE_BIT) - 1
"""The bits of all channels in masks. Queues with a limit of their own have bits, too, and would make too many rows."""


class Row:
    """Agents with room for the same, in the order of their ranks, cut into blocks.

    Of each block it is known what any of its agents can do, and perhaps more, of some who have left it. Whoever asks
    for what none of them can passes it by.
    """

    __slots__ = ("_blocks", "_lasts", "_skills")

    def __init__(self, order: list[Rank]) -> None:
        """Begin with these, of whom there is one at least."""
        self._blocks = [order[start : start + BLOCK] for start in range(0, len(order), BLOCK)]
        self._lasts = [block[-1] for block in self._blocks]
        self._skills = [skills_of(block) for block in self._blocks]

    def add(self, rank: Rank) -> None:
        """Somebody stands here from here on."""
        lasts = self._lasts
        at = bisect_left(lasts, rank)
        if at == len(lasts):
            at -= 1
            lasts[at] = rank
        block = self._blocks[at]
        insort(block, rank)
        self._skills[at] |= rank[-1].profile.skills
        if len(block) >= 2 * BLOCK:
            parts = [block[:BLOCK], block[BLOCK:]]
            self._blocks[at : at + 1] = parts
            self._lasts[at : at + 1] = [part[-1] for part in parts]
            self._skills[at : at + 1] = map(skills_of, parts)

    def remove(self, rank: Rank) -> bool:
        """Somebody who stood here does so no more; whether nobody is left."""
        at = bisect_left(self._lasts, rank)
        block = self._blocks[at]
        del block[bisect_left(block, rank)]
        if block:
            self._lasts[at] = block[-1]
        else:
            del self._blocks[at], self._lasts[at], self._skills[at]
        return not self._blocks

    def first(self, able: Able, bit: int, suits: Suits | None, before: Rank | None) -> Rank | None:
        """The first here who is able, has room for the bit and suits; nobody needs to be found behind `before`."""
        asked, profiles = able.skills, able.profiles
        for at, skills in enumerate(self._skills):
            if skills & asked != asked:
                continue
            block = self._blocks[at]
            if before is not None and before < block[0]:
                return None
            for rank in block:
                place: Place = rank[-1]
                if place.profile in profiles and place.mask & bit and (suits is None or suits(place.agent)):
                    return rank
            self._skills[at] = skills_of(block)
        return None


def skills_of(ranks: Iterable[Rank]) -> int:
    """What any of these can do."""
    found = 0
    for rank in ranks:
        found |= rank[-1].profile.skills
    return found


class LineUp:
    """Agents with room in the order of their ranks, a row for each kind of room."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        """Begin with nobody."""
        self._rows: dict[int, Row] = {}

    def __bool__(self) -> bool:
        """Whether anybody is here."""
        return bool(self._rows)

    def fill(self, ranks: Iterable[Rank]) -> None:
        """Begin again with these, who have the room that their masks say."""
        kinds: dict[int, list[Rank]] = {}
        for rank in sorted(ranks):
            kinds.setdefault(rank[-1].mask & CHANNELS, []).append(rank)
        self._rows = {kind: Row(order) for kind, order in kinds.items()}

    def add(self, rank: Rank, mask: int) -> None:
        """Somebody with this room stands here from here on."""
        row = self._rows.get(mask & CHANNELS)
        if row is None:
            self._rows[mask & CHANNELS] = Row([rank])
        else:
            row.add(rank)

    def remove(self, rank: Rank, mask: int) -> None:
        """Somebody who stood here with this room does so no more."""
        if self._rows[mask & CHANNELS].remove(rank):
            del self._rows[mask & CHANNELS]

    def first(self, able: Able, bit: int, suits: Suits | None) -> Place | None:
        """The first here who is able, has room for the bit and suits, or None."""
        found: Rank | None = None
        channel = bit & CHANNELS
        for kind, row in self._rows.items():
            if kind & channel or not channel:
                rank = row.first(able, bit, suits, found)
                if rank is not None and (found is None or rank < found):
                    found = rank
        return None if found is None else found[-1]
