"""Two workers of queues and two of sla on a real broker, killed and restarted: the floor and the promises stay true."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from kindline.language.floor import FloorRow
from kindline.language.log import DecisionRecord
from kindline.ledger import codec, topics
from kindline.ledger.kafka.administration import ensure_topics
from kindline.ledger.local.ports import choose_free_ports
from kindline.queues.domain.floor import Floor
from kindline.queues.domain.kept import Kept
from kindline.sla.adapters.folding import said
from kindline.sla.domain.clocks import Clocks
from tests.domain.queues.story import counting, drawn
from tests.kafka import MakeCluster, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
SHARDS = 4
STEPS = 500
FEED_SECONDS = 10.0
START_SECONDS = 100.0  # Four processes import 3 s of code each, on two cores that others may use too.
PATIENCE_SECONDS = 60.0
ROOMS = ("queues", "sla")


@dataclass
class Workers:
    """The four processes, each with a data directory that it keeps over restarts."""

    kafka: str
    directory: Path
    processes: dict[tuple[str, int], subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[tuple[str, int], int] = field(default_factory=dict)

    def start(self, room: str, number: int) -> None:
        """Start a worker as people do."""
        name = f"{room}-{number}"
        port = self.ports.setdefault((room, number), choose_free_ports(1)[0])
        environment = {
            **os.environ,
            "KINDLINE_KAFKA": self.kafka,
            "KINDLINE_DATA": str(self.directory / name),
            f"KINDLINE_{room.upper()}_ADMIN_PORT": str(port),
            "KINDLINE_GROUP_SESSION_SECONDS": "6",
            "KINDLINE_DRAIN_SECONDS": "0",
        }
        with (self.directory / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "kindline", room]
            self.processes[room, number] = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def all_ready(self) -> bool:
        """Whether every worker says that it is."""
        return all(_ready(port) for port in self.ports.values())

    def end(self, room: str, number: int, how: signal.Signals) -> int:
        """End a worker and give its exit code."""
        process = self.processes.pop((room, number))
        process.send_signal(how)
        try:
            return process.wait(30.0)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait(5.0)

    def end_all(self) -> None:
        """Leave nothing behind."""
        for room, number in list(self.processes):
            self.end(room, number, signal.SIGTERM)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2.0) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


@dataclass(slots=True)
class Heard:
    """What readers of both topics hold: the last row of each key, and each fact under its id."""

    floor: dict[bytes, FloorRow] = field(default_factory=dict)
    sla: dict[bytes, bytes] = field(default_factory=dict)
    repeats: int = 0
    different: list[bytes] = field(default_factory=list)

    def take(self, topic: str, key: bytes, value: bytes | None, event_id: bytes) -> None:
        """Hear one record."""
        if topic == topics.FLOOR:
            if value is None:
                self.floor.pop(key, None)
            else:
                self.floor[key] = replace(codec.decode_floor(value), as_of=0.0)
        elif event_id in self.sla:
            self.repeats += 1
            if self.sla[event_id] != value:
                self.different.append(event_id)
        else:
            self.sla[event_id] = value or b""


def plain_fold(logs: Sequence[Sequence[DecisionRecord]]) -> Heard:
    """What must come out, folded here in order by the pure rules alone."""
    heard = Heard()
    for shard, log in enumerate(logs):
        floor, clocks = Floor(Kept()), Clocks({}, {})
        for batch in counting(log):
            floor.apply(batch)
            for event in clocks.apply(batch).events:
                output = said(event, shard)
                heard.sla[dict(output.headers)["ce_id"]] = output.value or b""
        heard.floor.update({f"{pool}/{queue}".encode(): row for (pool, queue), row in floor.queues.items()})
        heard.floor.update({f"{pool}/{agent}".encode(): row for (pool, agent), row in floor.agents.items()})
    return heard


def feed(kafka: str, logs: Sequence[Sequence[DecisionRecord]], workers: Workers) -> list[int]:
    """Write all logs side by side; a third in, one worker of each room is killed, later the others are stopped."""
    longest, codes = max(map(len, logs)), []
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        for offset in range(longest):
            for shard, log in enumerate(logs):
                if offset < len(log):
                    producer.send(topics.DECISIONS, codec.encode(log[offset]), b"%d" % shard, partition=shard)
            if offset == longest // 3:
                for room in ROOMS:
                    workers.end(room, 0, signal.SIGKILL)
                    workers.start(room, 0)
            if offset == 2 * longest // 3:
                codes = [workers.end(room, 1, signal.SIGTERM) for room in ROOMS]
                for room in ROOMS:
                    workers.start(room, 1)
            time.sleep(FEED_SECONDS / longest)
        producer.flush(10.0)
    return codes


@contextmanager
def hearing(kafka: str) -> Iterator[tuple[Heard, KafkaConsumer]]:
    """A reader of both topics from their beginning."""
    partitions = [TopicPartition(topic, shard) for topic in (topics.FLOOR, topics.SLA) for shard in range(SHARDS)]
    with closing(KafkaConsumer(bootstrap_servers=kafka, group_id=None, auto_offset_reset="earliest")) as consumer:
        consumer.assign(partitions)
        yield Heard(), consumer


def test_the_floor_and_every_promise_survive_kills_and_restarts(kafka_cluster: MakeCluster, tmp_path: Path) -> None:
    """With workers killed and restarted under load, the last floor and all facts on promises equal a plain fold."""
    kafka = kafka_cluster(1).bootstrap
    ensure_topics(kafka, partitions=SHARDS)
    logs = [drawn(shard, STEPS, (f"acme/support-{shard}", f"acme/sales-{shard}")) for shard in range(SHARDS)]
    expected = plain_fold(logs)
    workers = Workers(kafka, tmp_path)
    try:
        for room in ROOMS:
            workers.start(room, 0)
            workers.start(room, 1)
        wait_until(workers.all_ready, START_SECONDS)
        codes = feed(kafka, logs, workers)
        with hearing(kafka) as (heard, consumer):
            deadline = time.monotonic() + PATIENCE_SECONDS
            while (heard.floor, heard.sla) != (expected.floor, expected.sla) and time.monotonic() < deadline:
                for records in consumer.poll(500).values():
                    for record in records:
                        event_id = dict(record.headers).get("ce_id", b"")
                        heard.take(record.topic, record.key, record.value, event_id)
    finally:
        workers.end_all()
    assert len(expected.sla) > 200
    assert expected.sla.keys() - heard.sla.keys() == set()
    assert heard.sla == expected.sla
    assert heard.different == []
    assert heard.floor == expected.floor
    assert codes == [0, 0]
