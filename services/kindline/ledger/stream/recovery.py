"""Table recovery in an order that loses nothing, given to Faust through its own hook (`App(TableManager=...)`).

Stock Faust 0.15.3 resumes the partitions first and seeks afterwards, with the flow still running. Records fetched in
between reach the agents' queues, move the read position forward, and are cleared from the queues a moment later; when
the seek brings the skipped records back they count as already read and are dropped. Here the flow is stopped and comes
to rest before the seek, and partitions resume only after it.
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

import faust
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from faust.types import TP, EventT
from mode.services import WaitArgT
from mode.utils.times import Seconds

from kindline.ledger.stream.consumer import StoppableFlow


class RecoveryTooSlow(RuntimeError):
    """A step of recovery met its limit, as when the broker goes away; the app ends and another try is made."""


class Positions(Protocol):
    """What recovery asks of the projection; both are called with the flow at rest."""

    async def load(self, partitions: frozenset[TP]) -> Mapping[TP, int]:
        """Read the state of these source partitions out of the table and say where each goes on reading."""
        ...

    def forget(self) -> None:
        """Let go of all partitions: a rebalance has begun, another worker may own them in a moment."""
        ...

    def saw_changelog(self, event: EventT[Any]) -> None:
        """Look at one record of the changelog as it is replayed."""
        ...


class OrderedRecovery(Recovery):
    """Faust's recovery with the last step put right: stop, wait until stopped, seek, resume, then say ready."""

    positions: Positions

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Go from a recovered table to a running worker."""
        app = cast("faust.App", self.app)
        consumer = cast("StoppableFlow", app.consumer)
        self.log.info("Restore complete!")
        await app.on_rebalance_complete.send()
        consumer.stop_flow()
        app.flow_control.suspend()
        self._set_recovery_ended()
        for table in self.tables.values():
            await table.on_recovery_completed(self.actives_for_table[table], self.standbys_for_table[table])
        await self._step(consumer.wait_for_stopped_flow())
        sources = {tp for tp in consumer.assignment() if not self._is_changelog_tp(tp)}
        await self._step(self._seek(consumer, frozenset(sources)))
        if app.consumer_generation_id != generation_id:
            # The next recovery, which this rebalance has already asked for, will resume the flow.
            self.log.warning("Another rebalance came during recovery; beginning again")
            return
        consumer.resume_partitions(sources)
        self.completed.set()
        app.flow_control.resume()
        consumer.resume_flow()
        await app._fetcher.maybe_start()  # noqa: SLF001 - Faust has no public name for its fetcher
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        app.on_rebalance_end()
        self.log.info("Worker ready")

    async def _seek(self, consumer: StoppableFlow, sources: frozenset[TP]) -> None:
        """Load the partitions and go where their reading rows say."""
        positions = await self.positions.load(sources)
        if positions:
            await consumer.seek_to_reading_rows(positions)

    async def _step(self, step: Any) -> None:
        """Take one step, unless another rebalance or the end comes first; then Faust's own exceptions leave."""
        await self._wait(step, timeout=self.app.conf.broker_request_timeout)

    async def _wait(self, coro: WaitArgT, timeout: Seconds | None = None) -> None:
        """Wait as Faust does, but raise RecoveryTooSlow where Faust takes a passed limit for the end of the service.

        Stock recovery leaves its task silently then, and the worker stands still for ever with a healthy face.
        """
        signal = cast("Any", self.signal_recovery_start)
        ended = await self.wait_first(coro, signal, timeout=cast("Any", timeout))
        if signal in ended.done:
            raise RebalanceAgain
        if ended.stopped and self.should_stop:
            raise ServiceStopped
        if ended.stopped:
            raise RecoveryTooSlow(f"a step of table recovery took more than {timeout} s")


class OrderedTableManager(TableManager):
    """Faust's table manager with OrderedRecovery, which also lets the projection forget revoked partitions."""

    positions: Positions

    @property
    def recovery(self) -> Recovery:
        """Give the recovery service, made once."""
        if self._recovery is None:
            ordered = OrderedRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
            ordered.positions = self.positions
            self._recovery = ordered
        return self._recovery

    def on_rebalance_start(self) -> None:
        """Forget before anybody else may own the partitions."""
        super().on_rebalance_start()
        self.positions.forget()
