"""Groups share out the partitions of a topic and remember what was committed, in memory and on Kafka alike."""

import asyncio
import time
from collections.abc import Callable

import pytest

from kindline.ledger.port import Membership
from tests.contract.ledger.conftest import PARTITIONS, Place

LIMIT = 40.0
EVERYTHING = frozenset(range(PARTITIONS))


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until it is so, or fail."""
    deadline = time.monotonic() + LIMIT
    while not is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def shared_out(*members: Membership) -> bool:
    """Whether each partition belongs to exactly one member, and each member has one."""
    parts = [member.assigned() for member in members]
    return all(parts) and sum(map(len, parts)) == PARTITIONS and frozenset().union(*parts) == EVERYTHING


async def test_members_share_the_partitions(place: Place) -> None:
    """One member has all; a second one takes its part; the first has all again when the second leaves."""
    heard: list[frozenset[int]] = []

    async def hear(numbers: frozenset[int]) -> None:
        heard.append(numbers)

    first = await place.open().join(f"group-{place.topic}", place.topic, hear)
    await until(lambda: first.assigned() == EVERYTHING)
    alone = first.generation
    second = await place.open().join(f"group-{place.topic}", place.topic)
    await until(lambda: shared_out(first, second))
    assert first.generation > alone
    await until(lambda: heard[-1] == first.assigned())
    await second.close()
    await until(lambda: first.assigned() == EVERYTHING)
    await until(lambda: heard[-1] == EVERYTHING)
    assert second.assigned() == frozenset()


async def test_a_commit_is_remembered_with_its_note(place: Place) -> None:
    """What a member committed its successor finds, note and all, and nothing where nothing was committed."""
    first = await place.open().join(f"group-{place.topic}", place.topic)
    await until(lambda: first.assigned() == EVERYTHING)
    assert await first.committed(1) is None
    note = "3 owner 7 " + "x" * 900
    await first.commit({1: (42, note), 2: (0, "")})
    await first.close()
    second = await place.open().join(f"group-{place.topic}", place.topic)
    await until(lambda: second.assigned() == EVERYTHING)
    assert await second.committed(1) == (42, note)
    assert await second.committed(2) == (0, "")
    assert await second.committed(0) is None


async def test_a_note_has_a_limit(place: Place) -> None:
    """A note of over a thousand characters is refused before it goes anywhere."""
    member = await place.open().join(f"group-{place.topic}", place.topic)
    with pytest.raises(ValueError, match="1001 characters"):
        await member.commit({0: (1, "x" * 1_001)})
