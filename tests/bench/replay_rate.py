"""How fast a log on a real broker is replayed, beside a bare kafka-python consumer that decodes the same records.

The log is real: the engine decided it, the codec wrote it, a broker keeps it. Three ways read all of it in turn, each
with the same bare consumer: one decodes the protobuf messages only, one decodes them into the language's facts, and one
replays them, which is to decode and fold. All end with the same number of facts, and each replay in the state in which
the log was written. Time is the processor's, of this process. KINDLINE_BENCH_FACTS says how many facts, as 1000000.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from kindline.language.log import DecisionBatch
from kindline.ledger import codec
from kindline.ledger.local import LocalKafka
from kindline.routing.domain.engine import Engine
from kindline.v1 import decision_pb2
from tests.bench.figures import Figures, say, settle, spread
from tests.bench.restart import WrittenLog
from tests.given import SHARDS

FACTS = int(os.environ.get("KINDLINE_BENCH_FACTS", "120000"))
FACTS_OF_ONE = 12
ROUNDS = 5
TOPIC = "kindline-bench-replay"
RECORDS_AT_ONCE = 2_000
READ_LIMIT_SECONDS = 300.0

Take = Callable[[bytes], int]
"""Take one record's value in, and say how many facts it had."""


def keep(kafka: str, records: list[bytes]) -> None:
    """Put the log on the broker."""
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics([NewTopic(TOPIC, 1, 1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=20, batch_size=262_144)
    for record in records:
        producer.send(TOPIC, record, partition=0)
    producer.flush(60.0)
    producer.close()


def read(kafka: str, records: int, take: Take) -> tuple[float, int]:
    """Read the whole log with a bare consumer; the processor's seconds, and how many facts there were."""
    consumer = KafkaConsumer(
        bootstrap_servers=kafka,
        group_id=None,
        enable_auto_commit=False,
        max_poll_records=RECORDS_AT_ONCE,
        fetch_min_bytes=65_536,
    )
    try:
        place = TopicPartition(TOPIC, 0)
        consumer.assign([place])
        consumer.seek(place, 0)
        facts, seen, until = 0, 0, time.monotonic() + READ_LIMIT_SECONDS
        began = time.process_time()
        while seen < records and time.monotonic() < until:
            for found in consumer.poll(timeout_ms=500).values():
                seen += len(found)
                for record in found:
                    facts += take(record.value)
        return time.process_time() - began, facts
    finally:
        consumer.close()


def parsed(value: bytes) -> int:
    """The protobuf message only."""
    return len(decision_pb2.DecisionRecord.FromString(value).decision_batch.facts)


def decoded(value: bytes) -> int:
    """The facts in the words of the language."""
    batch = codec.decode_decision(value)
    return len(batch.facts) if isinstance(batch, DecisionBatch) else 0


def replaying(engine: Engine) -> Take:
    """The facts folded into a state."""

    def take(value: bytes) -> int:
        batch = codec.decode_decision(value)
        assert isinstance(batch, DecisionBatch)
        engine.apply(batch.facts, batch.decided_at)
        return len(batch.facts)

    return take


def one_round(kafka: str, log: WrittenLog) -> tuple[float, float, float]:
    """Seconds for the three ways, one after the other. Raises RuntimeError when what they found differs."""
    engine = Engine(log.engine.shard, SHARDS)
    count = len(log.records)
    only_parsed, first = read(kafka, count, parsed)
    only_decoded, second = read(kafka, count, decoded)
    replayed, third = read(kafka, count, replaying(engine))
    if not first == second == third == log.facts:
        raise RuntimeError(f"{first}, {second} and {third} facts were read of {log.facts}: nothing was measured")
    if engine.fingerprint() != log.engine.fingerprint():
        raise RuntimeError("the replayed state differs: nothing was measured")
    return only_parsed, only_decoded, replayed


def measure() -> Figures:
    """Write the log, put it on a broker of its own, and read it round after round."""
    log = WrittenLog()
    say(f"writing a log of about {FACTS:,} facts")
    log.write(FACTS // FACTS_OF_ONE)
    settle()
    rounds = []
    with tempfile.TemporaryDirectory() as folder, LocalKafka(Path(folder)) as kafka:
        keep(kafka.bootstrap, log.records)
        for number in range(ROUNDS):
            rounds.append(one_round(kafka.bootstrap, log))
            per_second = ", ".join(f"{log.facts / seconds:,.0f}" for seconds in rounds[-1])
            say(f"round {number + 1} of {ROUNDS}: facts a second parsed, decoded, replayed: {per_second}")
    return {
        "replay_ratio": spread([two / three for _, two, three in rounds], "x"),
        "replay_ratio_to_parsing": spread([one / three for one, _, three in rounds], "x"),
        "replay_parsed": spread([log.facts / one for one, _, _ in rounds], "facts/s"),
        "replay_decoded": spread([log.facts / two for _, two, _ in rounds], "facts/s"),
        "replay_replayed": spread([log.facts / three for _, _, three in rounds], "facts/s"),
        "replay_facts": spread([log.facts], "facts"),
    }
