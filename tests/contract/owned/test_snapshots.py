"""Snapshots and trimming on a ledger in memory: what is read back is whole, and what is deleted is never missed."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import pytest

from kindline.language.events import CustomerLeft
from kindline.language.facts import ReplicaSeen
from kindline.language.graph import WAITING
from kindline.language.log import DecisionBatch, EpochClaim, InputPosition
from kindline.language.snapshot import IdentityRow, ReplicaRow, SnapshotManifest, SnapshotRow
from kindline.ledger import codec, slices, snapshots, topics
from kindline.ledger.memory import MemoryLedger
from kindline.ledger.memory.log import MemoryLog
from kindline.ledger.owned.trimming import TrimSettings, trim_shard
from kindline.ledger.port import Partition
from kindline.ledger.snapshots import BYTES_PER_PART, Whole, newest_whole, write_snapshot
from tests.given import POOL, Centre, plan

SHARD = 0
PLACE = Partition(topics.SNAPSHOTS, SHARD)
DECISIONS = Partition(topics.DECISIONS, SHARD)
INTERACTIONS = Partition(topics.INTERACTIONS, SHARD)
AGENTS = Partition(topics.AGENTS, SHARD)


class Wall:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.time = 1_700_000_000.0

    def __call__(self) -> float:
        """What it shows."""
        return self.time


def manifest(name: str, next_offset: int, inputs: int = 0) -> SnapshotManifest:
    """A manifest as an owner begins it."""
    positions = tuple(InputPosition(topic=topic, next_offset=inputs) for topic in topics.INPUTS)
    return SnapshotManifest(
        snapshot_id=name, epoch=1, owner="o", seq=next_offset, next_offset=next_offset, input_positions=positions,
        decided_at=1.0, parts=0, sha256=b"", next_within=0.5, released=False,
    )  # fmt: skip


def rows(count: int, width: int = 20) -> list[SnapshotRow]:
    """So many rows of about this many bytes."""
    return [ReplicaRow(replica_id=f"{number:0{width}}", seen_at=float(number)) for number in range(count)]


async def write(ledger: MemoryLedger, name: str, next_offset: int, its: list[SnapshotRow], inputs: int = 0) -> None:
    """Write a snapshot."""
    begun = manifest(name, next_offset, inputs)
    await write_snapshot(ledger, ledger.writer(), SHARD, manifest=begun, rows=its)


async def turns_of_others_during(work: Coroutine[Any, Any, object]) -> int:
    """How often somebody else in the process got their turn while this went on."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(others())
    await work
    running.cancel()
    return turns


async def test_a_large_state_comes_back_whole_from_small_parts() -> None:
    """Rows of several megabytes are written in parts of a quarter of one, and read back in their order."""
    ledger, its = MemoryLedger(1), rows(3_000, 1_000)
    await write(ledger, "a", 10, its)
    sizes = [len(record.value or b"") for record in ledger.log.records(PLACE)]
    assert max(sizes) <= BYTES_PER_PART + 100
    whole = await newest_whole(ledger, SHARD)
    assert whole is not None
    assert list(whole.rows) == its
    assert whole.manifest.parts == len(sizes) - 1 == 13


async def test_others_get_their_turn_while_a_snapshot_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is up after each slice here: so often the owner's loop goes on deciding, and its heartbeat beats."""
    monkeypatch.setattr(snapshots, "SECONDS_AT_ONCE", 0.0)
    turns = await turns_of_others_during(write(MemoryLedger(1), "a", 10, rows(2_000)))
    assert turns >= 2_000 / snapshots.ROWS_PER_SLICE


async def test_others_get_their_turn_while_short_parts_are_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each slice is a part here, and the ledger takes it without waiting: what was worked before it counts on."""
    monkeypatch.setattr(snapshots, "SECONDS_AT_ONCE", 0.0002)
    monkeypatch.setattr(snapshots, "BYTES_PER_PART", 1)

    async def at_once() -> int:
        return sum([len(part) async for part in snapshots.encoded_parts(rows(400))])

    assert await turns_of_others_during(at_once()) >= 400 / snapshots.ROWS_PER_SLICE


async def test_others_get_their_turn_while_a_snapshot_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of rows stand in one record; where time is up after each, so often others in the process go on."""
    ledger = MemoryLedger(1)
    await write(ledger, "a", 10, rows(2_000))
    whole = await newest_whole(ledger, SHARD)
    assert whole is not None
    monkeypatch.setattr(slices, "SECONDS_AT_ONCE", 0.0)
    assert await turns_of_others_during(read_and_dropped(whole)) >= 2 * 2_000


async def read_and_dropped(whole: Whole) -> None:
    """What who follows a shard does with a snapshot."""
    await slices.dropped(await slices.listed(whole.rows))


async def test_others_get_their_turn_while_an_owner_looks_for_what_may_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """To know since when somebody waits all rows are looked at, and where time is up after each others go on."""
    ledger, wall = MemoryLedger(1), Wall()
    await write(ledger, "a", 10, rows(2_000))
    await write(ledger, "b", 20, rows(2_000))
    monkeypatch.setattr(slices, "SECONDS_AT_ONCE", 0.0)
    assert await turns_of_others_during(trim_shard(ledger, SHARD, wall(), TrimSettings())) >= 2_000


async def test_a_snapshot_says_how_many_wait_in_each_queue() -> None:
    """Counted as it is written: whoever waits or is offered, and nobody who is served or gone."""
    centre, ledger = Centre(plan()), MemoryLedger(1)
    centre.at_work("amy")
    for thread in ("served", "offered", "waiting", "gone"):
        centre.arrives(thread)
    centre.accepts("amy")
    centre.event(CustomerLeft(), "gone")
    standing = Counter((row.queued.queue, row.state) for row in centre.engine.interactions() if row.queued)
    await write(ledger, "a", 10, list(centre.engine.rows()))
    whole = await newest_whole(ledger, SHARD)
    assert whole is not None
    expected = sum(count for (_, state), count in standing.items() if state in WAITING)
    assert [(row.pool, row.queue, row.count) for row in whole.manifest.queue_counts] == [(POOL, "general", expected)]
    assert 0 < expected < len(list(centre.engine.interactions()))


async def test_long_rows_do_not_make_a_part_too_large() -> None:
    """Two hundred long conversations are more than a record may hold, and are still kept and found again."""
    ledger, its = MemoryLedger(1), rows(200, 60_000)
    await write(ledger, "a", 10, its)
    assert max(len(record.value or b"") for record in ledger.log.records(PLACE)) <= BYTES_PER_PART + 100
    whole = await newest_whole(ledger, SHARD)
    assert whole is not None
    assert list(whole.rows) == its


@pytest.mark.parametrize("key", [None, b"", b"hello", b"0/s", b"\xff\xfe"])
async def test_a_strangers_key_among_the_snapshots_stops_nobody(key: bytes | None) -> None:
    """A record that no owner wrote is passed over, so every reader still starts from the newest snapshot."""
    ledger = MemoryLedger(1)
    await ledger.writer().append(PLACE, key, b"not ours")
    await write(ledger, "a", 10, rows(3))
    whole = await newest_whole(ledger, SHARD)
    assert whole is not None
    assert whole.manifest.snapshot_id == "a"


async def test_the_newest_of_several_is_taken_and_two_are_kept() -> None:
    """A reader begins at the furthest position, and of the older snapshots only one stays."""
    ledger = MemoryLedger(1)
    for number in range(4):
        await write(ledger, f"s{number}", number * 10, rows(number + 1))
    whole = await newest_whole(ledger, SHARD)
    assert whole is not None
    assert (whole.manifest.snapshot_id, len(list(whole.rows))) == ("s3", 4)
    left = {record.key: record.value for record in ledger.log.records(PLACE)}
    assert {(key or b"").split(b"/")[1] for key, value in left.items() if value is not None} == {b"s2", b"s3"}


@pytest.mark.parametrize("broken", ["a part is missing", "a part was changed", "the manifest is missing"])
async def test_a_snapshot_that_is_not_whole_is_passed_over(broken: str) -> None:
    """When the newest snapshot was not finished or is damaged, readers begin at the one before."""
    ledger = MemoryLedger(1)
    await write(ledger, "good", 10, rows(3))
    part = codec.encode(codec.decode_snapshot(ledger.log.records(PLACE)[0].value or b""))
    bad = manifest("bad", 20)
    if broken != "a part is missing":
        ledger.log.append(PLACE, b"0/bad/000000", part + part if broken == "a part was changed" else part)
    if broken != "the manifest is missing":
        changed = {"parts": 1, "sha256": hashlib.sha256(part).digest()}
        fields = {name: getattr(bad, name) for name in SnapshotManifest.__dataclass_fields__} | changed
        ledger.log.append(PLACE, b"0/bad/manifest", codec.encode(SnapshotManifest(**fields)))
    whole = await newest_whole(ledger, SHARD)
    assert whole is not None
    assert whole.manifest.snapshot_id == "good"
    await write(ledger, "next", 30, rows(1))
    await write(ledger, "last", 40, rows(1))
    left = {record.key: record.value for record in ledger.log.records(PLACE)}
    assert {(key or b"").split(b"/")[1] for key, value in left.items() if value is not None} == {b"next", b"last"}


async def test_a_busy_hour_of_identities_fits_into_parts() -> None:
    """An hour with more identities than a part may hold is written in pieces, and none of them is lost."""
    ledger = MemoryLedger(1)
    identities = b"".join(number.to_bytes(16, "big") for number in range(200_000))
    await write(ledger, "a", 10, [IdentityRow(hour=1, opening=True, identities=identities)])
    assert max(len(record.value or b"") for record in ledger.log.records(PLACE)) <= BYTES_PER_PART + 100
    whole = await newest_whole(ledger, SHARD)
    assert whole is not None
    assert b"".join(row.identities for row in whole.rows if isinstance(row, IdentityRow)) == identities


def old_log(wall: Wall) -> MemoryLog:
    """Ten old batches and ten young ones, ten old inputs and ten young ones, with a zombie's batch among the old."""
    log = MemoryLog(1, now=wall)
    log.append(DECISIONS, None, codec.encode(EpochClaim(epoch=1, owner="o", claimant="c")))
    for number in range(20):
        if number == 10:
            log.append(DECISIONS, None, codec.encode(batch(99, "a zombie")))
            wall.time += 40 * 86_400.0
        log.append(INTERACTIONS, None, b"input")
        log.append(DECISIONS, None, codec.encode(batch(number + 1, "o")))
    return log


def batch(seq: int, owner: str) -> DecisionBatch:
    """A batch with one fact."""
    return DecisionBatch(
        epoch=1, owner=owner, seq=seq, level=1, decided_at=float(seq), facts=(ReplicaSeen(replica_id="r"),),
        next_within=0.5, released=False,
    )  # fmt: skip


async def test_what_is_old_and_covered_by_two_snapshots_is_deleted() -> None:
    """Old records go, young ones stay, and the log begins with a batch that counts."""
    wall = Wall()
    log = old_log(wall)
    ledger = MemoryLedger(log=log)
    for number in range(2):
        await write(ledger, f"s{number}", 15 + number, rows(1), inputs=14)
    begins = await trim_shard(ledger, SHARD, wall(), TrimSettings())
    assert begins == {DECISIONS: 10, INTERACTIONS: 10}
    first = codec.decode_decision(log.records(DECISIONS)[0].value or b"")
    assert isinstance(first, DecisionBatch)
    assert (first.owner, first.seq) == ("o", 10)


async def test_nothing_above_the_second_newest_snapshot_is_deleted() -> None:
    """However old they are, records that a snapshot's reader still needs stay."""
    wall = Wall()
    log = old_log(wall)
    ledger = MemoryLedger(log=log)
    assert await trim_shard(ledger, SHARD, wall(), TrimSettings()) == {}
    await write(ledger, "older", 5, rows(1), inputs=3)
    await write(ledger, "newer", 15, rows(1), inputs=14)
    assert await trim_shard(ledger, SHARD, wall(), TrimSettings()) == {DECISIONS: 4, INTERACTIONS: 3}
    assert await trim_shard(ledger, SHARD, wall(), TrimSettings()) == {DECISIONS: 4}
