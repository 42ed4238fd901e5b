"""Who has room, in the order of one rule, so that the first of any agents is found without looking at the others.

The order is cut into blocks, each with the bits of the numbers of who stands in it. Whoever is looked for is a number
with bits, too. A block that has no bit in common with it has none of them in it; and as everybody of a block stands
before everybody of the next, the first of them stands in the first block that has one in common.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kindline.routing.domain.places import Place, Suits

Rank = tuple[Any, ...]
"""Where an agent stands by one rule, lowest first: numbers, their name, which no two have, and last their place."""

BLOCK = 128
"""Agents in a block at its beginning; it is cut in two when there are twice as many."""
FEW = 8
"""Agents who are looked at one and all sooner than they are found in an order."""


class LineUp:
    """Agents with room in the order of their ranks, as `rank` tells them."""

    __slots__ = ("_bits", "_blocks", "_lasts", "rank")

    def __init__(self, rank: Callable[[Place], Rank]) -> None:
        """Begin with nobody."""
        self.rank = rank
        self.fill([])

    def __bool__(self) -> bool:
        """Whether anybody is here."""
        return bool(self._blocks)

    def fill(self, ranks: Iterable[Rank]) -> None:
        """Begin again with these."""
        order = sorted(ranks)
        self._blocks = [order[start : start + BLOCK] for start in range(0, len(order), BLOCK)]
        self._lasts = [block[-1] for block in self._blocks]
        self._bits = [_bits_of(block) for block in self._blocks]

    def add(self, rank: Rank) -> None:
        """Somebody stands here from here on."""
        if not self._blocks:
            self.fill([rank])
            return
        at = min(bisect_left(self._lasts, rank), len(self._lasts) - 1)
        block = self._blocks[at]
        insort(block, rank)
        self._lasts[at] = block[-1]
        self._bits[at] |= 1 << rank[-1].number
        if len(block) >= 2 * BLOCK:
            parts = [block[:BLOCK], block[BLOCK:]]
            self._blocks[at : at + 1] = parts
            self._lasts[at : at + 1] = [part[-1] for part in parts]
            self._bits[at : at + 1] = map(_bits_of, parts)

    def remove(self, rank: Rank) -> None:
        """Somebody who stood here does so no more."""
        at = bisect_left(self._lasts, rank)
        block = self._blocks[at]
        del block[bisect_left(block, rank)]
        if block:
            self._lasts[at] = block[-1]
            self._bits[at] ^= 1 << rank[-1].number
        else:
            del self._blocks[at], self._lasts[at], self._bits[at]

    def first(self, bits: int, among: Among) -> Place | None:
        """The first here whose bit is set and who is wanted among those of their block, or None."""
        for block, here in zip(self._blocks, self._bits, strict=True):
            if both := here & bits:
                few = among.few(both)
                place = among.first_in_order(block, both) if few is None else among.first(few, self.rank)
                if place is not None:
                    return place
        return None


class Among:
    """Whoever of a roster is wanted: with room for a bit, and suiting."""

    __slots__ = ("_bit", "_roster", "_suits")

    def __init__(self, roster: Sequence[Place], bit: int, suits: Suits | None) -> None:
        """Look for these."""
        self._roster = roster
        self._bit = bit
        self._suits = suits

    def first_in_order(self, block: Sequence[Rank], bits: int) -> Place | None:
        """The first of a block who is wanted and whose bit is set: soon found where many are."""
        bit, suits = self._bit, self._suits
        marks = bits.to_bytes(len(self._roster) // 8 + 1, "little")
        for rank in block:
            place: Place = rank[-1]
            number = place.number
            if marks[number >> 3] >> (number & 7) & 1 and place.mask & bit and (suits is None or suits(place.agent)):
                return place
        return None

    def few(self, bits: int) -> list[Place] | None:
        """Those whose bits are set, or None if they are many: from the highest on, as what is left gets shorter.

        To count the bits of such a number would take as long as to find some of them.
        """
        found: list[Place] = []
        while bits:
            if len(found) == FEW:
                return None
            number = bits.bit_length() - 1
            bits ^= 1 << number
            found.append(self._roster[number])
        return found

    def first(self, places: Iterable[Place], rank: Callable[[Place], Rank]) -> Place | None:
        """The first by rank who is wanted of these."""
        bit, suits = self._bit, self._suits
        wanted = [place for place in places if place.mask & bit and (suits is None or suits(place.agent))]
        return min(wanted, key=rank) if wanted else None


def _bits_of(ranks: Iterable[Rank]) -> int:
    return sum(1 << rank[-1].number for rank in ranks)
