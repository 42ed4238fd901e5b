"""Every shard of the house in one routing process: the engines that decide, and the views that edges show.

Promises the gRPC edge that engine(shard) holds only what counts: for owned shards at once from the acknowledgement, for
the others by following; and the service that run() outlives the broker's absence and ends cleanly after stop().
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from kindline.language.content import Because
from kindline.ledger.owned.core import OnCounted, OwnedSettings
from kindline.ledger.owned.feed import InputFeed
from kindline.ledger.owned.log import OwnedLog
from kindline.ledger.owned.means import Means
from kindline.ledger.owned.trimming import TrimSettings, trim_shard
from kindline.ledger.port import Ledger, LedgerUnavailable, Partition
from kindline.ledger.topics import AGENTS, DECISIONS, INTERACTIONS, PLAN
from kindline.routing.adapters.inputs import Inputs
from kindline.routing.adapters.shard_core import EngineCore
from kindline.routing.adapters.shard_numbers import Gauges
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.inputs import Input
from kindline.runtime.clock import BusinessClock, SystemClock
from kindline.runtime.identities import fresh_id

log = logging.getLogger("kindline.routing.shards")

STAGES = ((PLAN,), (INTERACTIONS, AGENTS))
"""A new owner reads every plan before any other input."""
LARGEST_SILENCE = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardSettings:
    """How this process owns shards."""

    member: str = field(default_factory=fresh_id)
    """Name of this process in the log, for people; it proves nothing."""
    owned: OwnedSettings = field(default_factory=OwnedSettings)
    trim: TrimSettings = field(default_factory=TrimSettings)


class Shards:
    """Composed by the routing service; lives in one event loop."""

    def __init__(
        self,
        ledger: Ledger,
        clock: BusinessClock,
        engine_for: Callable[[int, int], Engine],
        on_counted: OnCounted,
        settings: ShardSettings | None = None,
        *,
        gauges: Gauges | None = None,
    ) -> None:
        """`engine_for(shard, shards)` makes a fresh engine; on_counted hears each counting batch of each shard once."""
        self._gauges = gauges
        self._ledger, self._clock, self._engine_for = ledger, clock, engine_for
        self._on_counted, self._settings = on_counted, settings or ShardSettings()
        self._feed: InputFeed[Input] = InputFeed(ledger, STAGES, Inputs(clock, gauges))
        self._log: OwnedLog[Input] | None = None
        self._stopping = False
        self.ready = asyncio.Event()
        """Set when the number of shards is known; the views below need it."""
        self.counts: Counter[str] = Counter()
        """claims, takeovers, stand_downs, state_rebuilds, inputs_rejected, snapshots since the start."""

    async def run(self) -> None:
        """Own and follow until stop(); then every owned shard ends with a batch that releases it."""
        count = await self._count()
        if count is None:
            return
        self._log = OwnedLog(self._means(count), count)
        self.ready.set()
        background = [asyncio.ensure_future(self._feed.run()), asyncio.ensure_future(self._trim())]
        try:
            await self._log.run()
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)

    def stop(self) -> None:
        """Let go of everything; run() then ends, within 8 s."""
        self._stopping = True
        if self._log is not None:
            self._log.stop()

    async def _count(self) -> int | None:
        """How many shards there are; None if stop() came first."""
        while not self._stopping:
            try:
                return await self._ledger.partitions(DECISIONS)
            except LedgerUnavailable as problem:
                log.warning("the ledger is not there yet: %s", problem)
                await asyncio.sleep(0.5)
        return None

    async def _trim(self) -> None:
        """Now and then delete what nobody needs any more of the shards that are owned then."""
        wall, settings = SystemClock().wall, self._settings.trim
        while True:
            await asyncio.sleep(settings.every)
            for shard in sorted(self.owned()):
                try:
                    trimmed = await trim_shard(self._ledger, shard, wall(), settings)
                    if trimmed:
                        log.info("shard %d: trimmed %s", shard, {its.topic: at for its, at in trimmed.items()})
                except Exception:
                    log.exception("shard %d could not be trimmed; it is tried again later", shard)

    def _means(self, count: int) -> Means[Input]:
        return Means(
            ledger=self._ledger,
            clock=self._clock,
            core_for=lambda shard: EngineCore(self._engine_for(shard, count), self._gauges),
            feed=self._feed,
            on_counted=self._on_counted,
            member=self._settings.member,
            settings=self._settings.owned,
            counts=self.counts,
        )

    # What edges ask. All raise LookupError before `ready` and for a shard that is not there.

    @property
    def owned_log(self) -> OwnedLog[Input]:
        """The log behind it, for snapshots, trimming and health."""
        if self._log is None:
            raise LookupError("the ledger has not been reached yet")
        return self._log

    def engine(self, shard: int) -> Engine:
        """The counted state of a shard, to read from; ask again each time, because a rebuild replaces it."""
        return cast("EngineCore", self.owned_log.view(shard)).engine

    def owned(self) -> frozenset[int]:
        """The shards that this process owns now; none before `ready`."""
        return self._log.owned() if self._log else frozenset()

    def position(self, shard: int) -> Because:
        """The last counting batch in engine(shard)."""
        return self.owned_log.position(shard)

    def decided_up_to(self, shard: int) -> Mapping[Partition, int]:
        """For each input partition of the shard the next offset to decide."""
        positions = self.owned_log.shards[shard].view.positions
        return {Partition(topic, shard): offset for topic, offset in positions.items()}

    def epoch(self, shard: int) -> int:
        """The epoch of the shard as this process has read it."""
        return self.owned_log.shards[shard].view.reading.epoch

    def silent_seconds(self, shard: int) -> float:
        """Seconds of system time since the last counting batch was learned; infinite before the first."""
        return self.owned_log.silent_seconds(shard)

    def stale(self, shard: int) -> bool:
        """Whether the shard has been silent for so long that commands must not be appended (DESIGN 4.4)."""
        return self.silent_seconds(shard) > max(LARGEST_SILENCE, 2 * self.owned_log.next_within(shard))

    def troubles(self) -> Mapping[int, str]:
        """Shards that cannot be read on, and why; empty when all is well."""
        if self._log is None:
            return {}
        return {**self._feed.troubles(), **self._log.troubles()}
