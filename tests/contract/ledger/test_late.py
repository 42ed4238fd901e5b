"""A reader that may be late still gets everything, in order, and within the time it allows."""

import asyncio

import pytest

from kindline.ledger.clients.polling import FETCH_SECONDS
from kindline.ledger.port import LATEST_SECONDS, Partition
from tests.contract.ledger.conftest import Place

LATE = 0.05
LIMIT = 5.0


async def test_who_may_be_late_misses_nothing_and_is_not_later_than_allowed(place: Place) -> None:
    """Presence lets news collect for a moment; what agents are shown is complete all the same."""
    writer_side, reader_side = place.open(), place.open()
    partition = Partition(place.topic, 0)
    reader, writer = reader_side.reader({partition: 0}, late=LATE), writer_side.writer()
    begun = asyncio.get_running_loop().time()
    values = [f"value {number}".encode() for number in range(20)]
    read: list[bytes | None] = []
    for value in values:
        await writer.append(partition, None, value)
    async with asyncio.timeout(LIMIT):
        while len(read) < len(values):
            read += [record.value for record in await reader.read(1.0)]
    assert read == values
    assert asyncio.get_running_loop().time() - begun < LIMIT


@pytest.mark.parametrize("late", [-0.1, 4.1, 5.0, float("nan"), float("inf")])
async def test_nobody_may_be_later_than_a_fetch_can_last(place: Place, late: float) -> None:
    """Whoever allows more than a broker has time for is told at once, and not by a fetch that fails again and again."""
    with pytest.raises(ValueError, match="late is"):
        place.open().reader({Partition(place.topic, 0): 0}, late=late)
    assert LATEST_SECONDS < FETCH_SECONDS
