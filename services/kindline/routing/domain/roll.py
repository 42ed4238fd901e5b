"""Things in the order in which they came; the roll can be called as of one instant while things come, change and go.

Promises snapshots that a call gives exactly what stood on the roll when it began, one row at a time, at no cost at the
beginning. The proof is short. Whoever came later has a number not below `end`, and is not called. Of the others each
is called once, at its number. If it has changed or gone by then, its row was kept before the first change after the
beginning, for whoever changes a thing tells the call first, and removing tells it; if not, its row is what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from kindline.routing.domain.shelves import HANDFUL

Thing = TypeVar("Thing")
Row = TypeVar("Row")

BITS = 7
SIZE = 1 << BITS
"""Places in a block. One thing that stays long keeps the places of a block, 1 KiB, and no more."""


class Roll(Generic[Thing]):
    """Each thing under a number of its own; numbers only rise."""

    __slots__ = ("_blocks", "_call", "_low", "end")

    def __init__(self) -> None:
        """Begin with nothing."""
        self._blocks: dict[int, list[Thing | None]] = {}
        self._call: Call[Thing, Any] | None = None
        self._low = 0
        """Nothing is there below."""
        self.end = 0
        """The number that comes next."""

    def add(self, thing: Thing) -> int:
        """Something comes; gives its number."""
        number = self.end
        block = self._blocks.get(number >> BITS)
        if block is None:
            block = self._blocks[number >> BITS] = [None] * SIZE
        block[number % SIZE] = thing
        self.end = number + 1
        return number

    def remove(self, number: int) -> Thing:
        """Something goes. Raises KeyError when it is not there."""
        block = self._blocks[number >> BITS]
        if (thing := block[number % SIZE]) is None:
            raise KeyError(number)
        if self._call is not None:
            self._call.keep(number)
        block[number % SIZE] = None
        # Mostly the oldest goes and the next one is there: then the block need not be looked through.
        if block[(number + 1) % SIZE] is None and not any(block):
            del self._blocks[number >> BITS]
        return thing

    def at(self, number: int) -> Thing | None:
        """What has this number, or None."""
        return block[number % SIZE] if (block := self._blocks.get(number >> BITS)) is not None else None

    def first(self) -> int:
        """The lowest number of a thing that is there; `end` when nothing is."""
        number = self._low
        things = self._blocks.get(number >> BITS)
        if things is None:
            if not self._blocks:
                return self.end
            block, things = next(iter(self._blocks.items()))
            number = block << BITS
        while things[number % SIZE] is None:
            number += 1
        self._low = number
        return number

    def emptying(self) -> Iterator[None]:
        """Let go of everything, a handful at each step."""
        for things in self._blocks.values():
            while things:
                del things[-HANDFUL:]
                yield

    def __iter__(self) -> Iterator[Thing]:
        """Everything, in order; nothing may come or go meanwhile."""
        for things in self._blocks.values():
            for thing in things:
                if thing is not None:
                    yield thing

    def call(self, row_of: Callable[[Thing], Row]) -> Call[Thing, Row]:
        """Begin to call the roll as it stands now. Raises RuntimeError while another call is under way."""
        if self._call is not None:
            raise RuntimeError("the roll is being called already")
        self._call = call = Call(self, list(self._blocks), row_of)
        return call

    def called(self, call: Call[Thing, Row]) -> None:
        """A call is over."""
        if self._call is call:
            self._call = None


class Call(Generic[Thing, Row]):
    """The rows of all things that stood on a roll when this began; to be closed, which the last row does too."""

    __slots__ = ("_at", "_blocks", "_end", "_kept", "_roll", "_row_of")

    def __init__(self, roll: Roll[Thing], blocks: list[int], row_of: Callable[[Thing], Row]) -> None:
        """`blocks` are the numbers of those that hold anything, in order."""
        self._roll, self._blocks, self._row_of = roll, blocks, row_of
        self._end = roll.end
        self._at = -1
        """Everything up to this number was called."""
        self._kept: dict[int, Row] = {}

    def keep(self, number: int) -> None:
        """Keep the row of a thing that is about to change, unless it was called, was kept, or came later."""
        is_ahead = self._at < number < self._end and number not in self._kept
        if is_ahead and (thing := self._roll.at(number)) is not None:
            self._kept[number] = self._row_of(thing)

    def keep_all(self) -> None:
        """Keep all that was not called yet."""
        for block in self._blocks:
            for number in range(block << BITS, (block + 1) << BITS):
                self.keep(number)

    def rows(self) -> Iterator[Row]:
        """Row by row; between any two, anything may come, change and go."""
        try:
            for block in self._blocks:
                for number in range(block << BITS, min((block + 1) << BITS, self._end)):
                    row = self._take(number)
                    if row is not None:
                        yield row
        finally:
            self.close()

    def _take(self, number: int) -> Row | None:
        self._at = number
        if number in self._kept:
            return self._kept.pop(number)
        return None if (thing := self._roll.at(number)) is None else self._row_of(thing)

    def close(self) -> None:
        """End it: changes need not be told any more."""
        self._roll.called(self)
