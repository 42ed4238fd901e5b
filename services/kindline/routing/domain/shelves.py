"""A dictionary of any size that never stands still to grow.

A dictionary that is full is built anew at once: at a million entries that takes 100 ms, as measured by `tests.bench
memory`, and with entries that come and go it happens again and again. In 256 small ones the longest takes 1 ms.
There is no order among entries, for it would be that of their hashes, which no two processes share.

The small ones are of a class of their own for the sake of garbage collection. Python stops to look at a dict in which
everything is plain, and begins to look at it anew, as at something young, with the next entry that is not: so after
each full collection all entries of all shelves would be looked through again. A subclass of dict it leaves where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key")
Thing = TypeVar("Thing")

SHELVES = 256
HANDFUL = 16
"""Things that go in one step where all are dropped: some tens of microseconds, and few steps for so many."""


class Shelf(dict[Key, Thing]):
    """One of them."""

    __slots__ = ()


class Shelves(Generic[Key, Thing]):
    """Entries by their key, as in a dict."""

    __slots__ = ("_shelves",)

    def __init__(self) -> None:
        """Begin with none."""
        self._shelves: list[Shelf[Key, Thing]] = [Shelf() for _ in range(SHELVES)]

    def __getitem__(self, key: Key) -> Thing:
        """What is there. Raises KeyError."""
        return self._shelves[hash(key) % SHELVES][key]

    def of(self, key: Key) -> Shelf[Key, Thing]:
        """The small one in which a key is, or would be: for whoever asks more than once."""
        return self._shelves[hash(key) % SHELVES]

    def get(self, key: Key) -> Thing | None:
        """What is there, or None."""
        return self._shelves[hash(key) % SHELVES].get(key)

    def __setitem__(self, key: Key, thing: Thing) -> None:
        """Put something there."""
        self._shelves[hash(key) % SHELVES][key] = thing

    def __delitem__(self, key: Key) -> None:
        """Take it away. Raises KeyError."""
        del self._shelves[hash(key) % SHELVES][key]

    def emptying(self) -> Iterator[None]:
        """Take everything away, a handful at each step."""
        for shelf in self._shelves:
            while shelf:
                for _ in range(min(HANDFUL, len(shelf))):
                    shelf.popitem()
                yield

    def __contains__(self, key: Key) -> bool:
        """Whether anything is there."""
        return key in self._shelves[hash(key) % SHELVES]

    def __len__(self) -> int:
        """How many there are."""
        return sum(map(len, self._shelves))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return any(self._shelves)
