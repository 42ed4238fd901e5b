"""Long work a little at a time, for a loop that others share: building a state of very many takes seconds.

Promises whoever waits between two slices that a slice takes a few milliseconds, or as long as one step of the work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import TypeVar

from kindline.runtime.collecting import look_through

Thing = TypeVar("Thing")

SECONDS_AT_ONCE = 0.002
BETWEEN_COLLECTIONS = 10
"""Slices that may make a few thousand objects in all, which are looked through in a millisecond or two."""


def slices(steps: Iterable[None]) -> Iterator[None]:
    """Take all the steps of some work, and stop after each slice of them: it is the others' turn."""
    clock = asyncio.get_running_loop().time
    until, taken = clock() + SECONDS_AT_ONCE, 0
    for _ in steps:
        if clock() >= until:
            taken += 1
            if not taken % BETWEEN_COLLECTIONS:
                look_through()
            yield
            until = clock() + SECONDS_AT_ONCE


async def in_slices(steps: Iterable[None]) -> None:
    """Take all the steps of some work; everybody else in the loop has their turn after each slice."""
    for _ in slices(steps):
        await asyncio.sleep(0)


async def listed(things: Iterable[Thing]) -> list[Thing]:
    """All of these, each made in its turn; to be dropped by `dropped`."""
    found: list[Thing] = []
    await in_slices(map(found.append, things))
    return found


async def dropped(things: list[Thing]) -> None:
    """Empty a list that nobody else needs: very many things that go with it at once would take very long."""
    await in_slices(_emptying(things))


def _emptying(things: list[Thing]) -> Iterator[None]:
    while things:
        things.pop()
        yield
