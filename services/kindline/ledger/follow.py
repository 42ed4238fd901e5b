"""Following the decisions of many shards: from the newest whole snapshot, then the log by the reading rule, for ever.

Promises edges that their folds get exactly the batches that count, each once and in order; that a shard which this
version cannot read stops alone and loudly, and is never skipped; and that they can tell how long a shard is silent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from kindline.language.log import DecisionBatch, DecisionRecord
from kindline.language.reading import LevelTooHigh, Reading, Verdict, read
from kindline.language.snapshot import SnapshotManifest, SnapshotRow
from kindline.ledger import topics
from kindline.ledger.codec import Undecodable, UnknownFact
from kindline.ledger.port import Ledger, LedgerUnavailable, OutsideLog, Partition, Reader, Record
from kindline.ledger.slices import dropped, listed
from kindline.ledger.snapshots import newest_whole
from kindline.ledger.understanding import TROUBLES, Understood, together

log = logging.getLogger(__name__)

READ_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 0.5
SHORTEST_SILENCE_SECONDS: Final = 3.0
RESTORED_AT_ONCE: Final = 4
FACTS_PER_TURN: Final = 500
"""After so many facts the loop gets a turn, so that streams stay alive while history is read."""


class Fold(Protocol):
    """What an edge keeps of one shard. Its methods run on the loop and must not wait."""

    def restore(self, manifest: SnapshotManifest | None, rows: Iterable[SnapshotRow]) -> None:
        """Throw away what is there and begin from a snapshot, or, with None, from an empty log."""

    def apply(self, batch: DecisionBatch, offset: int) -> None:
        """Take in a batch that counts."""


OnBatch = Callable[[int, DecisionBatch, int], None]


@dataclass(slots=True)
class _Shard:
    """How far one shard has been followed."""

    fold: Fold
    reading: Reading = field(default_factory=Reading)
    next_offset: int = 0
    end: int | None = None
    """Where the log ended when reading began; None before that."""
    counted_at: float = float("-inf")
    next_within: float = 0.0
    stopped: str | None = None


class Follower:
    """Follows shards of kindline.decisions with one reader. Lives on one event loop."""

    def __init__(
        self,
        ledger: Ledger,
        shards: Collection[int],
        fold_for: Callable[[int], Fold],
        on_batch: OnBatch | None = None,
        *,
        late: float = 0.0,
    ) -> None:
        """Follow nothing until run() runs; on_batch hears of each batch after its fold has taken it in.

        Whoever can wait `late` seconds for news takes less of the processor from those who cannot.
        """
        self._late = late
        self._ledger = ledger
        self._shards = {shard: _Shard(fold_for(shard)) for shard in shards}
        self._on_batch = on_batch
        self._facts_this_turn = 0

    async def run(self) -> None:
        """Follow until cancelled."""
        reader = self._ledger.reader({}, late=self._late)
        try:
            async with asyncio.TaskGroup() as group:
                room = asyncio.Semaphore(RESTORED_AT_ONCE)
                for shard in self._shards:
                    group.create_task(self._restore(reader, shard, room))
                group.create_task(self._read_on(reader, group, room))
        finally:
            await reader.close()

    def silent_seconds(self, shard: int) -> float:
        """Seconds since the last record that counts, or since the snapshot; infinite before both."""
        return asyncio.get_running_loop().time() - self._shards[shard].counted_at

    def caught_up(self, shard: int) -> bool:
        """Whether the shard has been read to where its log ended when reading began, and can be read on."""
        its = self._shards[shard]
        return its.stopped is None and its.end is not None and its.next_offset >= its.end

    def stale(self, shard: int) -> bool:
        """Whether the shard has been silent for longer than 3 s and twice what its owner announced (DESIGN 4.4)."""
        return self.silent_seconds(shard) > max(SHORTEST_SILENCE_SECONDS, 2 * self._shards[shard].next_within)

    def stopped(self, shard: int) -> str | None:
        """Why this version cannot read the shard any further; None while it can."""
        return self._shards[shard].stopped

    def reading(self, shard: int) -> Reading:
        """What has counted so far."""
        return self._shards[shard].reading

    def next_offset(self, shard: int) -> int:
        """The offset after the last record that was read."""
        return self._shards[shard].next_offset

    def next_within(self, shard: int) -> float:
        """Within how many seconds the owner announced its next record; 0 before the first."""
        return self._shards[shard].next_within

    async def _read_on(self, reader: Reader, group: asyncio.TaskGroup, room: asyncio.Semaphore) -> None:
        """Read whatever is followed; a shard that fell out of the log is restored beside the others."""
        while True:
            try:
                records = await reader.read(READ_SECONDS)
            except OutsideLog as outside:
                log.warning("%s: starting again from a snapshot", outside)
                self._shards[outside.partition.number].end = None
                await reader.drop([outside.partition])
                group.create_task(self._restore(reader, outside.partition.number, room))
                continue
            for record, said in together(records):
                await self._take(reader, record, said)

    async def _restore(self, reader: Reader, shard: int, room: asyncio.Semaphore) -> None:
        """Restore a shard and follow it from there; one that cannot be restored yet holds up no other."""
        async with room:
            restored = await self._restored(shard)
        while not restored:
            await asyncio.sleep(RETRY_SECONDS)
            restored = await self._restored(shard)
        await reader.follow({_decisions(shard): self._shards[shard].next_offset})

    async def _restored(self, shard: int) -> bool:
        """Begin one shard at its newest snapshot, or at the beginning; False when that is not possible yet."""
        its = self._shards[shard]
        partition = _decisions(shard)
        try:
            whole = await newest_whole(self._ledger, shard)
            rows = await listed(whole.rows if whole is not None else ())
            bounds = (await self._ledger.bounds([partition]))[partition]
        except (LedgerUnavailable, OutsideLog, Undecodable) as error:
            log.warning("shard %d cannot be restored yet: %s", shard, error)
            return False
        if whole is not None and bounds.begin <= whole.manifest.next_offset <= bounds.end:
            manifest = whole.manifest
            its.fold.restore(manifest, rows)
            await dropped(rows)
            its.reading = Reading(manifest.epoch, manifest.owner, manifest.seq)
            its.next_offset, its.next_within = manifest.next_offset, manifest.next_within
        elif bounds.begin == 0:
            its.fold.restore(None, ())
            its.reading, its.next_offset, its.next_within = Reading(), 0, 0.0
        else:
            log.error("shard %d begins at %d and no snapshot leads there; waiting for one", shard, bounds.begin)
            return False
        its.counted_at = asyncio.get_running_loop().time()
        its.stopped, its.end = None, bounds.end
        return True

    async def _take(self, reader: Reader, record: Record, said: Understood) -> None:
        """Judge one record, and give it to the fold if it counts."""
        shard = record.partition.number
        its = self._shards[shard]
        if its.stopped is not None or record.offset < its.next_offset:
            return
        try:
            facts = self._fold(shard, its, record.offset, said)
        except (LevelTooHigh, UnknownFact, Undecodable) as error:
            await self._stop(reader, shard, f"offset {record.offset}: {error}")
            return
        except Exception as error:
            log.exception("shard %d: the fold failed", shard)
            await self._stop(reader, shard, f"offset {record.offset}: the fold failed with {type(error).__name__}")
            return
        its.next_offset = record.offset + 1
        self._facts_this_turn += 1 + facts
        if self._facts_this_turn >= FACTS_PER_TURN:
            self._facts_this_turn = 0
            await asyncio.sleep(0)

    def _fold(self, shard: int, its: _Shard, offset: int, said: Understood) -> int:
        """Take in what a record says if it counts, and give the number of its facts. Raises what stops a shard."""
        decision = _decision(its.reading, said)
        if decision is None:
            return 0
        reading, verdict = read(its.reading, decision)
        if verdict is not Verdict.COUNTS:
            return 0
        if isinstance(decision, DecisionBatch):
            its.fold.apply(decision, offset)
            its.next_within = decision.next_within
        its.reading = reading
        its.counted_at = asyncio.get_running_loop().time()
        if not isinstance(decision, DecisionBatch):
            return 0
        if self._on_batch is not None:
            self._on_batch(shard, decision, offset)
        return len(decision.facts)

    async def _stop(self, reader: Reader, shard: int, reason: str) -> None:
        """Follow this shard no more, and say so; the others go on."""
        self._shards[shard].stopped = reason
        log.error("shard %d is not followed any more: %s", shard, reason)
        await reader.drop([_decisions(shard)])


def _decisions(shard: int) -> Partition:
    return Partition(topics.DECISIONS, shard)


def _decision(reading: Reading, said: Understood) -> DecisionRecord | None:
    """What a record says; None for a tombstone, and for something unknown that does not count. Raises what stops."""
    if isinstance(said, UnknownFact) and read(reading, said.batch)[1] is Verdict.IGNORED:
        return None
    if isinstance(said, TROUBLES):
        raise said
    return said
