"""The edge's ear on the decisions: hears each counting batch and tells the streams it concerns, in the same breath.

Promises streams that nothing is shown before it counts, that the owner's own agents hear from the acknowledgement, and
that a gap in what was heard ends in fresh snapshots, never in silence.
"""

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Protocol

from kindline.language.agent_view import AgentKey
from kindline.language.content import Because
from kindline.language.facts.agents import RoutingState
from kindline.language.log import DecisionBatch
from kindline.language.snapshot import IdentityRow
from kindline.ledger.attendance import Attendance
from kindline.ledger.commands import CommandDesk
from kindline.routing.adapters.work_explain import Stories
from kindline.routing.adapters.work_history import Piece, ShardHistory, resume_token, resumed_place
from kindline.routing.adapters.work_items import items_of, snapshot_items
from kindline.routing.adapters.work_numbers import RoutingNumbers
from kindline.routing.adapters.work_streams import Placed, WorkStream, draining
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.news import Newsroom
from kindline.runtime.clock import BusinessClock

RESUME_WAIT_SECONDS = 3.0
FRESH_SECONDS = 5.0
RESUME_POLL_SECONDS = 0.02


class Counted(Protocol):
    """The shards as this process follows or owns them; only what counts is visible here."""

    def engine(self, shard: int) -> Engine:
        """The counted state."""

    def owned(self) -> frozenset[int]:
        """The shards that this process owns now."""

    def silent_seconds(self, shard: int) -> float:
        """Seconds of system time since the last counting batch was learned."""


class WorkEdge:
    """What every stream of this replica is told; `on_counted` is its ear."""

    def __init__(
        self,
        attendance: Attendance,
        desk: CommandDesk,
        stories: Stories,
        numbers: RoutingNumbers,
        secret: bytes,
        clock: BusinessClock,
    ) -> None:
        """Nothing is heard before on_counted is called; `secret` signs resume tokens."""
        self._attendance = attendance
        self._desk = desk
        self._stories = stories
        self._numbers = numbers
        self._secret = secret
        self._clock = clock
        self._fresh: set[int] = set()
        self._counted: Counted | None = None
        self._newsrooms: dict[int, Newsroom] = {}
        self._histories: dict[int, ShardHistory] = {}
        self._streams: dict[int, dict[AgentKey, list[WorkStream]]] = defaultdict(lambda: defaultdict(list))
        self._draining = False

    def shows(self, counted: Counted) -> None:
        """Read the state from here."""
        self._counted = counted

    def engine(self, shard: int) -> Engine:
        """The counted state of a shard."""
        assert self._counted is not None  # noqa: S101 - service.py has called shows().
        return self._counted.engine(shard)

    def silent_seconds(self, shard: int) -> float:
        """Seconds since the last record that counts."""
        return self._counted.silent_seconds(shard) if self._counted else math.inf

    def caught_up(self, shard: int) -> bool:
        """Whether what was heard last was decided just now, not long ago."""
        return shard in self._fresh

    def on_counted(self, shard: int, batch: DecisionBatch, offset: int) -> None:
        """Hear a counting batch, after the state has taken it in."""
        before = self._attendance.position(shard)
        self._numbers.epoch(shard, batch.epoch)
        age = self._clock.system_seconds(self._clock.now() - batch.decided_at)
        (self._fresh.add if age <= max(FRESH_SECONDS, 2 * batch.next_within) else self._fresh.discard)(shard)
        if before is None or before.seq != batch.seq - 1:
            self._begin(shard, batch, offset)
        else:
            self._go_on(shard, batch, offset)
        self._desk.apply(shard, batch)
        self._stories.heard(shard, batch, offset)
        if self._counted and shard in self._counted.owned():
            self._numbers.counted(shard, batch, self._stories.channels)

    def _begin(self, shard: int, batch: DecisionBatch, offset: int) -> None:
        engine = self.engine(shard)
        self._newsrooms[shard] = newsroom = Newsroom()
        kept = [row for row in engine.rows() if not isinstance(row, IdentityRow)]
        newsroom.restore(kept)
        self._desk.restore(shard, kept)
        self._stories.begin(shard, kept)
        self._attendance.restore(shard, None, kept)
        self._attendance.apply(shard, batch, offset)
        self._histories[shard] = ShardHistory(batch.seq)
        for streams in tuple(self._streams[shard].values()):
            for stream in streams:
                self._numbers.resyncs.labels("gap").inc()
                stream.put(self._afresh(stream))

    def _go_on(self, shard: int, batch: DecisionBatch, offset: int) -> None:
        because = Because(epoch=batch.epoch, seq=batch.seq, offset=offset)
        history, streams, engine = self._histories[shard], self._streams[shard], self.engine(shard)
        for key, view in self._attendance.apply(shard, batch, offset).items():
            if not view.session_id:
                history.forget(key, batch.seq)
        for key, news in self._newsrooms[shard].news(batch.facts, batch.decided_at):
            history.add(key, Piece(because, news))
            for stream in streams.get(key, ()):
                stream.put(Placed(item, because, batch.decided_at) for item in items_of(news, engine, because))

    def stream(self, key: AgentKey, session_id: str) -> WorkStream:
        """A stream that open() can open."""
        return WorkStream(key, session_id, partial(resume_token, self._secret))

    async def open(self, stream: WorkStream, token: bytes) -> None:
        """Begin after the token's place, or with a snapshot; an older stream of the same session ends."""
        shard = self._attendance.shard(stream.key[0])
        place = resumed_place(self._secret, stream.key, token)
        if place and not await self._reached(shard, place.seq):
            place = None  # A place that does not come is none of this log's: only a snapshot is surely right.
        streams = self._streams[shard][stream.key]
        for older in streams:
            if older.session_id == stream.session_id:
                older.end()
        streams.append(stream)
        self._numbers.streams.inc()
        self._attendance.watch(stream.key, stream.see)
        missed = self._histories[shard].since(stream.key, place.seq) if place and shard in self._histories else None
        if missed is None:
            self._numbers.resyncs.labels("too_old" if place else "begun").inc()
            stream.put(self._afresh(stream))
        else:
            stream.put(self._pieces(shard, missed))
            self._show_agent(stream)
        if stale := self._attendance.stale_seconds(shard):
            stream.silent(stale)
        if self._draining:
            stream.end(draining())

    def _show_agent(self, stream: WorkStream) -> None:
        view = self._attendance.view(stream.key)
        if view:
            stream.see(view)

    def close(self, stream: WorkStream) -> None:
        """The stream is gone."""
        shard_streams = self._streams[self._attendance.shard(stream.key[0])]
        streams = shard_streams[stream.key]
        if stream in streams:
            streams.remove(stream)
            self._numbers.streams.dec()
            self._attendance.unwatch(stream.key, stream.see)
        if not streams:
            del shard_streams[stream.key]

    def afresh(self, stream: WorkStream) -> Sequence[Placed]:
        """A snapshot for a front end that was too slow."""
        self._numbers.resyncs.labels("too_slow").inc()
        return tuple(self._afresh(stream))

    def sent(self, items: Sequence[Placed]) -> None:
        """Take the time from decision to stream."""
        for placed in items:
            if placed.decided_at and placed.item.HasField("offer"):
                self._numbers.offer_pushed(placed.decided_at)

    def silent(self, shard: int, seconds: float) -> None:
        """Tell a shard's streams that it is silent, or, with 0, how their agents are now that it is not."""
        for key, streams in tuple(self._streams[shard].items()):
            view = self._attendance.view(key)
            for stream in streams:
                if seconds:
                    stream.silent(seconds)
                elif view:
                    stream.see(view)

    def drain(self) -> None:
        """Tell every stream to go elsewhere, and end it."""
        self._draining = True
        for shard_streams in self._streams.values():
            for streams in shard_streams.values():
                for stream in streams:
                    stream.end(draining())

    def agents(self) -> Counter[RoutingState]:
        """How many agents are in each routing state."""
        return Counter(view.routing_state for view in self._attendance.views())

    def _afresh(self, stream: WorkStream) -> Iterator[Placed]:
        shard = self._attendance.shard(stream.key[0])
        because = self._attendance.position(shard)
        view = self._attendance.view(stream.key)
        if view is None or because is None:
            return
        for item in snapshot_items(stream.key, view, self.engine(shard), because):
            yield Placed(item, because)

    def _pieces(self, shard: int, pieces: Sequence[Piece]) -> Iterator[Placed]:
        engine = self.engine(shard)
        for piece in pieces:
            for item in items_of(piece.news, engine, piece.because):
                yield Placed(item, piece.because)

    async def _reached(self, shard: int, seq: int) -> bool:
        """Whether this replica has heard as much as the front end has; waits for it, 3 s at the longest."""
        for _ in range(int(RESUME_WAIT_SECONDS / RESUME_POLL_SECONDS)):
            position = self._attendance.position(shard)
            if position and position.seq >= seq:
                return True
            await asyncio.sleep(RESUME_POLL_SECONDS)
        return False
