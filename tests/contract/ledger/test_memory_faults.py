"""What a simulation may do to a ledger in memory, each fault with its exact outcome, in virtual time."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from kindline.ledger import topics
from kindline.ledger.memory import ACKNOWLEDGED, AppendFault, MemoryLedger, MemoryLog, Outcome
from kindline.ledger.port import AppendRefused, AppendUnknown, LedgerUnavailable, Partition

LOG = Partition(topics.DECISIONS, 0)


class _Jumping(selectors.SelectSelector):
    """Never waits: the time that the loop would have slept is added to its clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


class VirtualTime(asyncio.SelectorEventLoop):
    """An event loop whose hours pass in no time."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds that would have passed."""
        return self._jumping.now


def simulate(story: Callable[[MemoryLedger, MemoryLedger], Coroutine[Any, Any, None]]) -> None:
    """Run a story with two processes that share a log, in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        log = MemoryLog(4, now=runner.get_loop().time)
        runner.run(story(MemoryLedger(log=log), MemoryLedger(log=log)))


def values(ledger: MemoryLedger) -> list[bytes | None]:
    """What stands in the log."""
    return [record.value for record in ledger.log.records(LOG)]


@pytest.mark.parametrize(
    "fault, raised, stored",
    [
        (AppendFault(outcome=Outcome.UNKNOWN), AppendUnknown, 1),
        (AppendFault(copies=0, outcome=Outcome.UNKNOWN), AppendUnknown, 0),
        (AppendFault(copies=2), None, 2),
        (AppendFault(outcome=Outcome.REFUSED), AppendRefused, 0),
        (AppendFault(outcome=Outcome.UNAVAILABLE), LedgerUnavailable, 0),
        (AppendFault(before=1, after=2), None, 1),
    ],
    ids=["acknowledgement lost", "record lost", "doubled", "refused", "unavailable", "slow"],
)
def test_an_append_goes_as_it_was_chosen(fault: AppendFault, raised: type[Exception] | None, stored: int) -> None:
    """Each fault leaves the log and the writer as it says."""

    async def story(one: MemoryLedger, _: MemoryLedger) -> None:
        one.fault = lambda _: fault
        if raised is None:
            assert (await one.writer().append(LOG, None, b"x")).offset == 0
        else:
            with pytest.raises(raised):
                await one.writer().append(LOG, None, b"x")
        assert values(one) == [b"x"] * stored

    simulate(story)


def test_a_record_may_come_long_after_its_writer_gave_up() -> None:
    """A zombie's record lands when others have long gone on, and the zombie heard that the outcome is unknown."""

    async def story(one: MemoryLedger, other: MemoryLedger) -> None:
        one.fault = lambda _: AppendFault(before=8)
        loop = asyncio.get_running_loop()
        with pytest.raises(AppendUnknown):
            await one.writer().append(LOG, None, b"zombie")
        assert loop.time() == pytest.approx(5.0)
        await other.writer().append(LOG, None, b"new owner")
        await asyncio.sleep(4)
        assert values(one) == [b"new owner", b"zombie"]
        assert one.log.records(LOG)[1].appended_at == pytest.approx(8.0)

    simulate(story)


def test_a_slow_append_holds_up_those_behind_it() -> None:
    """The order of one writer is kept, whatever happens to the first of its appends."""

    async def story(one: MemoryLedger, _: MemoryLedger) -> None:
        faults = [AppendFault(before=2), ACKNOWLEDGED]
        one.fault = lambda _: faults.pop(0)
        writer = one.writer()
        await asyncio.gather(writer.append(LOG, None, b"first"), writer.append(LOG, None, b"second"))
        assert values(one) == [b"first", b"second"]

    simulate(story)


def test_a_process_may_read_the_past() -> None:
    """A reader that is held back sees each record only when it is that old."""

    async def story(one: MemoryLedger, other: MemoryLedger) -> None:
        other.held_back = 3.0
        reader = other.reader({LOG: 0})
        await one.writer().append(LOG, None, b"news")
        assert list(await reader.read(2.0)) == []
        loop = asyncio.get_running_loop()
        assert [record.value for record in await reader.read(60.0)] == [b"news"]
        assert loop.time() == pytest.approx(3.0, abs=0.1)

    simulate(story)


def test_a_process_that_is_cut_off_hears_nothing_and_says_nothing() -> None:
    """Cut off, it can neither read nor append nor ask, while the other goes on; afterwards nothing is missing."""

    async def story(one: MemoryLedger, other: MemoryLedger) -> None:
        reader = one.reader({LOG: 0})
        one.reachable = False
        await other.writer().append(LOG, None, b"a")
        assert list(await reader.read(10.0)) == []
        with pytest.raises(LedgerUnavailable):
            await one.bounds([LOG])
        with pytest.raises(AppendUnknown):
            await one.writer().append(LOG, None, b"b")
        one.reachable = True
        assert [record.value for record in await reader.read(1.0)] == [b"a"]
        assert values(one) == [b"a"]

    simulate(story)


def test_a_process_that_vanishes_keeps_its_place_until_its_session_ends() -> None:
    """A group notices a kill only after ten seconds, as Kafka's does."""

    async def story(one: MemoryLedger, other: MemoryLedger) -> None:
        await one.join("group", topics.DECISIONS)
        left = await other.join("group", topics.DECISIONS)
        assert len(left.assigned()) == 2
        await one.vanish()
        await asyncio.sleep(9.9)
        assert len(left.assigned()) == 2
        await asyncio.sleep(0.2)
        assert len(left.assigned()) == 4

    simulate(story)
