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
    """What a run showed. `lost` and `repeated` count outputs, `wrong_rows` partitions unlike a plain fold."""

    inputs: int = 0
    lost: int = 0
    repeated: int = 0
    wrong_rows: int = 0
    drained_after: float = 0.0
    commits_at_end: bool = False


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

    def await_outputs(self, limit: float) -> tuple[float, Counter[tuple[int, bytes]]]:
        """Read outputs until every input has one, or nothing new has come for `limit` seconds."""
        wanted = sum(len(values) for values in self.sent.values())
        seen: Counter[tuple[int, bytes]] = Counter()
        began = last_new = time.monotonic()
        with _reader(self.brokers, f"{self.room}.outputs") as poll:
            while time.monotonic() - last_new < limit and len(seen) < wanted:
                for partition, _key, value in poll():
                    if (partition, value) not in seen:
                        last_new = time.monotonic()
                    seen[partition, value] += 1
        return last_new - began, seen

    def rows(self) -> dict[int, dict[bytes, bytes]]:
        """Give every partition's rows as a new owner would load them from the changelog."""
        tables: dict[int, dict[bytes, bytes]] = {partition: {} for partition in range(PARTITIONS)}
        with _reader(self.brokers, f"{self.room}-rows-changelog") as poll:
            while records := poll():
                for partition, key, value in records:
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

    def outcome(self, patience: float = 20.0) -> Outcome:
        """Wait for the outputs, compare everything, and stop the workers."""
        drained, seen = self.await_outputs(patience)
        lost = [
            (number, value) for number, values in self.sent.items() for value in values if (number, value) not in seen
        ]
        limit = time.monotonic() + 8.0
        while self.lag() and time.monotonic() < limit:
            time.sleep(0.25)
        lag = self.lag()
        self.end_all()
        expected = self.expected_rows()
        rows = self.rows() if self.mode == "ours" else expected
        return Outcome(
            inputs=sum(map(len, self.sent.values())),
            lost=len(lost),
            repeated=sum(seen.values()) - len(seen),
            wrong_rows=sum(rows[number] != expected[number] for number in expected),
            drained_after=round(drained, 1),
            commits_at_end=lag == 0,
        )


def _steps(run: StreamRun, restarts: Sequence[Restart]) -> Iterator[tuple[float, Callable[[], None]]]:
    """Every end and every start with its time."""
    steps: list[tuple[float, Callable[[], None]]] = []
    for restart in restarts:
        steps.append((restart.at, partial(run.end, restart.worker, restart.how)))
        steps.append((restart.at + restart.away, partial(run.start, restart.worker)))
    return iter(sorted(steps, key=lambda step: step[0]))


class _reader:  # noqa: N801 - used like a function
    """Reads a whole topic from its beginning; each poll gives (partition, key, value)."""

    def __init__(self, brokers: str, topic: str) -> None:
        self._consumer = KafkaConsumer(bootstrap_servers=brokers, auto_offset_reset="earliest", group_id=None)
        tps = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        self._consumer.assign(tps)
        self._consumer.seek_to_beginning(*tps)

    def __enter__(self) -> Callable[[], list[tuple[int, bytes, Any]]]:
        return self._poll

    def _poll(self) -> list[tuple[int, bytes, Any]]:
        batches = self._consumer.poll(1000)
        return [(record.partition, record.key, record.value) for batch in batches.values() for record in batch]

    def __exit__(self, *_: object) -> None:
        self._consumer.close()


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
