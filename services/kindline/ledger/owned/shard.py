"""One shard in one process: a standby that folds its log, or at times its owner.

It promises the edges a counted view that never goes back, and that each counting batch is told once and in order,
whether it was learned from an acknowledgement or by following.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from enum import Enum, auto
from typing import Generic

from kindline.language.log import DecisionBatch
from kindline.ledger.codec import Undecodable
from kindline.ledger.owned.core import Given, ShardStopped, StandDown
from kindline.ledger.owned.fold import Fold
from kindline.ledger.owned.means import Means
from kindline.ledger.owned.owner import Owner
from kindline.ledger.owned.silence import Silence, Standby, reason_to_claim
from kindline.ledger.port import LedgerUnavailable, OutsideLog, Partition, Record
from kindline.ledger.slices import in_slices
from kindline.ledger.snapshots import newest_whole
from kindline.ledger.topics import DECISIONS
from kindline.ledger.understanding import Understood

log = logging.getLogger("kindline.ledger.owned")

RETRY_SECONDS = 0.5


class Standing(Enum):
    """What this process is to a shard."""

    RESTORING = auto()
    FOLLOWING = auto()
    CLAIMING = auto()
    OWNING = auto()
    STOPPED = auto()


class Shard(Generic[Given]):
    """The state machine of DESIGN 4.4; its waits are driven by the owned log."""

    def __init__(
        self,
        number: int,
        means: Means[Given],
        make_owner: Callable[[int, Fold[Given], Means[Given], Callable[[DecisionBatch, int], None]], Owner[Given]],
    ) -> None:
        """Nothing is known of the shard yet; restore() comes first."""
        self.number, self._means, self._make_owner = number, means, make_owner
        self.partition = Partition(DECISIONS, number)
        self.standing = Standing.RESTORING
        self.fold = Fold[Given](means.core_for(number))
        self._shown = self.fold
        self.silence = Silence(2 * means.settings.probe_seconds)
        self.heard_at = -math.inf
        self.owner: Owner[Given] | None = None
        self.generation = -1
        self.rest_until = -math.inf
        self.trouble = ""
        self.facts_counted = 0
        self._told = 0
        self._stopping = False

    @property
    def view(self) -> Fold[Given]:
        """What may be shown: while a rebuild catches up, what was counted before."""
        if self._shown is not self.fold and self.fold.next_offset >= self._shown.next_offset:
            self._shown = self.fold
        return self._shown

    # Following.

    async def restore(self) -> None:
        """Rebuild from the newest whole snapshot, however long the ledger is away; or stop the shard, loudly."""
        self.standing = Standing.RESTORING
        while self.standing is Standing.RESTORING:
            try:
                fold = await self._restored()
            except LedgerUnavailable as problem:
                log.warning("shard %d waits for the ledger: %s", self.number, problem)
                await asyncio.sleep(RETRY_SECONDS)
            except (ShardStopped, Undecodable) as problem:
                self.halt(problem)
            else:
                self.fold = fold
                self.silence.heard()
                self.standing = Standing.FOLLOWING

    async def _restored(self) -> Fold[Given]:
        whole = await newest_whole(self._means.ledger, self.number)
        bounds = (await self._means.ledger.bounds([self.partition]))[self.partition]
        fold = Fold[Given](self._means.core_for(self.number))
        if whole is not None:
            await in_slices(fold.restoring(whole.manifest, whole.rows))  # Owners of other shards decide here, too.
        if not bounds.begin <= fold.next_offset <= bounds.end:
            raise ShardStopped(
                f"{self.partition.topic}/{self.number} holds offsets {bounds.begin} to {bounds.end}, and the newest "
                f"whole snapshot goes on at {fold.next_offset}: records that count are gone"
            )
        return fold

    def halt(self, problem: Exception) -> None:
        """Read this shard no further, and say why."""
        self.standing = Standing.STOPPED
        self.trouble = str(problem)
        log.error("shard %d is stopped here: %s", self.number, problem)

    def take_in(self, record: Record, said: Understood) -> None:
        """Fold a record that the follower read and understood."""
        if self.standing is not Standing.FOLLOWING:
            return
        try:
            counted = self.fold.take_in(record, said)
        except ShardStopped as problem:
            self.halt(problem)
            return
        if counted is not None:
            self.silence.heard()
            if isinstance(counted, DecisionBatch):
                self.tell(counted, record.offset)

    def tell(self, batch: DecisionBatch, offset: int) -> None:
        """Tell of a counting batch, unless it was told before a rebuild."""
        self.heard_at = asyncio.get_running_loop().time()
        self.facts_counted += len(batch.facts)
        if offset >= self._told:
            self._told = offset + 1
            self._means.on_counted(self.number, batch, offset)

    # Claiming and owning.

    def reason_to_claim(self, *, assigned: bool, generation: int, rank: int) -> str | None:
        """Why this process should try to own the shard now; asked when it stands at the end of the log."""
        if self._stopping or asyncio.get_running_loop().time() < self.rest_until:
            return None
        settings = self._means.settings
        newly = assigned and generation != self.generation
        standby = Standby(
            epoch=self.fold.reading.epoch,
            released=self.fold.released,
            next_within=self.fold.next_within or settings.heartbeat_seconds,
            silent_seconds=self.silence.seconds,
            assigned=assigned,
            newly_assigned=newly,
            rank=rank,
        )
        return reason_to_claim(standby, settings)

    async def own(self, reason: str) -> None:
        """Claim, decide until it ends, and be a standby again, with state built anew; unless all of it ends."""
        self.standing = Standing.CLAIMING
        self._means.counts["claims"] += 1
        owner = self.owner = self._make_owner(self.number, self.fold, self._means, self.tell)
        try:
            await owner.claim()
            self.standing = Standing.OWNING
            self._means.counts["takeovers"] += 1
            log.info("shard %d: owned from epoch %d on: %s", self.number, self.fold.reading.epoch, reason)
            if self._stopping:
                owner.stop()
            await owner.serve()
            log.info("shard %d: let go", self.number)
        except StandDown as problem:
            self._means.counts["stand_downs"] += 1
            self.rest_until = asyncio.get_running_loop().time() + problem.rest_seconds
            log.warning("shard %d: stands down: %s", self.number, problem)
        except ShardStopped as problem:
            self.halt(problem)
        finally:
            self.owner = None
            await owner.close()
        if not self._stopping:
            await in_slices(owner.decider.letting_go())
        if self.standing is not Standing.STOPPED:
            self.standing = Standing.RESTORING
            if not self._stopping:
                await self.restore()

    def stop(self) -> None:
        """Claim no more; release the shard if it is owned."""
        self._stopping = True
        if self.owner is not None:
            self.owner.stop()

    def lost_place(self, problem: OutsideLog) -> None:
        """The follower's position is not in the log any more: only a rebuild helps."""
        log.warning("shard %d: %s; it is rebuilt", self.number, problem)
        self.standing = Standing.RESTORING
