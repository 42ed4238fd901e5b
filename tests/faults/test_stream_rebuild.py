"""A stream room on a real broker whose state cannot be trusted any more, or whose log holds what it cannot fold."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from kindline.language.reading import Reading
from kindline.ledger.stream import BuiltStream, StreamGauges, StreamSettings, TopicsNotReady, check_topics, run_stream
from kindline.ledger.stream.rows import Change, ReadingRow, encode_commit, reading_key, row_key
from tests.faults.stream_run import PARTITIONS, StreamRun
from tests.faults.stream_worker import TOTAL, counting_room

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(90)]


@dataclass
class Room:
    """One room under test, with what its gauges heard."""

    run: StreamRun
    producer: KafkaProducer
    directory: Path
    rebuilt: list[tuple[int, str]] = field(default_factory=list)
    halted: list[int] = field(default_factory=list)
    built: BuiltStream[bytes] | None = None
    commit_every: float = 0.05

    def send(self, partition: int, *values: bytes) -> None:
        """Append inputs."""
        for value in values:
            self.producer.send(f"{self.run.room}.inputs", value=value, partition=partition)
        self.producer.flush(10.0)

    def write_rows(self, partition: int, writes: list[Change]) -> None:
        """Append to the table's changelog, as another worker would."""
        for key, value in writes:
            self.producer.send(f"{self.run.room}-rows-changelog", key=key, value=value, partition=partition)
        self.producer.flush(10.0)

    def total(self, partition: int) -> int:
        """The sum of all seqs folded in this partition, or -1 while it is not held."""
        shard = self.built.projection.shards().get(partition) if self.built else None
        return -1 if shard is None else int(shard.rows.get(TOTAL, b"0"))

    def settings(self) -> StreamSettings:
        """How the room runs."""
        return StreamSettings(
            brokers=(self.run.brokers,),
            replication_factor=1,
            data_dir=str(self.directory),
            commit_every=self.commit_every,
            gauges=StreamGauges(
                rebuilt=lambda partition, reason: self.rebuilt.append((partition, reason)),
                halted=lambda partition, _reason: self.halted.append(partition),
            ),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the room until the block ends."""
        stop = asyncio.Event()

        def started(built: BuiltStream[bytes]) -> None:
            self.built = built

        task = asyncio.create_task(run_stream(counting_room(self.run.room), self.settings(), stop, started))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(task, 20.0)
            self.built = None


@pytest.fixture
def room(kafka_address: str, tmp_path: Path) -> Room:
    """A room with topics of its own; nothing runs yet."""
    run = StreamRun(kafka_address, tmp_path)
    run.make_topics()
    return Room(run, KafkaProducer(bootstrap_servers=kafka_address), tmp_path)


async def until(is_so: Callable[[], bool], limit: float = 20.0) -> None:
    """Wait until something holds; fail after `limit` seconds."""
    for _ in range(int(limit / 0.05)):
        if is_so():
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"still not so after {limit:g} s")


def inputs(first: int, last: int) -> list[bytes]:
    """Inputs with the seqs from `first` to `last`."""
    return [b"%d entity-%d" % (seq, seq % 3) for seq in range(first, last + 1)]


async def test_state_survives_a_restart_and_goes_on(room: Room) -> None:
    """A room that is stopped and started goes on counting where it stood."""
    room.send(1, *inputs(1, 10))
    async with room.running():
        await until(lambda: room.total(1) == 55)
    room.send(1, *inputs(11, 12))
    async with room.running():
        await until(lambda: room.total(1) == 78)
    assert room.rebuilt == []


async def test_a_position_before_the_trimmed_log_rebuilds(room: Room) -> None:
    """When events that a state has not seen are gone from the log, the partition is rebuilt from what is left."""
    room.send(2, *inputs(1, 10))
    async with room.running():
        await until(lambda: room.total(2) == 55)
    room.send(2, *inputs(11, 14), *inputs(1, 3))
    admin = KafkaAdminClient(bootstrap_servers=room.run.brokers)
    admin.delete_records({TopicPartition(f"{room.run.room}.inputs", 2): 14})
    admin.close()
    async with room.running():
        await until(lambda: room.total(2) == 6)
    assert room.rebuilt == [(2, "trimmed")]
    assert room.run.rows()[2][TOTAL] == b"6"


async def test_a_worker_that_wrote_after_its_successor_makes_the_state_rebuild(room: Room) -> None:
    """Rows that a paused worker wrote too late are found at the next start, and the state is counted anew."""
    room.send(0, *inputs(1, 10))
    async with room.running():
        await until(lambda: room.total(0) == 55)
    late, heir = ReadingRow(Reading(1, "test", 9), 9, b"l" * 16), ReadingRow(Reading(1, "test", 10), 10, b"h" * 16)
    wrong = [Change(TOTAL, b"1000")]
    room.write_rows(0, [*encode_commit(0, [], late), *encode_commit(0, [], heir), *encode_commit(0, wrong, late)])
    async with room.running():
        await until(lambda: room.rebuilt == [(0, "overlap")])
        await until(lambda: room.total(0) == 55)


async def test_lost_rows_behind_a_position_too_far_ahead_rebuild(room: Room) -> None:
    """A state that claims more events than the log holds is not believed."""
    room.send(3, *inputs(1, 4))
    room.write_rows(3, encode_commit(3, [Change(TOTAL, b"9")], ReadingRow(Reading(1, "test", 9), 9, b"x" * 16)))
    async with room.running():
        await until(lambda: room.total(3) == 10)
    assert room.rebuilt == [(3, "log_shorter")]


async def test_a_gap_rebuilds_and_the_whole_log_is_counted_again(room: Room) -> None:
    """When a state turns out to miss events that the log has, the partition is rebuilt while the worker runs."""
    room.send(1, *inputs(1, 10))
    stale = ReadingRow(Reading(1, "test", 4), 8, b"x" * 16)  # It says offset 8, but has folded only up to seq 4.
    room.write_rows(1, encode_commit(1, [Change(TOTAL, b"10")], stale))
    async with room.running():
        await until(lambda: room.total(1) == 55)
        room.send(1, *inputs(11, 11))
        await until(lambda: room.total(1) == 66)
    assert room.rebuilt == [(1, "gap")]


async def test_a_row_deleted_just_before_a_rebuild_does_not_come_back(room: Room) -> None:
    """What the table still holds goes too when a partition is folded anew, though the state has let go of it."""
    room.commit_every = 3600.0
    async with room.running():
        await until(lambda: room.total(0) == 0)
        room.send(0, *[b"%d entity-0" % seq for seq in range(1, 5)])
        await until(lambda: room.total(0) == 10)
        assert room.built is not None
        await room.built.projection.tend()
        room.send(0, b"5 entity-0")  # The fifth closes the entity: its row is deleted, and that is not committed.
        await until(lambda: room.total(0) == 15)
        await room.built.projection.throw_away(0, "a test")
        await until(lambda: len(room.rebuilt) == 1 and room.total(0) == 15)
    assert room.run.rows()[0] == {TOTAL: b"15", b"closed entity-0": b"1"}


async def test_rows_behind_a_position_that_cannot_be_read_go_too(room: Room) -> None:
    """Where nobody can say how far a state is folded, none of its rows is taken over."""
    room.send(1, *inputs(1, 3))
    room.write_rows(1, [Change(row_key(1, b"ghost"), b"1"), Change(reading_key(1), b"of another version")])
    async with room.running():
        await until(lambda: room.total(1) == 6)
    assert room.rebuilt == [(1, "unreadable")]
    assert b"ghost" not in room.run.rows()[1]


@pytest.mark.parametrize("bad", [b"no number", b"9 entity-1"], ids=["what cannot be read", "a gap in the log itself"])
async def test_one_bad_record_stops_its_partition_only(room: Room, bad: bytes) -> None:
    """A record that cannot be folded stops its own partition, says so, and every other partition goes on."""
    room.send(0, *inputs(1, 3), bad, *inputs(4, 5))
    async with room.running():
        await until(lambda: room.halted == [0])
        for partition in range(1, PARTITIONS):
            room.send(partition, *inputs(1, 10))
        await until(lambda: [room.total(partition) for partition in range(1, PARTITIONS)] == [55, 55, 55])
        assert room.total(0) == 6
    assert room.halted == [0]


async def test_a_missing_topic_and_an_absent_broker_are_said_and_waited_for(
    kafka_address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without topics, or without a broker, a room says what is missing, keeps trying, and stops at once when told."""
    absent = counting_room(f"absent-{uuid.uuid4().hex[:8]}")
    settings = StreamSettings(brokers=(kafka_address,), replication_factor=1, data_dir=str(tmp_path))
    with pytest.raises(TopicsNotReady, match="kindline topics"):
        await check_topics(absent, settings)
    stop = asyncio.Event()
    nowhere = replace(settings, brokers=("127.0.0.1:9",))
    task = asyncio.create_task(run_stream(absent, nowhere, stop))
    await until(lambda: caplog.text.count("tries again in") >= 2)
    stop.set()
    await asyncio.wait_for(task, 8.0)
