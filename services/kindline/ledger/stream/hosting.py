"""Runs a stream room inside a service's process: its life, its readiness and the numbers every stream room shows.

Promises queues and sla that a stop commits what is folded before anything closes, that /ready means assigned, recovered
and near the end of the log, and that a partition which stands still is told as such.
"""

import asyncio
import logging
from dataclasses import replace
from typing import Generic, cast

from kindline.language.log import DecisionRecord
from kindline.language.reading import Reading
from kindline.ledger import codec
from kindline.ledger.codec import UnknownFact
from kindline.ledger.port import Record
from kindline.ledger.stream.app import BuiltStream
from kindline.ledger.stream.decisions import read_decisions
from kindline.ledger.stream.progress import Progress
from kindline.ledger.stream.recovery import OrderedTableManager
from kindline.ledger.stream.running import run_stream
from kindline.ledger.stream.seam import Content, Judged, Read, Standing, StreamRoom, StreamSettings
from kindline.ledger.stream.shard import Shard
from kindline.runtime.on import On

STOP_SECONDS = 14.0
READY_LAG_RECORDS = 1_000

log = logging.getLogger("kindline.ledger.stream")


def read_decision_log() -> Read[DecisionRecord]:
    """The reading rule over bytes: a batch that this version cannot understand stops its shard, but only if it counts.

    Raises UnknownFact for such a batch, Undecodable for bytes that are no decision at all, and LevelTooHigh.
    """
    known = read_decisions(lambda record: codec.decode_decision(record.value or b""))

    def judge(reading: Reading | None, record: Record) -> Judged[DecisionRecord]:
        try:
            return known(reading, record)
        except UnknownFact as unknown:
            head = unknown.batch
            judged = read_decisions(lambda _record: head)(reading, record)
            if judged.standing is Standing.COUNTS:
                raise
            return judged

    return judge


class HostedStream(Generic[Content]):
    """A stream room as its service sees it while it runs."""

    def __init__(self, room: StreamRoom[Content], settings: StreamSettings, on: On, progress: Progress) -> None:
        """Hang the room up on `on`; it runs from now on, and notes in `progress` when it begins anew."""
        self._room = room
        self._stop, self._stopped = asyncio.Event(), asyncio.Event()
        self._built: BuiltStream[Content] | None = None

        def rebuilt(_partition: int, reason: str) -> None:
            progress.rebuilt(reason)

        self._settings = replace(settings, gauges=replace(settings.gauges, rebuilt=rebuilt))
        on.check("stream", self.trouble)
        on.task("stream", self._run())
        on.closer(self._close)

    def shards(self) -> dict[int, Shard[Content]]:
        """The partitions held at this moment."""
        return dict(self._built.projection.shards()) if self._built else {}

    async def rebuild(self, shard: int, reason: str) -> None:
        """Throw a shard's rows away and fold its log again, in a new app; nothing happens if it is not held."""
        if self._built is not None:
            await self._built.projection.throw_away(shard, reason)

    def lag(self) -> int:
        """Records of the held partitions that are not folded yet, as far as the broker has told."""
        return sum(max(0, shard.log_end - (shard.next_offset or 0)) for shard in self.shards().values())

    def trouble(self) -> str | None:
        """What keeps the room from being ready, in one sentence; None when nothing does."""
        built = self._built
        if built is None or built.app.should_stop:
            return f"{self._room.name} waits for Kafka at {', '.join(self._settings.brokers)}"
        tables = cast("OrderedTableManager", built.app.tables)
        if built.app.rebalancing or not tables.recovery.completed.is_set():
            return "partitions are being assigned and their rows read"
        shards = self.shards()
        halted = {number: shard.halted for number, shard in shards.items() if shard.halted}
        if halted:
            number, reason = min(halted.items())
            return f"{self._room.source}/{number} stands still: {reason}; see the log of this process"
        lag = self.lag()
        return f"{lag} records are not folded yet" if lag > READY_LAG_RECORDS else None

    async def _run(self) -> None:
        try:
            await run_stream(self._room, self._settings, self._stop, self._started)
        finally:
            self._stopped.set()
        await asyncio.Event().wait()  # A stop was asked for: the process ends, this task has nothing to say.

    def _started(self, built: BuiltStream[Content]) -> None:
        self._built = built

    async def _close(self) -> None:
        self._stop.set()
        try:
            await asyncio.wait_for(self._stopped.wait(), STOP_SECONDS)
        except TimeoutError:
            log.warning("%s did not stop within %.0f s and is left behind", self._room.name, STOP_SECONDS)
