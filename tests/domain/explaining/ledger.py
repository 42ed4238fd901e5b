"""What a contact centre in memory decided, as a ledger that a command can read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from click.testing import CliRunner, Result

from kindline.commands.explain import explain
from kindline.language.facts import Fact
from kindline.language.ids import shard_of
from kindline.language.log import LEVEL, DecisionBatch, EpochClaim, InputPosition
from kindline.language.plan import Plan, PlanPublished
from kindline.language.snapshot import SnapshotManifest
from kindline.ledger import codec
from kindline.ledger.envelope import headers
from kindline.ledger.memory import MemoryLedger, MemoryLog
from kindline.ledger.port import Ledger, Partition
from kindline.ledger.snapshots import write_snapshot
from kindline.ledger.topics import DECISIONS, PLAN
from tests.given import SHARDS, Centre

OWNER = "owner-1"


@dataclass
class Written:
    """A ledger with one shard that holds anything."""

    shard: int
    log: MemoryLog = field(default_factory=lambda: MemoryLog(SHARDS))
    seq: int = 0
    epoch: int = 0
    owner: str = OWNER
    told: int = 0
    """How many decisions of the centre are written already."""

    @property
    def partition(self) -> Partition:
        """The shard's decisions."""
        return Partition(DECISIONS, self.shard)

    @property
    def end(self) -> int:
        """Where the next record will stand."""
        return self.log.bounds(self.partition).end

    def claim(self) -> None:
        """An owner begins."""
        self.epoch += 1
        self.log.append(
            self.partition, None, codec.encode(EpochClaim(epoch=self.epoch, owner=self.owner, claimant="test"))
        )

    def write(self, at: float, facts: Sequence[Fact], *, owner: str = "") -> int:
        """One batch, with the offset it got; one of a strange owner does not count."""
        self.seq += 0 if owner else 1
        batch = DecisionBatch(
            epoch=self.epoch,
            owner=owner or self.owner,
            seq=self.seq,
            level=LEVEL,
            input_positions=(InputPosition(topic="kindline.interactions", next_offset=self.seq),),
            decided_at=at,
            facts=tuple(facts),
            next_within=0.5,
            released=False,
        )
        return self.log.append(self.partition, None, codec.encode(batch)).offset

    async def open(self, _kafka: str = "", _name: str = "") -> Ledger:
        """The ledger, opened as a command would."""
        return MemoryLedger(log=self.log)

    def publish(self, plan: Plan) -> None:
        """Put a plan into the ledger, as `kindline plan apply` does."""
        said = headers(kind="PlanPublished", event_id=f"{plan.pool}-{plan.version}", source="test", happened_at=0.0)
        where = Partition(PLAN, shard_of(plan.pool, SHARDS))
        self.log.append(where, plan.pool.encode(), codec.encode(PlanPublished(plan=plan)), said)

    def snapshot(self, centre: Centre, name: str = "snapshot-1") -> None:
        """Write a snapshot of the centre as it is now."""
        manifest = SnapshotManifest(
            snapshot_id=name,
            epoch=self.epoch,
            owner=self.owner,
            seq=self.seq,
            next_offset=self.end,
            decided_at=centre.engine.decided_at,
            parts=0,
            sha256=b"",
            next_within=0.5,
            released=False,
        )

        async def write() -> None:
            ledger = MemoryLedger(log=self.log)
            await write_snapshot(ledger, ledger.writer(), self.shard, manifest=manifest, rows=centre.engine.rows())

        asyncio.run(write())

    def trim(self, before: int) -> None:
        """Cut all that stands before an offset."""

        async def trim() -> None:
            await MemoryLedger(log=self.log).trim({self.partition: before})

        asyncio.run(trim())


def written(centre: Centre, into: Written | None = None) -> Written:
    """Write what the centre has decided since it was last written, each decision as a batch of its own."""
    found = into or Written(centre.shard)
    if into is None:
        found.claim()
    for at, facts in centre.log[found.told :]:
        found.write(at, facts)
    found.told = len(centre.log)
    return found


def said(opener: Callable[[str, str], Awaitable[Ledger]] | None, *arguments: str) -> Result:
    """What `kindline explain` says of a ledger; of Kafka where it is told to be, without one."""
    return CliRunner().invoke(explain, list(arguments), obj=opener, env={"COLUMNS": "160"})
