"""The order of the last step of recovery, decided without a broker: where stock Faust loses records, ours does not."""

import asyncio
from collections.abc import Mapping

import pytest
from faust.tables.recovery import Recovery
from faust.types import TP

from kindline.ledger.stream.consumer import FlowWouldNotStop
from kindline.ledger.stream.recovery import OrderedRecovery
from tests.contract.stream.fake_consumer import SOURCE, MemoryBroker, StoppableMemoryBroker, Worker

END, COMMITTED = 400, 100


class PositionsAt:
    """Positions of a state that stands at one offset."""

    def __init__(self, offset: int) -> None:
        """Stand at `offset`."""
        self.offset = offset

    async def load(self, partitions: frozenset[TP]) -> Mapping[TP, int]:
        """Give it for the source partition."""
        assert partitions == {SOURCE}
        return {SOURCE: self.offset}


async def recover(worker: Worker, kind: type[Recovery], reading: int = COMMITTED) -> None:
    """Run the step that ends recovery, and let the worker finish its log."""
    recovery = kind(worker.app, worker.app.tables)
    if isinstance(recovery, OrderedRecovery):
        recovery.positions = PositionsAt(reading)  # type: ignore[assignment]
    await recovery.on_recovery_completed(worker.app.consumer_generation_id)
    await worker.until_quiet()


@pytest.mark.parametrize(
    "broker, recovery, loses",
    [(MemoryBroker, Recovery, True), (StoppableMemoryBroker, OrderedRecovery, False)],
    ids=["stock Faust loses", "ours loses none"],
)
async def test_records_that_arrive_between_resume_and_seek_are_not_lost(
    broker: type[MemoryBroker],
    recovery: type[Recovery],
    *,
    loses: bool,
) -> None:
    """When a worker comes back, every event after its state is folded; with stock Faust some never are."""
    async with Worker(broker, END, COMMITTED) as worker:
        await recover(worker, recovery)
        lost = set(range(COMMITTED, END)) - set(worker.folded)
    assert bool(lost) is loses, sorted(lost)


async def test_the_flow_rests_before_the_seek_and_partitions_resume_after_it() -> None:
    """A worker that comes back stops, rests, goes to its position, and only then takes events again, in that order."""
    async with Worker(StoppableMemoryBroker, END, COMMITTED) as worker:
        await recover(worker, OrderedRecovery)
        assert worker.consumer.calls == ["stop flow", "flow rests", "seek", "resume partitions", "resume flow"]
        assert worker.app.tables.actives_ready


async def test_stock_faust_resumes_before_it_seeks() -> None:
    """The reason for our own recovery still holds in the Faust that is installed; when this fails, look again."""
    async with Worker(MemoryBroker, END, COMMITTED) as worker:
        await recover(worker, Recovery)
        calls = worker.consumer.calls
    assert calls.index("resume partitions") < calls.index("seek")


@pytest.mark.parametrize("reading", [0, 40, 250])
async def test_a_worker_reads_on_from_its_state_and_not_from_the_committed_offset(reading: int) -> None:
    """What a worker folds first after a restart is the event after its state, whatever offset the group committed."""
    async with Worker(StoppableMemoryBroker, END, COMMITTED) as worker:
        await recover(worker, OrderedRecovery, reading)
        assert worker.folded == list(range(reading, END))


async def test_a_stopped_flow_holds_no_record_that_could_still_be_delivered() -> None:
    """When the flow is said to rest, a fetch that was under way has ended and its records reach nobody."""
    async with Worker(StoppableMemoryBroker, END, COMMITTED) as worker:
        worker.consumer.resume_partitions({SOURCE})
        while not worker.consumer.fetching:
            await asyncio.sleep(0)
        worker.consumer.stop_flow()
        await worker.consumer.wait_for_stopped_flow()
        assert not worker.consumer.fetching
        delivered = worker.queue.qsize() + len(worker.folded)
        await asyncio.sleep(0.05)
        assert worker.queue.qsize() + len(worker.folded) == delivered


async def test_waiting_for_a_flow_that_was_not_stopped_is_refused() -> None:
    """Whoever waits for rest without stopping the flow is told so, instead of waiting for ever."""
    async with Worker(StoppableMemoryBroker, END, COMMITTED) as worker:
        with pytest.raises(FlowWouldNotStop):
            await worker.consumer.wait_for_stopped_flow()


async def test_going_back_brings_the_records_again() -> None:
    """A worker whose state stands before what it has read already folds those events again after a rebalance."""
    async with Worker(StoppableMemoryBroker, END, COMMITTED) as worker:
        await recover(worker, OrderedRecovery)
        worker.folded.clear()
        await recover(worker, OrderedRecovery, 250)
        assert worker.folded == list(range(250, END))
