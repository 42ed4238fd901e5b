"""All shards in one process: follow every one, claim those that are its to claim, snapshot those it owns.

Promises the service that run() goes on whatever becomes of the broker, and that after stop() each owned shard ends with
a batch that releases it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Generic

from kindline.language.content import Because
from kindline.ledger.owned.core import Core, Given
from kindline.ledger.owned.means import Means
from kindline.ledger.owned.owner import Owner
from kindline.ledger.owned.shard import Shard, Standing
from kindline.ledger.owned.silence import rank_of
from kindline.ledger.owned.snapshotting import Snapshotting
from kindline.ledger.port import Bounds, LedgerUnavailable, Membership, OutsideLog, Partition, Reader, Record
from kindline.ledger.topics import DECISIONS
from kindline.ledger.understanding import Understood, together

log = logging.getLogger("kindline.ledger.owned")

GROUP = "kindline-routing"
READ_SECONDS = 0.1
STOP_SECONDS = 8.0
RESTORES_AT_ONCE = 4
FACTS_PER_TURN = 500


class OwnedLog(Generic[Given]):
    """The owners and standbys of one process. Lives in one event loop."""

    def __init__(
        self,
        means: Means[Given],
        shards: int,
        owner_type: type[Owner[Given]] = Owner,
        snapshotting_type: type[Snapshotting[Given]] = Snapshotting,
    ) -> None:
        """Nothing runs before run(). The types are there to be replaced by broken ones in the simulation."""
        self.means = means
        self.shards = {number: Shard(number, means, owner_type) for number in range(shards)}
        self.snapshotting = snapshotting_type(means)
        self._membership: Membership | None = None
        self._reader: Reader
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._followed: set[int] = set()
        self._restoring = asyncio.Semaphore(RESTORES_AT_ONCE)
        self._probed_at = 0.0
        self._facts_this_turn = 0
        self._stopping = False
        self._ended = False

    # What the service and the edges ask.

    def view(self, shard: int) -> Core[Given]:
        """The counted state of a shard: what may be shown."""
        return self.shards[shard].view.core

    def position(self, shard: int) -> Because:
        """The last counting batch in that state."""
        return self.shards[shard].view.because()

    def owned(self) -> frozenset[int]:
        """The shards that this process owns now."""
        return frozenset(number for number, shard in self.shards.items() if shard.standing is Standing.OWNING)

    def silent_seconds(self, shard: int) -> float:
        """System time since the last counting batch was learned; infinite before the first."""
        return asyncio.get_running_loop().time() - self.shards[shard].heard_at

    def next_within(self, shard: int) -> float:
        """Within what time the shard's owner promised its next batch."""
        return self.shards[shard].view.next_within or self.means.settings.heartbeat_seconds

    def troubles(self) -> Mapping[int, str]:
        """The shards that this process had to stop reading, and why."""
        return {number: shard.trouble for number, shard in self.shards.items() if shard.trouble}

    @property
    def stopped(self) -> bool:
        """Whether run() has ended."""
        return self._ended

    # Its life.

    async def run(self) -> None:
        """Follow and own until stop(); ends when every owned shard is released."""
        self._reader = self.means.ledger.reader({})
        background = [asyncio.ensure_future(self._join()), asyncio.ensure_future(self.snapshotting.run(self.shards))]
        try:
            for shard in self.shards.values():
                self._start(shard, self._restore(shard))
            while not self._stopping:
                await self._turn()
                _raise_what_failed(background)
            await self._let_go()
        finally:
            await _ended([*background, *self._tasks.values()])
            await self._reader.close()
            await self.snapshotting.close()
            if self._membership is not None:
                await self._membership.close()
            self._ended = True

    def stop(self) -> None:
        """Claim no more, release what is owned, and end run()."""
        self._stopping = True
        for shard in self.shards.values():
            shard.stop()

    async def _let_go(self) -> None:
        owning = [self._tasks[number] for number in self.shards if self.shards[number].owner and number in self._tasks]
        if owning:
            await asyncio.wait(owning, timeout=STOP_SECONDS)

    async def _join(self) -> None:
        """Join the group as soon as the broker lets us; until then shards are claimed after silence only."""
        while self._membership is None:
            try:
                self._membership = await self.means.ledger.join(GROUP, DECISIONS)
            except LedgerUnavailable as problem:
                log.warning("the group cannot be joined yet: %s", problem)
                await asyncio.sleep(1.0)

    async def _turn(self) -> None:
        """Read once, fold it, and look now and then whether anybody is silent."""
        await self._follow_restored()
        try:
            for record, said in together(await self._reader.read(READ_SECONDS)):
                await self._take(record, said)
        except OutsideLog as problem:
            await self._rebuild(self.shards[problem.partition.number], problem)
        except LedgerUnavailable as problem:
            log.debug("nothing to read: %s", problem)
            await asyncio.sleep(READ_SECONDS)
        now = asyncio.get_running_loop().time()
        if now >= self._probed_at + self.means.settings.probe_seconds:
            self._probed_at = now
            await self._probe()

    # Following.

    async def _take(self, record: Record, said: Understood) -> None:
        """Fold a record, and give the loop a turn now and then: owners here must not fall silent over history."""
        shard = self.shards[record.partition.number]
        before = shard.facts_counted
        shard.take_in(record, said)
        self._facts_this_turn += 1 + shard.facts_counted - before
        if self._facts_this_turn >= FACTS_PER_TURN:
            self._facts_this_turn = 0
            await asyncio.sleep(0)

    async def _restore(self, shard: Shard[Given]) -> None:
        async with self._restoring:
            await shard.restore()

    async def _follow_restored(self) -> None:
        """Follow what stands by and is not followed yet; drop what is stopped."""
        standing_by = {n for n, shard in self.shards.items() if shard.standing is Standing.FOLLOWING}
        new = {number: self.shards[number] for number in standing_by - self._followed}
        gone = self._followed - standing_by
        if gone:
            await self._reader.drop([self.shards[number].partition for number in gone])
        if new:
            await self._reader.follow({shard.partition: shard.fold.next_offset for shard in new.values()})
        self._followed = standing_by

    async def _rebuild(self, shard: Shard[Given], problem: OutsideLog) -> None:
        shard.lost_place(problem)
        self._followed.discard(shard.number)
        await self._reader.drop([shard.partition])
        self._start(shard, self._restore(shard))

    # Claiming.

    async def _probe(self) -> None:
        """Ask the broker for the ends of what is followed; an answer that shows no lag lets silence add up."""
        followed = [self.shards[number] for number in sorted(self._followed)]
        if not followed:
            return
        try:
            bounds = await self.means.ledger.bounds([shard.partition for shard in followed])
        except LedgerUnavailable:
            for shard in followed:
                shard.silence.missed()
            return
        for shard in followed:
            await self._consider(shard, bounds)

    async def _consider(self, shard: Shard[Given], bounds: Mapping[Partition, Bounds]) -> None:
        end = bounds[shard.partition].end
        if shard.standing is not Standing.FOLLOWING:
            return
        if end < shard.fold.next_offset:
            await self._rebuild(shard, OutsideLog(shard.partition, shard.fold.next_offset))
        elif end > shard.fold.next_offset:
            shard.silence.missed()
        else:
            shard.silence.looked(asyncio.get_running_loop().time())
            await self._claim_if_due(shard)

    async def _claim_if_due(self, shard: Shard[Given]) -> None:
        membership = self._membership
        assigned = membership is not None and shard.number in membership.assigned()
        generation = membership.generation if membership else -1
        rank = rank_of(self.means.member, shard.number, assigned=assigned)
        reason = shard.reason_to_claim(assigned=assigned, generation=generation, rank=rank)
        if reason is not None:
            shard.generation = generation
            self._followed.discard(shard.number)
            await self._reader.drop([shard.partition])
            self._start(shard, shard.own(reason))

    def _start(self, shard: Shard[Given], work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks[shard.number] = task
        task.add_done_callback(lambda done: self._finished(shard, done))

    def _finished(self, shard: Shard[Given], done: asyncio.Task[None]) -> None:
        """A shard whose work broke in a way nobody foresaw is rebuilt; the others do not notice."""
        problem = None if done.cancelled() else done.exception()
        if isinstance(problem, Exception) and not self._stopping:
            log.error("shard %d failed and is rebuilt", shard.number, exc_info=problem)
            self._start(shard, self._restore_later(shard))

    async def _restore_later(self, shard: Shard[Given]) -> None:
        shard.standing = Standing.RESTORING
        await asyncio.sleep(1.0)
        await self._restore(shard)


async def _ended(tasks: list[asyncio.Future[None]]) -> None:
    """Cancel what still runs and wait until it has ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _raise_what_failed(tasks: Sequence[asyncio.Future[None]]) -> None:
    """A part that failed in a way nobody foresaw ends the whole, loudly: half a process would look healthy."""
    for task in tasks:
        if task.done() and not task.cancelled():
            task.result()
