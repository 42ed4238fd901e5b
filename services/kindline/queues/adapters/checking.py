"""Holds the floor against the engine's snapshots: a shard that counts otherwise is thrown away and folded again.

Promises supervisors that a wrong number does not stay. Once per shard and process: if the counts still differ after the
rebuild, the difference lies in the log or in the code, and is said aloud instead of being chased for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from kindline.language.snapshot import SnapshotManifest
from kindline.ledger import topics
from kindline.ledger.codec import Undecodable, decode_snapshot
from kindline.ledger.port import Ledger, LedgerUnavailable, OutsideLog, Partition, Reader, Record
from kindline.queues.adapters.folding import FloorFold

REASON = "counts_differ"
READ_SECONDS, PAUSE_SECONDS = 1.0, 5.0
Rebuild = Callable[[int, str], Awaitable[None]]

log = logging.getLogger(__name__)


class SnapshotCheck:
    """Follows the manifests of all shards, and judges those of the shards that are held."""

    def __init__(self, folds: Callable[[], Mapping[int, FloorFold]], rebuild: Rebuild) -> None:
        """`folds` gives the floors that are held now; `rebuild` takes a shard and a reason."""
        self._folds = folds
        self._rebuild = rebuild
        self._open: dict[int, SnapshotManifest] = {}
        self._rebuilt: set[int] = set()

    async def run(self, ledger: Ledger) -> None:
        """Follow for ever; while the ledger is away nothing is judged."""
        while True:
            try:
                await self._follow(ledger)
            except (LedgerUnavailable, OutsideLog) as away:
                log.warning("snapshots cannot be read: %s", away)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _follow(self, ledger: Ledger) -> None:
        shards = [Partition(topics.SNAPSHOTS, shard) for shard in range(await ledger.partitions(topics.SNAPSHOTS))]
        reader: Reader = ledger.reader({shard: found.end for shard, found in (await ledger.bounds(shards)).items()})
        try:
            while True:
                for record in await reader.read(READ_SECONDS):
                    self.take(record)
                await self.judge()
        finally:
            await reader.close()

    def take(self, record: Record) -> None:
        """Keep the newest manifest of a shard until its position is folded; parts say nothing here."""
        part = (record.key or b"").rpartition(b"/")[2]
        if record.value is None or part.isdigit():
            return
        try:
            manifest = decode_snapshot(record.value)
        except Undecodable as unknown:
            log.warning("the manifest at offset %d cannot be read: %s", record.offset, unknown)
            return
        if isinstance(manifest, SnapshotManifest):
            self._open[record.partition.number] = manifest

    async def judge(self) -> None:
        """Judge what is folded far enough."""
        folds = self._folds()
        for shard, manifest in tuple(self._open.items()):
            fold = folds.get(shard)
            if fold is None:
                del self._open[shard]  # Another worker holds it, and judges.
            elif fold.next_offset >= manifest.next_offset:
                del self._open[shard]
                difference = fold.counted.differs(manifest)
                if difference is not None:
                    await self._differs(shard, difference)

    async def _differs(self, shard: int, difference: str) -> None:
        if shard in self._rebuilt:
            log.error("shard %d still counts otherwise after its rebuild: %s", shard, difference)
            return
        self._rebuilt.add(shard)
        log.warning("shard %d counts otherwise: %s", shard, difference)
        await self._rebuild(shard, REASON)
