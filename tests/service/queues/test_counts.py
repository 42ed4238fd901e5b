"""A floor that counts otherwise than the engine's snapshot is folded again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaProducer

from kindline.language.log import DecisionRecord
from kindline.language.snapshot import QueueCount, SnapshotManifest
from kindline.ledger import codec, topics
from kindline.ledger.kafka.administration import ensure_topics
from kindline.ledger.opening import open_ledger
from kindline.ledger.port import Partition, Record
from kindline.ledger.stream.room_settings import StreamRoomSettings
from kindline.queues.adapters.checking import SnapshotCheck
from kindline.queues.adapters.folding import FloorFold
from kindline.queues.domain.floor import Floor
from kindline.queues.domain.kept import Kept
from kindline.queues.service import build
from kindline.runtime.clock import BusinessClock
from kindline.runtime.on import On
from kindline.runtime.settings import ProcessSettings
from tests.domain.queues.story import counting, drawn
from tests.kafka import MakeCluster
from tests.service.queues.shards import log_of

LOG = drawn(4, 200)


def manifest_of(log: list[DecisionRecord], next_offset: int, wrong: int = 0) -> SnapshotManifest:
    """The engine's count at a position, `wrong` too many in one queue."""
    floor = Floor(Kept())
    for batch in counting(log[:next_offset]):
        floor.apply(batch)
    counts = [
        QueueCount(pool=pool, queue=queue, count=row.waiting + row.offered + (wrong if queue == "english" else 0))
        for (pool, queue), row in floor.queues.items()
    ]
    return SnapshotManifest(
        snapshot_id="s",
        epoch=1,
        owner="o",
        seq=1,
        next_offset=next_offset,
        decided_at=0.0,
        parts=0,
        sha256=b"",
        queue_counts=tuple(counts),
        next_within=0.5,
        released=False,
    )


def manifest_record(manifest: SnapshotManifest) -> Record:
    """The record that holds it."""
    return Record(Partition(topics.SNAPSHOTS, 0), 0, 0.0, b"0/s/manifest", codec.encode(manifest))


@pytest.mark.parametrize("wrong", [0, 1], ids=["alike", "otherwise"])
@pytest.mark.parametrize("position", [40, 90, len(LOG)])
async def test_only_a_count_that_differs_is_acted_on_and_only_once(wrong: int, position: int) -> None:
    """A snapshot of any moment that is remembered finds a shard that counts otherwise, and nothing else."""
    rows: dict[bytes, bytes] = {}
    fold = FloorFold(0, rows, lambda *_: None)
    rebuilt: list[tuple[int, str]] = []

    async def rebuild(shard: int, reason: str) -> None:
        rebuilt.append((shard, reason))

    check = SnapshotCheck(lambda: {0: fold}, rebuild)
    batches = set(map(id, counting(LOG)))
    for record, decision in zip(log_of(LOG), LOG, strict=True):
        if record.offset == 30:
            check.take(manifest_record(manifest_of(LOG, position, wrong)))
            await check.judge()
            assert rebuilt == []  # Its position is still to come.
        if id(decision) in batches:
            fold.fold(rows, record, decision)
    for _ in range(2):
        check.take(manifest_record(manifest_of(LOG, position, wrong)))
        await check.judge()
    assert rebuilt == ([(0, "counts_differ")] if wrong else [])


async def until(is_so: Callable[[], bool], limit: float = 30.0) -> None:
    """Wait until something holds; fail after `limit` seconds."""
    for _ in range(int(limit / 0.1)):
        if is_so():
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"still not so after {limit:g} s")


@pytest.mark.kafka
@pytest.mark.slow
async def test_the_room_folds_a_shard_again_whose_counts_differ(kafka_cluster: MakeCluster, tmp_path: Path) -> None:
    """After a snapshot that counts otherwise the shard is thrown away, folded again, and ends where it was."""
    kafka = kafka_cluster(1).bootstrap
    await asyncio.to_thread(ensure_topics, kafka, partitions=2)
    process = ProcessSettings(name="queues", kafka=kafka)
    settings = StreamRoomSettings(process=process, data=str(tmp_path), store="memory", session_timeout=6.0)
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        for decision in LOG:
            producer.send(topics.DECISIONS, codec.encode(decision), b"0", partition=0)
        producer.flush(10.0)
        async with On(process) as on:
            ledger = await open_ledger(kafka, "test")
            on.closer(ledger.close)
            queues = await build(settings, BusinessClock(), ledger, on)
            await until(lambda: 0 in queues.folds() and queues.folds()[0].next_offset == len(LOG))
            first = queues.folds()[0]
            record = manifest_record(manifest_of(LOG, len(LOG), wrong=1))
            producer.send(topics.SNAPSHOTS, record.value, record.key, partition=0)
            producer.flush(10.0)
            await until(lambda: queues.opened[0] is not first and queues.opened[0].next_offset == len(LOG))
            assert queues.folds()[0].floor.queues == first.floor.queues
            assert b'kindline_state_rebuilds_total{reason="counts_differ"} 1.0' in on.metrics.page()
