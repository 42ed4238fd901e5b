"""The owned log with one rule left out each, as DESIGN 4.4 names them: the simulation must find every one of them."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from kindline.language.log import DecisionBatch
from kindline.language.snapshot import SnapshotManifest
from kindline.ledger.owned.core import Moment, StandDown
from kindline.ledger.owned.decider import Decider
from kindline.ledger.owned.fold import Fold, positions_of
from kindline.ledger.owned.means import Means
from kindline.ledger.owned.owner import Owner
from kindline.ledger.owned.shard import Shard
from kindline.ledger.owned.snapshotting import Snapshotting
from kindline.ledger.slices import slices
from tests.contract.owned.counting import CountingCore
from tests.contract.owned.world import Variant

IN_FLIGHT = 3


class NamedAfterItsHost(Owner[str]):
    """`owner` is the host's name, not a fresh one per attempt."""

    def __init__(
        self, shard: int, fold: Fold[str], means: Means[str], deliver: Callable[[DecisionBatch, int], None]
    ) -> None:
        super().__init__(shard, fold, means, deliver)
        self.name = means.member


class DecidesFromBeforeItsClaim(Owner[str]):
    """The state is that of the moment when the claim was sent; what lies between is only read, not folded."""

    async def claim(self) -> None:
        """Keep what was known, then claim."""
        self._before = Fold[str](CountingCore())
        list(self._before.core.restoring(self.fold.core.rows(), 0.0))
        self._before.positions = dict(self.fold.positions)
        self._before.decided_at = self.fold.decided_at
        await super().claim()

    def _new_decider(self) -> Decider[str]:
        return Decider(self._before, CountingCore, self._means.settings, self._means.counts)


class TrustsContinuityOfSeveral(Owner[str]):
    """Several batches are in flight, and an acknowledged offset that follows the last is taken for proof enough."""

    async def serve(self) -> None:
        """Count what is sent, not what counts."""
        self._begun = self.fold.reading.seq
        self._flying: set[asyncio.Task[None]] = set()
        self._failure: StandDown | None = None
        try:
            await super().serve()
        finally:
            for task in self._flying:
                task.cancel()

    def _head(self, now: float) -> DecisionBatch:
        return replace(super()._head(now), seq=self._begun + 1)

    async def _commit(self, batch: DecisionBatch, value: bytes) -> None:
        self._begun += 1
        self._sent_at = asyncio.get_running_loop().time()
        task = asyncio.ensure_future(self._fly(batch, value))
        self._flying.add(task)
        task.add_done_callback(self._flying.discard)
        while self._failure is None and (len(self._flying) >= IN_FLIGHT or (batch.released and self._flying)):
            await asyncio.sleep(0.005)
        if self._failure is not None:
            raise self._failure

    async def _fly(self, batch: DecisionBatch, value: bytes) -> None:
        try:
            appended = await self._append(value)
            if appended.offset == self.fold.next_offset:
                self.fold.count(batch, appended.offset)
                self._deliver(batch, appended.offset)
            else:
                await self._settle(batch, appended.offset)
                if self.fold.reading.owner != self.name:
                    self._failure = StandDown("superseded")
        except StandDown as problem:
            self._failure = problem


class ActsBeforeTheAcknowledgement(Owner[str]):
    """What was decided is shown as soon as it is sent."""

    async def _commit(self, batch: DecisionBatch, value: bytes) -> None:
        self._deliver(batch, self.fold.next_offset)
        await super()._commit(batch, value)


class ForgetsPositions(Owner[str]):
    """The batch does not say how far the inputs were decided."""

    def _head(self, now: float) -> DecisionBatch:
        return replace(super()._head(now), input_positions=())


class BuildsInSilence(Owner[str]):
    """Its heart does not beat until its state is built."""

    async def _build(self) -> None:
        """Only let others run."""
        for _ in slices(self.decider.building()):
            await asyncio.sleep(0)


class LetsTimePassWhileItBuilds(Owner[str]):
    """Its heartbeats say what time it is, although nothing has been decided up to then."""

    def _head(self, now: float) -> DecisionBatch:
        return super()._head(now if self.decider.is_built else self._now())


class PassesOverWhatFailed(Owner[str]):
    """An input that failed counts as decided before its refusal stands in the log."""

    def _new_decider(self) -> Decider[str]:
        means = self._means
        return Hasty(self.fold, lambda: means.core_for(self.shard), means.settings, means.counts)

    def _head(self, now: float) -> DecisionBatch:
        head = super()._head(now)
        assert isinstance(self.decider, Hasty)
        return replace(head, input_positions=positions_of(self.decider.positions | self.decider.failed))


class Hasty(Decider[str]):
    """Says where the input lies that has failed and is not refused yet."""

    @property
    def failed(self) -> dict[str, int]:
        """Its topic, and the offset after it."""
        return {self._inbox[0].topic: self._inbox[0].offset + 1} if self._refusing else {}


class SnapshotsWhatIsInFlight(Snapshotting[str]):
    """A snapshot is of the deciding state, which runs ahead of the log."""

    def moment(self, shard: Shard[str]) -> tuple[SnapshotManifest, Moment]:
        """Take the rows that the owner decides on."""
        manifest, moment = super().moment(shard)
        owner = shard.owner
        if owner is None or not owner.owning or not owner.decider.is_built:
            return manifest, moment
        ahead = owner.decider
        moment.close()
        return replace(manifest, input_positions=positions_of(ahead.positions)), ahead.core.moment()


MUTANTS = {
    "owner is the host's name": Variant(owner=NamedAfterItsHost),
    "decides from the state before its claim": Variant(owner=DecidesFromBeforeItsClaim),
    "trusts continuity with several in flight": Variant(owner=TrustsContinuityOfSeveral),
    "snapshots what is not acknowledged": Variant(snapshotting=SnapshotsWhatIsInFlight),
    "acts before the acknowledgement": Variant(owner=ActsBeforeTheAcknowledgement),
    "forgets how far inputs were decided": Variant(owner=ForgetsPositions),
    "its heart does not beat while it builds": Variant(owner=BuildsInSilence),
    "lets time pass while it builds": Variant(owner=LetsTimePassWhileItBuilds),
    "an input that failed counts as decided at once": Variant(owner=PassesOverWhatFailed),
}
