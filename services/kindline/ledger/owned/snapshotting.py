"""When an owner's shards are snapshotted: every 50,000 facts or 60 s of change, one at a time, counted state only.

It promises that a large state is not written for a small change. Writing a row takes about as long as a start takes to
fold a fact: so there must be as many facts as there were rows, or after 60 s a tenth of that. A busy hour would
otherwise be spent on writing the same rows every twenty seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Generic

from kindline.language.snapshot import SnapshotManifest, SnapshotPart, SnapshotRow
from kindline.ledger.codec import encode
from kindline.ledger.owned.core import Given, Moment
from kindline.ledger.owned.decider import place_of
from kindline.ledger.owned.means import Means
from kindline.ledger.owned.shard import Shard, Standing
from kindline.ledger.port import AppendRefused, AppendUnknown, LedgerUnavailable, Writer
from kindline.ledger.snapshots import write_snapshot

log = logging.getLogger("kindline.ledger.owned")

LOOK_SECONDS = 1.0
ROWS_FOR_AN_AGED_FACT = 10


class Snapshotting(Generic[Given]):
    """Looks at the owned shards each second and writes what is due; a failure is tried again after a while."""

    def __init__(self, means: Means[Given]) -> None:
        """The producer is made with the first snapshot."""
        self._means = means
        self._writer: Writer | None = None
        self._facts_at: dict[int, int] = {}
        self._looked_at: dict[int, float] = {}
        self._rows: dict[int, int] = {}
        """How many the last snapshot had."""

    async def run(self, shards: Mapping[int, Shard[Given]]) -> None:
        """Go on until cancelled."""
        encode(SnapshotPart(part=0))  # Makes the coders of all rows: 0.1 s, which no owner shall wait for later.
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for shard in shards.values():
                if shard.standing is Standing.OWNING and self._due(shard):
                    await self._write(shard)

    async def close(self) -> None:
        """Let the producer go."""
        await self._let_go()

    def _due(self, shard: Shard[Given]) -> bool:
        now, settings = asyncio.get_running_loop().time(), self._means.settings
        since = shard.facts_counted - self._facts_at.setdefault(shard.number, 0)
        if since == 0:
            self._looked_at[shard.number] = now
        aged = now - self._looked_at.setdefault(shard.number, now) >= settings.snapshot_seconds
        rows = self._rows.get(shard.number, 0)
        return since >= max(settings.snapshot_facts, rows) or (aged and ROWS_FOR_AN_AGED_FACT * since > rows)

    async def _write(self, shard: Shard[Given]) -> None:
        self._facts_at[shard.number] = shard.facts_counted
        self._looked_at[shard.number] = asyncio.get_running_loop().time()
        self._writer = self._writer or self._means.ledger.writer()
        try:
            manifest, moment = self.moment(shard)
            with closing(moment):
                rows = self._tallied(shard.number, moment)
                await write_snapshot(self._means.ledger, self._writer, shard.number, manifest=manifest, rows=rows)
            self._means.counts["snapshots"] += 1
        except (AppendUnknown, AppendRefused, LedgerUnavailable) as problem:
            log.warning("shard %d: the snapshot was not finished: %r", shard.number, problem)
            await self._let_go()
        except Exception as problem:  # noqa: BLE001  # One row that cannot be kept must not end all snapshots.
            log.error("shard %d: the snapshot failed with %s", shard.number, place_of(problem))  # noqa: TRY400
            await self._let_go()

    def _tallied(self, shard: int, rows: Iterable[SnapshotRow]) -> Iterator[SnapshotRow]:
        self._rows[shard] = 0
        for row in rows:
            self._rows[shard] += 1
            yield row

    async def _let_go(self) -> None:
        if self._writer is not None:
            await self._writer.close()
        self._writer = None

    def moment(self, shard: Shard[Given]) -> tuple[SnapshotManifest, Moment]:
        """The counted state of this very moment; nothing waits between the two, so they are of one moment."""
        return shard.fold.manifest(self._means.fresh_id(), 0, b""), shard.fold.core.moment()
