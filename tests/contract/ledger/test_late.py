"""Whoever may be late, as reader or as writer, still has everything, in order, and within the time that they allow."""

import asyncio

import pytest

from kindline.ledger.clients.polling import FETCH_SECONDS
from kindline.ledger.port import LATEST_APPEND_SECONDS, LATEST_SECONDS, Partition
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


async def test_what_a_writer_keeps_back_for_a_moment_is_all_there_in_order(place: Place) -> None:
    """The commands of a surge of agents are sent many at once; each is acknowledged, at its place."""
    ledger, partition = place.open(), Partition(place.topic, 0)
    writer = ledger.writer(late=LATE)
    async with asyncio.timeout(LIMIT):
        first = await writer.append(partition, None, b"value 0")
        told = await asyncio.gather(
            *(writer.append(partition, None, f"value {number}".encode()) for number in range(1, 20))
        )
        reader = ledger.reader({partition: 0})
        read: list[tuple[int, bytes | None]] = []
        while len(read) < 1 + len(told):
            read += [(record.offset, record.value) for record in await reader.read(1.0)]
    assert read == [(one.offset, f"value {number}".encode()) for number, one in enumerate([first, *told])]


@pytest.mark.parametrize("late", [-0.1, 0.2, float("nan")])
async def test_a_writer_keeps_nothing_back_for_longer_than_people_notice(place: Place, late: float) -> None:
    """Whoever lets appends wait for longer than a tenth of a second is told at once."""
    with pytest.raises(ValueError, match="late is"):
        place.open().writer(late=late)
    assert LATEST_APPEND_SECONDS <= 0.1
