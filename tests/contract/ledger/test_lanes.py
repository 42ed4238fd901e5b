"""How much librdkafka is given of one partition at a time, record by record; a broker would not be so exact."""

import asyncio

import pytest

from kindline.ledger.confluent.lanes import (
    BYTES_WAITING,
    GROUP_BYTES,
    GROUP_RECORDS,
    LONE_RECORDS,
    Kept,
    Lane,
    Lanes,
)
from kindline.ledger.port import LedgerUnavailable, Partition

PARTITION = Partition("interactions", 0)
LARGE = b"x" * (BYTES_WAITING // 3)


def keep(lanes: Lanes, value: bytes = b"value", until: float = 1e9) -> Kept:
    """Let a record wait in the lane of PARTITION, no longer than `until`."""
    kept = Kept(asyncio.get_running_loop().create_future(), PARTITION, None, value, (), until)
    lanes.keep(lanes.of(PARTITION), kept)
    return kept


def taken(lane: Lane, times: list[float], size: int = 100) -> int:
    """How many records of `size` bytes a lane takes that come at these times."""
    count = 0
    for now in times:
        if lane.has_room(size, now):
            lane.took(size, now)
            count += 1
    return count


@pytest.mark.parametrize("size", [100, 2 * GROUP_BYTES])
def test_five_are_under_way_at_most_where_nothing_is_collected(size: int) -> None:
    """However large they are and whenever they come, librdkafka can always send what it has of five."""
    assert taken(Lane(0.0), [number / 3 for number in range(20)], size) == LONE_RECORDS


def test_where_it_collects_a_group_is_open_for_its_first_moment() -> None:
    """Whatever comes in the first half of the time goes with the first; after it, librdkafka may have sent them."""
    lane = Lane(0.0025)
    assert taken(lane, [10.0] * 20 + [10.0024] * 20) == 40
    assert taken(lane, [10.0026] * 20) == 0


def test_a_group_that_began_late_is_not_taken_for_the_first() -> None:
    """A few may always go; whoever comes with the sixth waits, as nobody knows in which request the others are."""
    lane = Lane(0.0025)
    assert taken(lane, [10.0, 10.004, 10.004, 10.004, 10.004, 10.004]) == LONE_RECORDS


def test_a_group_is_no_larger_than_one_request() -> None:
    """A thousand records or half a mebibyte, so that librdkafka cuts no group in two."""
    assert taken(Lane(0.0025), [10.0] * 2 * GROUP_RECORDS) == GROUP_RECORDS
    assert taken(Lane(0.0025), [10.0] * 20, GROUP_BYTES // 10) == 10


async def test_those_who_wait_come_in_their_order_and_nobody_waits_for_the_dead() -> None:
    """Whoever was cancelled is passed over, and is still known to have never left."""
    lanes = Lanes(0.0)
    lane = lanes.of(PARTITION)
    first, second, third = (keep(lanes) for _ in range(3))
    second.waiting.cancel()
    assert lanes.next(lane, 1.0) is first
    lane.under_way = LONE_RECORDS
    assert lanes.next(lane, 1.0) is None
    lane.under_way = 0
    assert lanes.next(lane, 1.0) is third
    assert lanes.next(lane, 1.0) is None
    assert [lanes.keeps(kept.waiting) for kept in (first, second, third)] == [False, True, False]


async def test_what_waits_is_bounded_and_room_comes_back() -> None:
    """Whoever comes when 64 MiB wait is told at once; when one of them has gone, there is room again."""
    lanes = Lanes(0.0)
    keep(lanes, LARGE)
    keep(lanes, LARGE)
    with pytest.raises(LedgerUnavailable, match="2 records wait already"):
        keep(lanes, LARGE)
    assert lanes.next(lanes.of(PARTITION), 1.0) is not None
    keep(lanes, LARGE)


async def test_when_the_producer_fails_all_who_wait_hear_that_nothing_was_changed() -> None:
    """Their records went nowhere; they may be appended again."""
    lanes = Lanes(0.0)
    kept = [keep(lanes) for _ in range(3)]
    kept[1].waiting.cancel()
    lanes.give_up()
    for one in (kept[0], kept[2]):
        with pytest.raises(LedgerUnavailable):
            await one.waiting
    assert lanes.next(lanes.of(PARTITION), 1.0) is None


async def test_what_has_hardly_time_left_is_not_sent_any_more() -> None:
    """Whoever would give up before the broker can answer hears now that their record is certainly not in the log."""
    lanes = Lanes(0.0)
    lane = lanes.of(PARTITION)
    late, timely = keep(lanes, until=10.0), keep(lanes, until=11.0)
    assert lanes.next(lane, 10.0) is timely
    assert isinstance(late.waiting.exception(), LedgerUnavailable)
    assert lanes.keeps(late.waiting)
    assert not lanes.keeps(timely.waiting)
