"""Names under a key, in the order in which they came: mostly one, which takes no more room than a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from kindline.routing.domain.shelves import Shelves

Key = TypeVar("Key")


class Bunches(Generic[Key]):
    """No key without a name; each name once under its key."""

    __slots__ = ("_shelves",)

    def __init__(self) -> None:
        """Begin with none."""
        self._shelves: Shelves[Key, str | tuple[str, ...]] = Shelves()

    def at(self, key: Key) -> tuple[str, ...]:
        """The names under a key, the first to come first."""
        found = self._shelves.get(key)
        if found is None:
            return ()
        return (found,) if isinstance(found, str) else found

    def add(self, key: Key, name: str) -> None:
        """A name comes under a key, unless it is there."""
        shelf = self._shelves.of(key)
        if key not in shelf:
            shelf[key] = name
        elif name not in (names := self.at(key)):
            shelf[key] = (*names, name)

    def emptying(self) -> Iterator[None]:
        """Take all of them away, key by key."""
        return self._shelves.emptying()

    def remove(self, key: Key, name: str) -> None:
        """A name goes, if it is there."""
        shelf = self._shelves.of(key)
        found = shelf.get(key)
        if found == name:
            del shelf[key]
        elif isinstance(found, tuple):
            left = tuple(other for other in found if other != name)
            shelf[key] = left if len(left) > 1 else left[0]
