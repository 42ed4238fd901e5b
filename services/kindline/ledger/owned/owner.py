"""One attempt to own one shard: claim, then decide and append with one batch in flight, until superseded or stopped.

It promises that nothing is delivered before the log shows that it counts, and that on any doubt it stands down: state,
producer and name are of this attempt alone and are never used again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Generic

from kindline.language.log import LEVEL, DecisionBatch, DecisionRecord, EpochClaim
from kindline.language.reading import Reading
from kindline.ledger.codec import encode
from kindline.ledger.owned.core import Given, StandDown, Taken
from kindline.ledger.owned.decider import Decider
from kindline.ledger.owned.fold import Fold, positions_of
from kindline.ledger.owned.means import Means
from kindline.ledger.port import (
    Appended,
    AppendRefused,
    AppendUnknown,
    LedgerUnavailable,
    OutsideLog,
    Partition,
    Record,
)
from kindline.ledger.topics import DECISIONS

log = logging.getLogger("kindline.ledger.owned")

Deliver = Callable[[DecisionBatch, int], None]
SHORTEST_REST = 0.01
CROWD = 50
"""When so many inputs wait, they come first: what is told meanwhile is written while the broker takes them."""


class Owner(Generic[Given]):
    """The sink of the shard's inputs while it owns it."""

    def __init__(self, shard: int, fold: Fold[Given], means: Means[Given], deliver: Deliver) -> None:
        """Begin from a fold that has read the log to its end; it goes on to fold what counts."""
        self.shard, self.fold, self._means, self._deliver = shard, fold, means, deliver
        self.partition = Partition(DECISIONS, shard)
        self.name = means.fresh_id()
        self.owning = False
        self._writer = means.ledger.writer()
        self._wake = asyncio.Event()
        self._stopping = False
        self._sent_at = 0.0
        self._heartbeat = means.settings.heartbeat_seconds
        self.decider: Decider[Given]

    # The sink.

    def offer(self, taken: Taken[Given]) -> bool:
        """Let an input wait for the next batch."""
        self._wake.set()
        return self.decider.offer(taken)

    def room(self) -> bool:
        """Whether an offer would be taken."""
        return self.decider.room()

    def caught_up(self) -> None:
        """Let timers run from here on."""
        self.decider.timers = True
        self._wake.set()

    # The life of an attempt.

    async def claim(self) -> None:
        """Append the claim and fold the log through it. Raises StandDown if it does not count."""
        claim = EpochClaim(epoch=self.fold.reading.epoch + 1, owner=self.name, claimant=self._means.member)
        self._check_clock()
        appended = await self._append(encode(claim))
        await self._settle(claim, appended.offset)
        if (self.fold.reading.epoch, self.fold.reading.owner) != (claim.epoch, self.name):
            raise StandDown("somebody else claimed first")
        self.owning = True

    async def serve(self) -> None:
        """Decide until stop() was called; the last batch releases the shard. Raises StandDown, ShardStopped."""
        self.decider = self._new_decider()
        await self._step(gap=self._gap())
        self._means.feed.begin(self.shard, dict(self.decider.positions), self)
        while not self._stopping:
            await self._rest()
            await self._step()
            if self.decider.waiting < CROWD:
                # Whoever was just told writes to their streams first; else an offer would wait for the next decisions.
                await asyncio.sleep(0)
        await self._release()

    def stop(self) -> None:
        """Let go after the batch in flight."""
        self._stopping = True
        self._wake.set()

    async def close(self) -> None:
        """Take no more inputs and let the producer go."""
        self.owning = False
        self._means.feed.end(self.shard)
        await self._writer.close()

    # One batch.

    def _new_decider(self) -> Decider[Given]:
        means = self._means
        return Decider(self.fold, lambda: means.core_for(self.shard), means.settings, means.counts)

    def _gap(self) -> float:
        before = self.fold.decided_at
        return 0.0 if before is None else max(0.0, self._means.clock.now() - before)

    def _now(self) -> float:
        return max(self._means.clock.now(), self.fold.decided_at or 0.0)

    async def _step(self, gap: float | None = None) -> None:
        """Decide what waits; send it, or a heartbeat when one is due."""
        self._check_clock()
        gathering = self.decider.gather(self._now(), gap)
        due = asyncio.get_running_loop().time() >= self._sent_at + self._heartbeat
        if gathering.facts or due or gap is not None:
            settings = self._means.settings
            quiet = self.decider.core.quiet()
            self._heartbeat = settings.quiet_heartbeat_seconds if quiet else settings.heartbeat_seconds
            await self._commit(*gathering.sealed(self._head(gathering.now)))
        else:
            await asyncio.sleep(0)

    async def _release(self) -> None:
        head = replace(self._head(self._now()), released=True)
        await self._commit(head, encode(head))

    def _head(self, now: float) -> DecisionBatch:
        reading = self.fold.reading
        return DecisionBatch(
            epoch=reading.epoch,
            owner=self.name,
            seq=reading.seq + 1,
            level=LEVEL,
            input_positions=positions_of(self.decider.positions),
            decided_at=now,
            next_within=self._heartbeat,
            released=False,
        )

    async def _commit(self, batch: DecisionBatch, value: bytes) -> None:
        """Append a batch and deliver it once it counts. Raises StandDown if it does not."""
        self._sent_at = asyncio.get_running_loop().time()
        appended = await self._append(value)
        await self._settle(batch, appended.offset)
        if not self._counts(batch):
            raise StandDown(f"epoch {self.fold.reading.epoch} owns it now")

    def _counts(self, batch: DecisionBatch) -> bool:
        """Whether a batch counted, judged right after the log was folded through it."""
        return self.fold.reading == Reading(batch.epoch, batch.owner, batch.seq)

    async def _append(self, value: bytes) -> Appended:
        clock = self._means.clock
        begun = clock.now()
        try:
            appended = await self._writer.append(self.partition, str(self.shard).encode(), value)
        except AppendUnknown as problem:
            raise StandDown("no acknowledgement came, so the outcome is unknown") from problem
        except (LedgerUnavailable, AppendRefused) as problem:
            raise StandDown(f"the log took nothing: {problem}") from problem
        off = self._means.settings.clock_off_seconds
        if not clock.accelerated and not begun - off <= appended.appended_at <= clock.now() + off:
            seconds = clock.now() - appended.appended_at
            raise self._clock_trouble(f"this clock and the broker's are {seconds:+.1f} s apart: set both by one source")
        return appended

    async def _settle(self, decision: DecisionRecord, offset: int) -> None:
        """Fold the log through what was just acknowledged: at once if nothing lies between, else by reading it back."""
        if offset < self.fold.next_offset:
            raise StandDown("the log went back behind what it had acknowledged")
        if offset == self.fold.next_offset:
            self._counted(self.fold.count(decision, offset), offset)
            return
        for record in await self._between(self.fold.next_offset, offset):
            self._counted(self.fold.take(record), record.offset)

    def _counted(self, decision: DecisionRecord | None, offset: int) -> None:
        if isinstance(decision, DecisionBatch):
            self._deliver(decision, offset)

    async def _between(self, begin: int, through: int) -> list[Record]:
        """What the log holds from `begin` up to and including `through`."""
        reader = self._means.ledger.reader({self.partition: begin})
        records: list[Record] = []
        try:
            async with asyncio.timeout(self._means.settings.read_back_seconds):
                while reader.position(self.partition) <= through:
                    records.extend(await reader.read(1.0))
        except (TimeoutError, LedgerUnavailable, OutsideLog) as problem:
            raise StandDown(f"the log could not be read back: {problem!r}") from problem
        finally:
            await reader.close()
        return [record for record in records if record.offset <= through]

    # Waiting.

    async def _rest(self) -> None:
        """Wait for inputs, for the next heartbeat or for what is due, whichever is first."""
        if not self.decider.waiting:
            now = asyncio.get_running_loop().time()
            until = self._sent_at + self._heartbeat
            due = self.decider.core.next_due() if self.decider.timers else None
            if due is not None:
                clock = self._means.clock
                until = min(until, now + max(clock.system_seconds(due - clock.now()), SHORTEST_REST))
            try:
                async with asyncio.timeout_at(until):
                    await self._wake.wait()
            except TimeoutError:
                pass
        self._wake.clear()

    def _check_clock(self) -> None:
        before, clock = self.fold.decided_at, self._means.clock
        behind = 0.0 if before is None else clock.system_seconds(before - clock.now())
        if behind > self._means.settings.clock_behind_seconds:
            raise self._clock_trouble(f"this clock lies {behind:.0f} s behind the last decision")

    def _clock_trouble(self, text: str) -> StandDown:
        log.error("shard %d: %s; this process decides nothing until it is right", self.shard, text)
        return StandDown(text, self._means.settings.rest_after_clock_seconds)
