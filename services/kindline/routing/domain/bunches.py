"""Names under a key, in the order in which they came: mostly one, which takes no more room than a name."""

from __future__ import annotations

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
        names = self.at(key)
        if name not in names:
            self._shelves[key] = (*names, name) if names else name

    def remove(self, key: Key, name: str) -> None:
        """A name goes, if it is there."""
        names = self.at(key)
        if name not in names:
            return
        left = tuple(other for other in names if other != name)
        if left:
            self._shelves[key] = left
        else:
            del self._shelves[key]
