"""Whoever follows the decisions sees every batch that counts, once and in order, wherever they begin."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress

from kindline.language.facts import ReplicaSeen, Resumed
from kindline.language.log import DecisionBatch, EpochClaim
from kindline.language.reading import Reading
from kindline.language.snapshot import ReplicaRow, SnapshotManifest, SnapshotRow
from kindline.ledger import topics
from kindline.ledger.codec import encode, to_union_message
from kindline.ledger.follow import Follower
from kindline.ledger.memory import MemoryLedger
from kindline.ledger.port import Partition
from kindline.ledger.snapshots import write_snapshot

LOG = Partition(topics.DECISIONS, 1)
NEXT_WITHIN = 0.5


class Kept:
    """A fold that keeps what it is told."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.told: list[object] = []

    def restore(self, manifest: SnapshotManifest | None, rows: Iterable[SnapshotRow]) -> None:
        """Begin anew."""
        self.told = [manifest.seq if manifest else None, *rows]

    def apply(self, batch: DecisionBatch, offset: int) -> None:
        """Keep the batch's number and place."""
        if batch.facts == (Resumed(gap_seconds=666.0),):
            raise ValueError("a fact that this fold cannot bear")
        self.told.append((batch.seq, offset))


def claim(epoch: int, owner: str) -> bytes:
    """Somebody wants the shard."""
    return encode(EpochClaim(epoch=epoch, owner=owner, claimant="test"))


def batch(epoch: int, owner: str, seq: int, *facts: Resumed | ReplicaSeen, level: int = 1) -> DecisionBatch:
    """One decision."""
    return DecisionBatch(
        epoch=epoch,
        owner=owner,
        seq=seq,
        level=level,
        decided_at=float(seq),
        facts=facts,
        next_within=NEXT_WITHIN,
        released=False,
    )


def write(ledger: MemoryLedger, *values: bytes, at: Partition = LOG) -> None:
    """Put records into the log, now."""
    for value in values:
        ledger.log.append(at, None, value)


@asynccontextmanager
async def following(ledger: MemoryLedger) -> AsyncIterator[tuple[Follower, dict[int, Kept]]]:
    """A follower of all shards at work."""
    folds = {shard: Kept() for shard in range(4)}
    follower = Follower(ledger, range(4), folds.__getitem__)
    task = asyncio.create_task(follower.run())
    yield follower, folds
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until it is so, or fail."""
    async with asyncio.timeout(5):
        while not is_so():
            await asyncio.sleep(0.005)


async def test_only_what_counts_reaches_the_fold() -> None:
    """A zombie's batches, repeats and claims that come too late reach nobody."""
    ledger = MemoryLedger()
    first = encode(batch(1, "a", 1))
    write(ledger, claim(1, "a"), first, first, claim(1, "z"), encode(batch(1, "z", 2)), claim(2, "b"))
    write(ledger, encode(batch(1, "a", 2)), encode(batch(2, "b", 2)))
    async with following(ledger) as (follower, folds):
        await until(lambda: follower.caught_up(1))
        assert folds[1].told == [None, (1, 1), (2, 7)]
        assert follower.reading(1) == Reading(2, "b", 2)
        assert follower.next_offset(1) == 8
        write(ledger, encode(batch(2, "b", 3)))
        await until(lambda: folds[1].told[-1] == (3, 8))


async def _as_the_owner_writes_it(ledger: MemoryLedger, seq: int, next_offset: int) -> ReplicaRow:
    """Write a whole snapshot of one row."""
    row = ReplicaRow(replica_id=f"replica-{seq}", seen_at=1.0)
    manifest = SnapshotManifest(
        snapshot_id=f"snapshot-{seq}",
        epoch=1,
        owner="a",
        seq=seq,
        next_offset=next_offset,
        decided_at=1.0,
        parts=0,
        sha256=b"",
        next_within=NEXT_WITHIN,
        released=False,
    )
    await write_snapshot(MemoryLedger(log=ledger.log), ledger.writer(), LOG.number, manifest=manifest, rows=[row])
    return row


async def test_a_follower_begins_at_the_newest_snapshot() -> None:
    """What lies before the snapshot is not read again, and what lies after it is read once."""
    ledger = MemoryLedger()
    write(ledger, claim(1, "a"), *(encode(batch(1, "a", seq)) for seq in range(1, 6)))
    row = await _as_the_owner_writes_it(ledger, 3, 4)
    ledger.log.trim({LOG: 3})
    async with following(ledger) as (follower, folds):
        await until(lambda: follower.caught_up(1))
        assert folds[1].told == [3, row, (4, 4), (5, 5)]
        assert all(follower.caught_up(shard) for shard in range(4))


async def test_a_follower_that_fell_out_of_the_log_starts_again() -> None:
    """When the log is trimmed above a reader who was held up, the reader begins at a snapshot and skips nothing."""
    ledger = MemoryLedger()
    write(ledger, claim(1, "a"), encode(batch(1, "a", 1)))
    async with following(ledger) as (follower, folds):
        await until(lambda: follower.caught_up(1))
        ledger.reachable = False
        write(ledger, *(encode(batch(1, "a", seq)) for seq in range(2, 6)))
        ledger.log.trim({LOG: 4})
        ledger.reachable = True
        await asyncio.sleep(0.6)
        assert not follower.caught_up(1)
        row = await _as_the_owner_writes_it(ledger, 4, 5)
        await until(lambda: follower.caught_up(1))
        assert folds[1].told == [4, row, (5, 5)]


async def test_an_unknown_fact_stops_its_shard_alone() -> None:
    """A batch that this version cannot understand stops its shard, loudly, while the other shards go on."""
    ledger = MemoryLedger()
    message = to_union_message("DecisionRecord", batch(1, "a", 1))
    message.decision_batch.facts.add().MergeFromString(b"\x9a\x3f\x00")  # type: ignore[attr-defined]
    write(ledger, claim(1, "a"), message.SerializeToString(), encode(batch(1, "a", 2)))
    async with following(ledger) as (follower, folds):
        await until(lambda: follower.stopped(1) is not None)
        assert "offset 1" in (follower.stopped(1) or "")
        assert not follower.caught_up(1)
        other = Partition(topics.DECISIONS, 2)
        write(ledger, claim(1, "b"), encode(batch(1, "b", 1)), at=other)
        await until(lambda: folds[2].told == [None, (1, 1)])
        assert folds[1].told == [None]


async def test_an_unknown_fact_of_a_zombie_stops_nobody() -> None:
    """A batch that does not count need not be understood."""
    ledger = MemoryLedger()
    message = to_union_message("DecisionRecord", batch(1, "zombie", 1))
    message.decision_batch.facts.add().MergeFromString(b"\x9a\x3f\x00")  # type: ignore[attr-defined]
    write(ledger, claim(1, "a"), message.SerializeToString(), encode(batch(1, "a", 1)))
    async with following(ledger) as (follower, folds):
        await until(lambda: follower.caught_up(1))
        assert folds[1].told == [None, (1, 2)]


async def test_a_higher_level_stops_the_shard() -> None:
    """A batch that asks for more understanding than this version has stops its shard."""
    ledger = MemoryLedger()
    write(ledger, claim(1, "a"), encode(batch(1, "a", 1, level=2)))
    async with following(ledger) as (follower, _):
        await until(lambda: follower.stopped(1) is not None)
        assert "upgrade" in (follower.stopped(1) or "")


async def test_a_fold_that_fails_stops_its_shard() -> None:
    """An edge whose own fold fails does not go on with a hole in what it knows."""
    ledger = MemoryLedger()
    write(ledger, claim(1, "a"), encode(batch(1, "a", 1, Resumed(gap_seconds=666.0))), encode(batch(1, "a", 2)))
    async with following(ledger) as (follower, folds):
        await until(lambda: follower.stopped(1) is not None)
        assert folds[1].told == [None]
        assert follower.next_offset(1) == 1


async def test_silence_is_measured_from_the_last_record_that_counts() -> None:
    """Records that do not count do not end the silence of a shard, and those that count do."""
    ledger = MemoryLedger()
    write(ledger, claim(1, "a"), encode(batch(1, "a", 1)))
    async with following(ledger) as (follower, folds):
        await until(lambda: follower.caught_up(1))
        await asyncio.sleep(0.2)
        write(ledger, encode(batch(1, "zombie", 2)))
        await until(lambda: follower.next_offset(1) == 3)
        assert follower.silent_seconds(1) >= 0.2
        assert not follower.stale(1)
        write(ledger, encode(batch(1, "a", 2, ReplicaSeen(replica_id="r"))))
        await until(lambda: folds[1].told[-1] == (2, 3))
        assert follower.silent_seconds(1) < 0.2
        assert follower.next_within(1) == NEXT_WITHIN


async def test_an_edge_that_starts_before_its_broker_waits() -> None:
    """A follower that cannot reach the ledger is not caught up, and is as soon as the ledger is there."""
    ledger = MemoryLedger()
    write(ledger, claim(1, "a"), encode(batch(1, "a", 1)))
    ledger.reachable = False
    async with following(ledger) as (follower, folds):
        await asyncio.sleep(0.05)
        assert not follower.caught_up(1)
        assert follower.silent_seconds(1) == float("inf")
        ledger.reachable = True
        await until(lambda: follower.caught_up(1))
        assert folds[1].told == [None, (1, 1)]
