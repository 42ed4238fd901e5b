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
from kindline.ledger.owned.read_back import read_back
from kindline.ledger.port import (
    Appended,
    AppendRefused,
    AppendUnknown,
    LedgerUnavailable,
    Partition,
)
from kindline.ledger.slices import slices
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
        self._resuming = True
        """Whether time without decisions is still to be stated: nothing has been decided since it began."""
        self._sent_at = 0.0
        self._heartbeat = means.settings.heartbeat_seconds
        self.decider = self._new_decider()

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
        self._sent_at = asyncio.get_running_loop().time()
        appended = await self._append(encode(claim))
        await self._settle(claim, appended.offset)
        if (self.fold.reading.epoch, self.fold.reading.owner) != (claim.epoch, self.name):
            raise StandDown("somebody else claimed first")
        self.owning = True

    async def serve(self) -> None:
        """Decide until stop() was called; the last batch releases the shard. Raises StandDown, ShardStopped."""
        self.decider = self._new_decider()  # Its positions are those that the claim was folded through.
        await self._build()
        if not self._stopping:
            await self._step()
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

    async def _build(self) -> None:
        """Build the state that decides while the heart beats on, so that no standby takes it for silence.

        What is built of many moments is what the last of them holds: a heartbeat that counts changes nothing of the
        counted state. It has no facts, it says the time of the last decision again, and nobody else's batch counted
        before it, for that takes a claim, after which it would not count itself. As that time stands still until
        something is decided, whoever decides next, here or elsewhere, knows from the log how long nobody did.
        """
        for _ in slices(self.decider.building()):
            await asyncio.sleep(0)
            if self._stopping:
                return
            if self._is_due():
                self._resuming = True
                head = self._head(self._decided_last())
                await self._commit(head, encode(head))

    def _is_due(self) -> bool:
        return asyncio.get_running_loop().time() >= self._sent_at + self._heartbeat

    def _decided_last(self) -> float:
        before = self.fold.decided_at
        return self._now() if before is None else before

    def _now(self) -> float:
        return max(self._means.clock.now(), self.fold.decided_at or 0.0)

    async def _step(self) -> None:
        """Decide what waits; send it, or a heartbeat when one is due. If the engine failed, build its state anew."""
        self._check_clock()
        now = self._now()
        gathering = self.decider.gather(now, now - self._decided_last() if self._resuming else None)
        if gathering.facts or self._is_due() or self._resuming:
            settings = self._means.settings
            self._heartbeat = settings.quiet_heartbeat_seconds if self.decider.quiet() else settings.heartbeat_seconds
            self._resuming = False
            await self._commit(*gathering.sealed(self._head(now)))
        else:
            await asyncio.sleep(0)
        if not self.decider.is_built:
            await self._build()

    async def _release(self) -> None:
        now = self._decided_last() if self._resuming else self._now()
        head = replace(self._head(now), released=True)
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
        ledger, seconds = self._means.ledger, self._means.settings.read_back_seconds
        begin = self.fold.next_offset
        for record in await read_back(ledger, self.partition, begin, through=offset, seconds=seconds):
            self._counted(self.fold.take(record), record.offset)

    def _counted(self, decision: DecisionRecord | None, offset: int) -> None:
        if isinstance(decision, DecisionBatch):
            self._deliver(decision, offset)

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
