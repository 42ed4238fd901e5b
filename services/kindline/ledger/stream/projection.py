"""A room's state on the move: takes records from Faust, sends outputs, commits rows, and loads them after recovery.

Order is everything here. Outputs are acknowledged before the reading row that covers them is written; a table row is in
the changelog before it is in the local store; and the local store is written by the same code that replays a changelog.
So a worker killed at any moment repeats a little and loses nothing. One lock serialises it all: while a commit waits
for the broker no record is folded.
"""

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Generic, cast

import faust
from faust.tables import Table
from faust.types import TP, EventT

from kindline.ledger.port import Record
from kindline.ledger.stream.consumer import StoppableFlow
from kindline.ledger.stream.outbox import Outbox
from kindline.ledger.stream.overlap import OverlapWatch
from kindline.ledger.stream.rows import Change, UnreadableRow
from kindline.ledger.stream.seam import Content, Output, StreamRoom, StreamSettings
from kindline.ledger.stream.shard import Shard, Taken
from kindline.ledger.stream.translation import record_of, stored_rows

log = logging.getLogger("kindline.ledger.stream")


class Projection(Generic[Content]):
    """The shards of one worker; made before its app, attached to it, and used by one app only."""

    def __init__(self, room: StreamRoom[Content], settings: StreamSettings) -> None:
        """Hold nothing until recovery loads the assigned partitions."""
        self._room, self._settings = room, settings
        self._shards: dict[int, Shard[Content]] = {}
        self._lock = asyncio.Lock()
        self._forgotten = 0
        self._folded_since_commit = 0
        self._gap_at: dict[int, int] = {}
        self._overlap = OverlapWatch()

    def attach(self, app: faust.App, table: Table[bytes, bytes]) -> None:
        """Name the app and its table; called once, while the app is built."""
        self._app, self._table = app, table
        self._outbox = Outbox(app, table, self._room.changelog)

    @property
    def _consumer(self) -> StoppableFlow:
        return cast("StoppableFlow", self._app.consumer)

    def shards(self) -> Mapping[int, Shard[Content]]:
        """Give the partitions held at this moment."""
        return dict(self._shards)

    # What recovery asks.

    def forget(self) -> None:
        """Let go of everything; called from the consumer's thread when a rebalance begins."""
        self._forgotten += 1
        self._shards = {}

    def saw_changelog(self, event: EventT[Any]) -> None:
        """Watch the replayed changelog for two workers writing at once."""
        message = event.message
        if message.key is not None and message.value is not None:
            self._overlap.saw(message.partition, message.offset, message.key, message.value)

    async def load(self, partitions: frozenset[TP]) -> Mapping[TP, int]:
        """Read the partitions out of the table, throw away what cannot be trusted, and say where to read on."""
        forgotten = self._forgotten
        async with self._lock:
            self._outbox.abandon()
            if not partitions:
                return {}
            begins = await self._consumer.earliest_offsets(*partitions)
            ends = await self._consumer.highwaters(*partitions)
            shards: dict[int, Shard[Content]] = {}
            for tp in sorted(partitions):
                shard, reason = self._load_one(tp, begins.get(tp) or 0, ends.get(tp) or 0)
                if reason is not None:
                    shard = await self._begin_anew(shard, reason, begins.get(tp) or 0)
                shard.log_end = ends.get(tp) or 0
                shards[tp.partition] = shard
            if forgotten == self._forgotten:
                self._shards = shards
            return {tp: shards[tp.partition].next_offset or 0 for tp in partitions}

    def _load_one(self, tp: TP, begin: int, end: int) -> tuple[Shard[Content], str | None]:
        """Load one partition, and name the reason if its rows must be thrown away."""
        writer = secrets.token_bytes(16)
        try:
            shard = Shard.load(self._room, tp.partition, stored_rows(self._table, tp.partition), writer)
        except UnreadableRow:
            return Shard.empty(self._room, tp.partition, begin, writer), "unreadable"
        if shard.next_offset is None:
            shard.next_offset = begin
            return shard, "unfinished" if len(shard.rows) else None
        if shard.unfinished_rebuild:
            return shard, "unfinished"
        if self._overlap.found(tp.partition):
            return shard, "overlap"
        if shard.next_offset < begin:
            return shard, "trimmed"
        return shard, "log_shorter" if shard.next_offset > end else None

    # What the agent asks.

    async def take(self, event: EventT[Any]) -> None:
        """Fold one record of the source topic; whatever goes wrong beside the fold ends the app, loudly."""
        record = record_of(event)
        try:
            async with self._lock:
                await self._take(record, event)
        except Exception as broken:  # noqa: BLE001 - the app must end rather than go on with a state nobody knows
            await self._app.crash(broken)

    async def _take(self, record: Record, event: EventT[Any]) -> None:
        shard = self._shards.get(record.partition.number)
        if shard is None or event.message.generation_id != self._app.consumer_generation_id:
            return
        try:
            taken, outputs = shard.take(record)
        except Exception as broken:  # noqa: BLE001 - one bad record must not stop the other partitions
            self._halt(shard, record, broken)
            return
        if taken is Taken.FOLDED:
            await self._folded(shard, record, outputs)
        elif taken is Taken.JUMPED:
            log.warning(
                "%s/%d: record %d came where %s was due; fetching again",
                record.partition.topic,
                shard.partition,
                record.offset,
                shard.next_offset,
            )
            shard.accept_hole_at = record.offset
            await self._start_again(rebuild=None)
        elif taken is Taken.GAP:
            await self._gap(shard, record)

    async def _folded(self, shard: Shard[Content], record: Record, outputs: Sequence[Output]) -> None:
        tp = TP(record.partition.topic, record.partition.number)
        shard.log_end = max(shard.log_end, self._consumer.highwater(tp) or 0)
        self._settings.gauges.folded(shard.partition, 1)
        await self._publish(shard, shard.newest(outputs) if self._settings.newest_only_while_behind else outputs)
        again = shard.due_republication(record.appended_at, self._settings.republish_every)
        if again:
            await self._publish(shard, again)
        self._folded_since_commit += 1
        many = self._folded_since_commit >= self._settings.commit_records
        if many or shard.rows.uncommitted_bytes >= self._settings.commit_bytes:
            await self._commit()

    def _halt(self, shard: Shard[Content], record: Record, broken: BaseException) -> None:
        """Stop one partition at this record; it is tried again after the next rebalance or restart."""
        shard.halted = type(broken).__name__
        log.error(
            "%s/%d stands still at offset %d: %s: %s",
            *(record.partition.topic, shard.partition, record.offset),
            *(shard.halted, broken),
        )
        self._consumer.pause_partitions({TP(record.partition.topic, record.partition.number)})
        self._settings.gauges.halted(shard.partition, shard.halted)

    async def _gap(self, shard: Shard[Content], record: Record) -> None:
        """Rebuild; but a gap that is there again at the same place is in the log itself, and waits for a person."""
        if self._gap_at.get(shard.partition) == record.offset:
            self._halt(shard, record, RuntimeError("the gap is in the log itself"))
            return
        self._gap_at[shard.partition] = record.offset
        await self._start_again(rebuild=shard)

    # Starting again from a position in the middle of a run.

    async def _start_again(self, rebuild: Shard[Content] | None) -> None:
        """Stop the flow, perhaps throw one partition away, go to all reading rows, and resume.

        A rebalance that begins meanwhile takes over: it resumes the flow, and loads what is written here.
        """
        forgotten, consumer, app = self._forgotten, self._consumer, self._app
        consumer.stop_flow()
        app.flow_control.suspend()
        await consumer.wait_for_stopped_flow()
        if rebuild is not None and forgotten == self._forgotten:
            tp = TP(self._room.source, rebuild.partition)
            begin = (await consumer.earliest_offsets(tp)).get(tp) or 0
            anew = await self._begin_anew(rebuild, "gap", begin)
            if forgotten == self._forgotten:
                self._shards[rebuild.partition] = anew
        if forgotten != self._forgotten:
            return
        await consumer.seek_to_reading_rows(
            {TP(self._room.source, number): shard.next_offset or 0 for number, shard in self._shards.items()}
        )
        if forgotten == self._forgotten and not app.rebalancing:
            app.flow_control.resume()
            consumer.resume_flow()

    async def _begin_anew(self, shard: Shard[Content], reason: str, begin: int) -> Shard[Content]:
        """Throw a partition's rows away, in the changelog too, and give the empty shard that reads it again."""
        log.warning("%s/%d is rebuilt from offset %d: %s", self._room.source, shard.partition, begin, reason)
        self._settings.gauges.rebuilt(shard.partition, reason)
        in_table = [key for key, _ in stored_rows(self._table, shard.partition)]
        await self._write(shard.partition, shard.throw_away(begin, in_table))
        self._overlap.settled(shard.partition)
        anew = Shard.empty(self._room, shard.partition, begin, secrets.token_bytes(16))
        anew.log_end = shard.log_end
        return anew

    async def throw_away(self, partition: int, reason: str) -> None:
        """Throw one partition away for a reason that the room found, and end this app: the next one folds it anew."""
        async with self._lock:
            tp = TP(self._room.source, partition)
            if shard := self._shards.get(partition):
                await self._begin_anew(shard, reason, (await self._consumer.earliest_offsets(tp)).get(tp) or 0)
                self.forget()
                await self._app.crash(RuntimeError(f"shard {partition} is folded anew: {reason}"))

    async def _publish(self, shard: Shard[Content], outputs: Sequence[Output]) -> None:
        await self._outbox.publish(outputs)
        self._settings.gauges.published(shard.partition, len(outputs))

    async def tend(self) -> None:
        """Commit what is folded, and republish where the log is quiet; called every `commit_every` seconds."""
        async with self._lock:
            for shard in self._shards.values():
                await self._publish(shard, shard.due_republication(None, self._settings.republish_every))
            await self._commit()

    async def _commit(self) -> None:
        """Write every changed row, each partition's reading row last, once all outputs so far are acknowledged."""
        forgotten, shards = self._forgotten, self._shards
        self._folded_since_commit = 0
        await self._outbox.acknowledged()
        for number, shard in shards.items():
            if forgotten != self._forgotten:
                return
            if shard.dirty:
                await self._write(number, shard.commit())

    async def _write(self, partition: int, changes: Sequence[Change]) -> None:
        """Write rows, and keep them in the local store unless the partition has been given away meanwhile."""
        forgotten = self._forgotten
        written = await self._outbox.write(partition, changes)
        if forgotten == self._forgotten:
            self._outbox.keep(written)
