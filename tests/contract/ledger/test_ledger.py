"""What every ledger promises, proved on the one in memory and on real Kafka alike."""

import asyncio
import time

import pytest

from kindline.ledger.port import (
    Appended,
    AppendRefused,
    AppendUnknown,
    Bounds,
    Ledger,
    OutsideLog,
    Partition,
    Reader,
    Record,
)
from tests.contract.ledger.conftest import PARTITIONS, Place

LIMIT = 15.0


async def read_until(reader: Reader, count: int) -> list[Record]:
    """Read until so many records have come, or fail."""
    found: list[Record] = []
    deadline = time.monotonic() + LIMIT
    while len(found) < count:
        assert time.monotonic() < deadline, f"{len(found)} of {count} records came"
        found += await reader.read(0.5)
    return found


async def write(ledger: Ledger, partition: Partition, count: int) -> None:
    """Append so many records, 0, 1, 2 ..."""
    writer = ledger.writer()
    for number in range(count):
        await writer.append(partition, b"key", str(number).encode())


async def test_what_is_appended_is_read(place: Place) -> None:
    """A record comes out as it went in, with its place and the time at which it was appended."""
    ledger = place.open()
    partition = Partition(place.topic, 1)
    headers = (("ce_id", b"1"), ("odd", b"\xff"), ("ce_id", b"2"))
    appended = await ledger.writer().append(partition, b"bank/cards", b"\x00value", headers)
    [record] = await read_until(ledger.reader({partition: 0}), 1)
    assert record == Record(partition, appended.offset, appended.appended_at, b"bank/cards", b"\x00value", headers)
    assert appended.offset == 0
    assert abs(appended.appended_at - time.time()) < 30


async def test_a_tombstone_is_a_record(place: Place) -> None:
    """A record without a value, and one without a key, are read as such."""
    ledger = place.open()
    partition = Partition(place.topic, 0)
    writer = ledger.writer()
    await writer.append(partition, b"key", None)
    await writer.append(partition, None, b"value")
    found = await read_until(ledger.reader({partition: 0}), 2)
    assert [(record.key, record.value) for record in found] == [(b"key", None), (None, b"value")]


async def test_appends_keep_the_order_in_which_they_began(place: Place) -> None:
    """Two hundred appends at once, the very first of a writer, stand in the log as they were begun."""
    ledger = place.open()
    writer = ledger.writer()
    partition = Partition(place.topic, 0)
    appended = await asyncio.gather(*(writer.append(partition, None, str(number).encode()) for number in range(200)))
    assert [place.offset for place in appended] == list(range(200))
    found = await read_until(ledger.reader({partition: 0}), 200)
    assert [record.value for record in found] == [str(number).encode() for number in range(200)]


async def test_nobody_passes_those_who_wait_for_the_first_connection(place: Place) -> None:
    """Appends that begin while earlier ones still wait for the writer to connect come after them."""
    ledger = place.open()
    writer = ledger.writer()
    partition = Partition(place.topic, 0)
    begun: list[asyncio.Task[Appended]] = []
    async with asyncio.timeout(LIMIT):
        while len(begun) < 300 or not begun[100].done():
            begun.append(asyncio.create_task(writer.append(partition, None, str(len(begun)).encode())))
            await asyncio.sleep(0 if len(begun) > 200 and len(begun) % 50 else 0.002)
        offsets = [(await one).offset for one in begun]
    assert offsets == sorted(offsets)


async def test_a_reader_begins_where_it_is_told(place: Place) -> None:
    """Each partition is read from its own position, and the position moves with what was read."""
    ledger = place.open()
    first, second = Partition(place.topic, 0), Partition(place.topic, 1)
    await write(ledger, first, 5)
    await write(ledger, second, 5)
    reader = ledger.reader({first: 3, second: 5})
    assert [record.offset for record in await read_until(reader, 2)] == [3, 4]
    assert (reader.position(first), reader.position(second)) == (5, 5)
    await ledger.writer().append(second, None, b"new")
    assert [record.value for record in await read_until(reader, 1)] == [b"new"]


async def test_silence_lasts_as_long_as_one_is_willing_to_wait(place: Place) -> None:
    """A reader with nothing to read says so after the time that it was given, and not before."""
    reader = place.open().reader({Partition(place.topic, 0): 0})
    begun = time.monotonic()
    assert list(await reader.read(0.3)) == []
    assert 0.29 < time.monotonic() - begun < 5


async def test_a_reader_moves_to_another_position(place: Place) -> None:
    """Following anew gives what lies at the new position, and nothing more of the old one."""
    ledger = place.open()
    partition = Partition(place.topic, 0)
    await write(ledger, partition, 10)
    reader = ledger.reader({partition: 0})
    await reader.read(LIMIT)
    await reader.follow({partition: 7})
    assert reader.position(partition) == 7
    assert [record.offset for record in await read_until(reader, 3)] == [7, 8, 9]


async def test_a_dropped_partition_is_heard_no_more(place: Place) -> None:
    """After a drop nothing comes of that partition, though it lay ready; the others go on."""
    ledger = place.open()
    kept, dropped = Partition(place.topic, 0), Partition(place.topic, 1)
    await write(ledger, dropped, 3)
    reader = ledger.reader({kept: 0, dropped: 0})
    await reader.drop([dropped])
    await write(ledger, kept, 3)
    assert {record.partition for record in await read_until(reader, 3)} == {kept}
    with pytest.raises(KeyError):
        reader.position(dropped)


async def test_a_partition_added_later_is_read(place: Place) -> None:
    """A reader takes on a partition while it reads another."""
    ledger = place.open()
    first, second = Partition(place.topic, 0), Partition(place.topic, 1)
    await write(ledger, first, 1)
    await write(ledger, second, 2)
    reader = ledger.reader({first: 0})
    await read_until(reader, 1)
    await reader.follow({second: 1})
    assert [(record.partition, record.offset) for record in await read_until(reader, 1)] == [(second, 1)]


async def test_the_bounds_are_those_of_now(place: Place) -> None:
    """The ledger says where a partition begins and ends, also right after an append."""
    ledger = place.open()
    empty, filled = Partition(place.topic, 0), Partition(place.topic, 1)
    await write(ledger, filled, 4)
    assert await ledger.bounds([empty, filled]) == {empty: Bounds(0, 0), filled: Bounds(0, 4)}
    assert await ledger.bounds([]) == {}


async def test_a_trimmed_log_begins_later(place: Place) -> None:
    """What was trimmed is gone, what stands after it keeps its offsets, and nothing beyond the end can be trimmed."""
    ledger = place.open()
    partition = Partition(place.topic, 2)
    await write(ledger, partition, 6)
    await ledger.trim({partition: 4})
    assert await ledger.bounds([partition]) == {partition: Bounds(4, 6)}
    assert [record.offset for record in await read_until(ledger.reader({partition: 4}), 2)] == [4, 5]
    with pytest.raises(OutsideLog):
        await ledger.trim({partition: 7})


@pytest.mark.parametrize("position", [0, 9], ids=["before the beginning", "after the end"])
async def test_a_position_outside_the_log_is_told_and_never_skipped(place: Place, position: int) -> None:
    """A reader outside the log hears so, again and again, until it moves to where records are."""
    ledger = place.open()
    partition = Partition(place.topic, 0)
    await write(ledger, partition, 6)
    await ledger.trim({partition: 3})
    reader = ledger.reader({partition: position})
    for _ in range(2):
        with pytest.raises(OutsideLog) as told:
            await asyncio.wait_for(read_until(reader, 1), LIMIT)
        assert (told.value.partition, told.value.position) == (partition, position)
    await reader.follow({partition: 3})
    assert [record.offset for record in await read_until(reader, 3)] == [3, 4, 5]


async def test_a_topic_has_a_number_of_partitions(place: Place) -> None:
    """The ledger counts a topic's partitions, and says what to do where there is no such topic."""
    ledger = place.open()
    assert await ledger.partitions(place.topic) == PARTITIONS
    with pytest.raises(LookupError, match="kindline topics"):
        await ledger.partitions(f"{place.topic}-missing")


async def test_a_record_that_is_too_large_is_refused(place: Place) -> None:
    """A record beyond the topic's limit is refused for good, and the writer goes on with the next."""
    ledger = place.open()
    partition = Partition(place.topic, 0)
    writer = ledger.writer()
    with pytest.raises(AppendRefused):
        await writer.append(partition, None, bytes(2 * 1024 * 1024))
    assert (await writer.append(partition, None, b"small")).offset == 0


async def test_a_large_record_passes_whole(place: Place) -> None:
    """A record just below the limit arrives byte for byte."""
    ledger = place.open()
    partition = Partition(place.topic, 0)
    value = bytes(range(256)) * 3_500
    await ledger.writer().append(partition, None, value)
    [record] = await read_until(ledger.reader({partition: 0}), 1)
    assert record.value == value


async def test_closing_a_writer_leaves_no_append_in_doubt_as_done(place: Place) -> None:
    """Whoever waits for an acknowledgement while the writer is closed hears that the outcome is unknown."""
    ledger = place.open()
    partition = Partition(place.topic, 0)
    writer = ledger.writer()
    await writer.append(partition, None, b"first")
    under_way = [asyncio.create_task(writer.append(partition, None, b"x")) for _ in range(3)]
    await asyncio.sleep(0)
    await writer.close()
    outcomes = await asyncio.gather(*under_way, return_exceptions=True)
    assert all(isinstance(outcome, AppendUnknown) for outcome in outcomes), outcomes


async def test_two_processes_see_one_log(place: Place) -> None:
    """What one process appends another one reads, in one order for all."""
    one, other = place.open(), place.open()
    partition = Partition(place.topic, 0)
    reader = other.reader({partition: 0})
    writers = (one.writer(), other.writer())
    for number in range(10):
        await writers[number % 2].append(partition, None, str(number).encode())
    assert [record.value for record in await read_until(reader, 10)] == [str(number).encode() for number in range(10)]
