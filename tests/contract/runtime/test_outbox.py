"""The outbox of a stream: a burst goes out in one piece, a reader who is too slow is told, an end is an end."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from kindline.runtime.outbox import Outbox


async def test_a_burst_is_taken_in_one_piece_and_in_order() -> None:
    """Everything that waits comes out at once."""
    outbox: Outbox[int] = Outbox()
    outbox.put([1, 2])
    outbox.put([3])
    assert await outbox.take(1.0) == [1, 2, 3]


async def test_whoever_waits_is_woken_at_once() -> None:
    """A writer that waits gets what is put, without waiting for its heartbeat."""
    outbox: Outbox[int] = Outbox()
    asyncio.get_running_loop().call_later(0.01, outbox.put, [7])
    async with asyncio.timeout(1.0):
        assert await outbox.take(60.0) == [7]


async def test_nothing_comes_after_the_wait() -> None:
    """When there is nothing the writer gets its turn all the same."""
    assert await Outbox[int]().take(0.01) == []


async def test_each_wait_has_its_own_length() -> None:
    """A writer that was woken waits anew, no shorter and no longer than it says, whatever alarm was set before."""
    outbox: Outbox[int] = Outbox()
    loop = asyncio.get_running_loop()
    outbox.put([1])
    assert await outbox.take(60.0) == [1]
    loop.call_later(0.01, outbox.put, [2])
    assert await outbox.take(60.0) == [2]
    for wait in (0.03, 0.09, 0.03):
        begun = loop.time()
        loop.call_later(0.02, outbox.put, [3])
        assert await outbox.take(wait) == [3]
        assert await outbox.take(wait) == []
        assert 0.02 + wait <= loop.time() - begun < 5.0


async def test_a_writer_that_goes_away_disturbs_nobody() -> None:
    """When a stream ends while its writer waits, what is put later is kept for the next who takes."""
    outbox: Outbox[int] = Outbox()
    writer = asyncio.create_task(outbox.take(0.02))
    await asyncio.sleep(0.01)
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)
    await asyncio.sleep(0.03)
    outbox.put([1])
    assert await outbox.take(1.0) == [1]


async def test_an_overflow_wakes_the_writer_once() -> None:
    """A writer that was too slow is woken with nothing, and then waits as ever."""
    outbox: Outbox[int] = Outbox(1)
    outbox.put([1, 2])
    assert await outbox.take(60.0) == []
    begun = asyncio.get_running_loop().time()
    assert await outbox.take(0.02) == []
    assert asyncio.get_running_loop().time() - begun >= 0.02


async def test_what_waits_is_still_taken_after_the_end() -> None:
    """Closing loses no word that was put before it, and wakes whoever waits."""
    outbox: Outbox[int] = Outbox()
    outbox.put([1])
    outbox.close()
    assert await outbox.take(60.0) == [1]
    async with asyncio.timeout(1.0):
        assert await outbox.take(60.0) == []


async def test_it_has_not_ended_before_the_last_word_is_taken() -> None:
    """What is put while the writer writes, just before the end, still goes out; what comes after the end does not."""
    outbox: Outbox[int] = Outbox()
    outbox.put([1])
    assert await outbox.take(1.0) == [1]
    outbox.put([2])
    outbox.close()
    outbox.put([3])
    assert not outbox.ended
    assert await outbox.take(1.0) == [2]
    assert outbox.ended


@given(st.lists(st.lists(st.integers(), max_size=6), max_size=12), st.integers(1, 10))
def test_too_much_is_forgotten_whole_and_said_once(bursts: list[list[int]], bound: int) -> None:
    """An outbox never holds more than its bound, and what it forgot it says exactly once."""
    outbox: Outbox[int] = Outbox(bound)
    waiting: list[int] = []
    forgot = False
    for burst in bursts:
        outbox.put(burst)
        waiting += burst
        if len(waiting) > bound:
            waiting, forgot = [], True
    assert outbox.overflowed() is forgot
    assert outbox.overflowed() is False
    outbox.close()
    assert asyncio.run(outbox.take(1.0)) == waiting
