"""A Faust consumer that can be stopped for certain, and that starts again from the reading rows.

Promised to `recovery`: when `wait_for_stopped_flow` returns, no record is on its way from the broker to an agent. In
Faust 0.15.3 that method never waits (its event is set where it should be cleared). And Faust's own `perform_seek` goes
to the committed offset, also from inside the fetch loop at moments nobody chose; here it does nothing, because a
stopped flow is always followed by `seek_to_reading_rows`.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from faust.transport.consumer import Consumer as FaustConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.transports import ConsumerT, ProducerT, TransportT

STOP_LIMIT = 30.0
# Whoever asks the flow to stop, or the broker where the log begins and ends, waits for the fetch under way. Faust has
# it wait 1 s here and 1.5 s at the broker for news, which cost every rebalance three seconds of silence.
NEWS_WAIT = 0.25


class FlowWouldNotStop(RuntimeError):
    """The fetch loop did not come to rest in time; seeking under it would lose records, so the worker gives up."""


class StoppableFlow(FaustConsumer):
    """Mix-in for a Faust consumer: a stop that can be waited for, and a seek that also forgets old bookkeeping."""

    _draining: int = 0

    def on_init(self) -> None:
        """Prepare the mark that is set while the fetch loop rests."""
        self._resting = asyncio.Event()

    async def _drain_messages(self, fetcher: Any) -> None:
        """Run Faust's fetch loop, and know whether it runs."""
        self._draining += 1
        try:
            await super()._drain_messages(fetcher)
        finally:
            self._draining -= 1
            self._resting.set()

    async def _wait_next_records(self, timeout: float) -> Any:
        """Rest here while the flow is stopped: this is the one place where the loop holds no record."""
        while not self.flow_active and not self.should_stop:
            self._resting.set()
            try:
                await self.wait(cast("Any", self.can_resume_flow))
            finally:
                self._resting.clear()
        return await super()._wait_next_records(min(timeout, NEWS_WAIT))

    async def wait_for_stopped_flow(self) -> None:
        """Wait until the fetch loop rests or has ended; FlowWouldNotStop after 30 s."""
        if self.flow_active:
            raise FlowWouldNotStop("stop_flow() must come first")
        if not self._draining:
            return
        try:
            await asyncio.wait_for(self._resting.wait(), STOP_LIMIT)
        except TimeoutError as late:
            raise FlowWouldNotStop(f"the fetch loop still delivers after {STOP_LIMIT:.0f} s") from late

    async def perform_seek(self) -> None:
        """Do nothing: Faust would go to the committed offsets, but positions live in the reading rows."""

    async def seek_to_reading_rows(self, positions: Mapping[TP, int]) -> None:
        """Go to these offsets and forget what was read and acknowledged beyond them. The flow must be stopped."""
        for tp in positions:
            self._acked.pop(tp, None)
            self._acked_index.pop(tp, None)
            self._gap.pop(tp, None)
        await self.seek_wait(positions)
        for tp, offset in positions.items():
            self._read_offset[tp] = offset or None
            self._committed_offset[tp] = offset or None
        # Committed offsets only feed lag displays; a drained partition would show a lag until its next record.
        held = {tp: offset for tp, offset in positions.items() if tp in self.assignment()}
        if held:  # aiokafka takes an empty commit for a mistake
            await self._commit(held)


class LedgerConsumerThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, whose fetches let other requests past soon: a broker answers a connection in order."""

    def _create_worker_consumer(self, transport: driver.Transport) -> Any:
        """Make aiokafka's consumer; Faust has no setting for how long a fetch waits for news."""
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = int(NEWS_WAIT * 1000)  # noqa: SLF001 - aiokafka reads it when it starts
        return consumer


class LedgerConsumer(StoppableFlow, driver.Consumer):
    """The consumer of every stream room."""

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return LedgerConsumerThread(self, loop=self.loop, beacon=self.beacon)


class LedgerProducer(driver.Producer):
    """Idempotent, so that a retry neither repeats nor reorders table rows: their order carries meaning."""

    def _settings_extra(self) -> Mapping[str, Any]:
        """Ask aiokafka for an idempotent producer."""
        return {"acks": "all", "enable_idempotence": True}


class LedgerTransport(driver.Transport):
    """Faust's aiokafka driver with these two."""

    Consumer: type[ConsumerT] = cast("type[ConsumerT]", LedgerConsumer)  # type: ignore[misc]
    Producer: type[ProducerT] = cast("type[ProducerT]", LedgerProducer)  # type: ignore[misc]


__all__ = ["FlowWouldNotStop", "LedgerTransport", "StoppableFlow", "TransportT"]
