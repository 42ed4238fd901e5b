"""Consumer groups in memory: who shares out which partitions, and what they committed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

from kindline.ledger.port import LedgerUnavailable

OnAssigned = Callable[[frozenset[int]], Awaitable[None]]

NOTE_CHARACTERS = 1_000


class Group:
    """The members of one group in the order in which they came, and the group's commits."""

    def __init__(self, partitions: int) -> None:
        """Share out so many partitions."""
        self._partitions = partitions
        self._members: list[MemoryMembership] = []
        self.commits: dict[int, tuple[int, str]] = {}

    def enter(self, member: MemoryMembership) -> None:
        """Take a member in and share out anew."""
        self._members.append(member)
        self._share_out()

    def leave(self, member: MemoryMembership) -> None:
        """Let a member go and share out anew; twice is once."""
        if member in self._members:
            self._members.remove(member)
            self._share_out()

    def holds(self, member: MemoryMembership) -> bool:
        """Whether the group still counts on this member."""
        return member in self._members

    def _share_out(self) -> None:
        for place, member in enumerate(self._members):
            member.receive(frozenset(range(place, self._partitions, len(self._members))))


class MemoryMembership:
    """A place in a group in memory; fulfils port.Membership."""

    def __init__(self, group: Group, on_assigned: OnAssigned | None, reachable: Callable[[], bool]) -> None:
        """Take the place at once; on_assigned hears of it as soon as the loop turns."""
        self._group = group
        self._reachable = reachable
        self._on_assigned = on_assigned
        self._assigned: frozenset[int] = frozenset()
        self._generation = 0
        self._news = asyncio.Event()
        self._teller = asyncio.create_task(self._tell()) if on_assigned else None
        group.enter(self)

    def assigned(self) -> frozenset[int]:
        """The partitions that the group gives this member now."""
        return self._assigned

    @property
    def generation(self) -> int:
        """Rises with each assignment."""
        return self._generation

    def receive(self, numbers: frozenset[int]) -> None:
        """Take a new assignment; called by the group."""
        self._assigned = numbers
        self._generation += 1
        self._news.set()

    async def committed(self, number: int) -> tuple[int, str] | None:
        """The committed offset and note of a partition; None when none was ever committed."""
        self._check()
        return self._group.commits.get(number)

    async def commit(self, offsets: Mapping[int, tuple[int, str]]) -> None:
        """Commit offsets. Raises LedgerUnavailable when cut off or no longer of the group, ValueError for a note."""
        for _, note in offsets.values():
            if len(note) > NOTE_CHARACTERS:
                raise ValueError(f"a note of {len(note)} characters; {NOTE_CHARACTERS} are allowed")
        self._check()
        self._group.commits.update(offsets)

    def expel(self) -> None:
        """Take the place away, as when the session is over."""
        self._assigned = frozenset()
        self._group.leave(self)
        if self._teller is not None:
            self._teller.cancel()

    async def close(self) -> None:
        """Leave the group."""
        self.expel()
        if self._teller is not None and self._teller is not asyncio.current_task():
            with contextlib.suppress(asyncio.CancelledError):
                await self._teller

    def _check(self) -> None:
        if not self._reachable() or not self._group.holds(self):
            raise LedgerUnavailable("this member is cut off from its group")

    async def _tell(self) -> None:
        while self._on_assigned is not None:
            await self._news.wait()
            self._news.clear()
            await self._on_assigned(self._assigned)
