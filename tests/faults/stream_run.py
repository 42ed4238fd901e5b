"""Drives two stream workers through restarts under load and says what was lost, repeated or wrong.

By hand, to compare: `python -m tests.faults.stream_run --brokers 127.0.0.1:9092 --mode stock`.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from kindline.ledger.stream.rows import load_partition
from tests.faults.stream_worker import count_input

ROOT = Path(__file__).parents[2]
PARTITIONS = 4
ENTITIES = 20


@dataclass(frozen=True, slots=True)
class Restart:
    """When which worker is ended, how, and after how many seconds it comes back; -1 is all of them."""

    at: float
    worker: int
    how: signal.Signals
    away: float = 1.0


RESTARTS = (
    Restart(6.0, 0, signal.SIGKILL),
    Restart(12.0, 1, signal.SIGTERM),
    Restart(18.0, 1, signal.SIGKILL),
)


@dataclass(slots=True)
class Outcome:
    """What a run showed. `lost` and `repeated` count outputs, `wrong_rows` partitions unlike a plain fold.

    `behind` counts inputs that nobody committed within the patience; `done_after` is in seconds since the last input.
    """

    inputs: int
    behind: int
    lost: int
    repeated: int
    wrong_rows: int
    done_after: float


class StreamRun:
    """One room of its own on a broker, with topics made and removed by nobody else."""

    def __init__(
        self,
        brokers: str,
        directory: Path,
        *,
        mode: str = "ours",
        session_timeout: float = 10.0,
        store: str = "memory://",
    ) -> None:
        """Name the room freshly; nothing is started yet."""
        self.brokers, self.directory, self.mode = brokers, directory, mode
        self.session_timeout, self.store = session_timeout, store
        self.room = f"counting-{uuid.uuid4().hex[:8]}"
        self.workers: dict[int, subprocess.Popen[bytes]] = {}
        self.sent: dict[int, list[bytes]] = defaultdict(list)
        self._starts = 0

    def make_topics(self) -> None:
        """Create inputs, outputs and changelog with the same number of partitions."""
        admin = KafkaAdminClient(bootstrap_servers=self.brokers)
        try:
            topics: dict[str, Any] = {
                f"{self.room}.{kind}": {"num_partitions": PARTITIONS, "replication_factor": 1}
                for kind in ("inputs", "outputs")
            }
            topics[f"{self.room}-rows-changelog"] = {
                "num_partitions": PARTITIONS,
                "replication_factor": 1,
                "configs": {"cleanup.policy": "compact", "max.message.bytes": "8388608"},
            }
            admin.create_topics(topics, wait_for_metadata=True)
        finally:
            admin.close()

    def start(self, worker: int) -> None:
        """Start worker 0 or 1; it keeps its directory over restarts."""
        self._starts += 1
        log = (self.directory / f"{self.room}-{worker}-{self._starts}.log").open("wb")
        command = [
            sys.executable,
            "-m",
            "tests.faults.stream_worker",
            "--room",
            self.room,
            "--brokers",
            self.brokers,
            "--data-dir",
            str(self.directory / f"worker-{worker}"),
            "--mode",
            self.mode,
            "--store",
            self.store,
            "--session-timeout",
            str(self.session_timeout),
        ]
        with log:
            self.workers[worker] = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ})

    def end(self, worker: int, how: signal.Signals) -> None:
        """End a worker and wait until it is gone."""
        process = self.workers.pop(worker)
        process.send_signal(how)
        try:
            process.wait(20.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5.0)

    def end_all(self) -> None:
        """Leave nothing behind."""
        for worker in list(self.workers):
            self.end(worker, signal.SIGTERM)

    def feed(self, events: int, per_second: float, restarts: Sequence[Restart]) -> None:
        """Send inputs at an even pace, and end and start workers on the way."""
        producer = KafkaProducer(bootstrap_servers=self.brokers, linger_ms=2)
        plan = _steps(self, restarts)
        began, due = time.monotonic(), next(plan, None)
        for number in range(events):
            at = number / per_second
            while (now := time.monotonic() - began) < at:
                time.sleep(min(0.01, at - now))
            while due is not None and due[0] <= now:
                due[1]()
                due = next(plan, None)
            partition = number % PARTITIONS
            value = b"%d entity-%d" % (len(self.sent[partition]) + 1, number % ENTITIES)
            self.sent[partition].append(value)
            producer.send(f"{self.room}.inputs", value=value, partition=partition)
        producer.flush(10.0)
        producer.close()
        while due is not None:
            time.sleep(max(0.0, due[0] - (time.monotonic() - began)))
            due[1]()
            due = next(plan, None)

    def outputs(self) -> Counter[tuple[int, bytes]]:
        """Count what was published, by partition and value."""
        return Counter(
            (partition, value) for partition, _key, value in _read_whole(self.brokers, f"{self.room}.outputs")
        )

    def rows(self) -> dict[int, dict[bytes, bytes]]:
        """Give every partition's rows as a new owner would load them from the changelog."""
        tables: dict[int, dict[bytes, bytes]] = {partition: {} for partition in range(PARTITIONS)}
        for partition, key, value in _read_whole(self.brokers, f"{self.room}-rows-changelog"):
            if value is None:
                tables[partition].pop(key, None)
            else:
                tables[partition][key] = value
        return {partition: load_partition(partition, table.items()).rows for partition, table in tables.items()}

    def expected_rows(self) -> dict[int, dict[bytes, bytes]]:
        """Fold the inputs plainly, here, in order."""
        expected: dict[int, dict[bytes, bytes]] = {partition: {} for partition in range(PARTITIONS)}
        for partition, values in self.sent.items():
            for value in values:
                count_input(expected[partition], value)
        return expected

    def lag(self) -> int:
        """Records between the group's committed offsets and the ends of the inputs."""
        consumer = KafkaConsumer(bootstrap_servers=self.brokers, group_id=self.room, enable_auto_commit=False)
        try:
            tps = [TopicPartition(f"{self.room}.inputs", number) for number in range(PARTITIONS)]
            ends = consumer.end_offsets(tps)
            return sum(int(ends[tp]) - int(consumer.committed(tp) or 0) for tp in tps)
        finally:
            consumer.close()

    def outcome(self, patience: float = 90.0) -> Outcome:
        """Wait until the workers say that they are done, stop them, and compare everything.

        How long they are silent meanwhile says nothing: on a busy machine a rebalance alone takes half a minute.
        """
        began = time.monotonic()
        while (behind := self.lag()) and time.monotonic() - began < patience:
            time.sleep(0.25)
        done_after = time.monotonic() - began
        self.end_all()
        seen, expected = self.outputs(), self.expected_rows()
        rows = self.rows() if self.mode == "ours" else expected
        return Outcome(
            inputs=sum(map(len, self.sent.values())),
            behind=behind,
            lost=sum((number, value) not in seen for number, values in self.sent.items() for value in values),
            repeated=sum(seen.values()) - len(seen),
            wrong_rows=sum(rows[number] != expected[number] for number in expected),
            done_after=round(done_after, 1),
        )


def _steps(run: StreamRun, restarts: Sequence[Restart]) -> Iterator[tuple[float, Callable[[], None]]]:
    """Every end and every start with its time."""
    steps: list[tuple[float, Callable[[], None]]] = []
    for restart in restarts:
        steps.append((restart.at, partial(run.end, restart.worker, restart.how)))
        steps.append((restart.at + restart.away, partial(run.start, restart.worker)))
    return iter(sorted(steps, key=lambda step: step[0]))


def _read_whole(brokers: str, topic: str) -> Iterator[tuple[int, Any, Any]]:
    """Read a topic up to where it ends now, as (partition, key, value); TimeoutError after 30 s without a record."""
    consumer = KafkaConsumer(bootstrap_servers=brokers, group_id=None)
    try:
        tps = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(tps)
        consumer.seek_to_beginning(*tps)
        ends = consumer.end_offsets(tps)
        while any(consumer.position(tp) < ends[tp] for tp in tps):
            batches = consumer.poll(30_000)
            if not batches:
                raise TimeoutError(f"{topic}: no record came for 30 s")
            for batch in batches.values():
                for record in batch:
                    yield record.partition, record.key, record.value
    finally:
        consumer.close()


def main() -> None:
    """Run once and print what came out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--mode", default="ours")
    parser.add_argument("--store", default="memory://")
    parser.add_argument("--events", type=int, default=8000)
    parser.add_argument("--rate", type=float, default=400.0)
    arguments = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="stream-run-"))
    run = StreamRun(arguments.brokers, directory, mode=arguments.mode, store=arguments.store)
    run.make_topics()
    try:
        run.start(0)
        run.start(1)
        time.sleep(5.0)
        run.feed(arguments.events, arguments.rate, RESTARTS)
        sys.stdout.write(json.dumps({**asdict(run.outcome()), "logs": str(directory)}) + "\n")
    finally:
        run.end_all()


if __name__ == "__main__":
    main()
