"""How fast a log on a real broker is replayed, beside a bare kafka-python consumer that decodes the same records.

The log is real: the engine decided it, the codec wrote it, a broker keeps it. Four ways read all of it in turn:
- parsed: a bare kafka-python consumer that decodes the protobuf message of each record and looks at nothing in it;
- decoded: the same, and every fact is put into the words of the language;
- replayed: what a follower does, with the client that Kindline uses where nobody chose another (confluent-kafka): the
  product's reader, the reading rule, facts in the words of the language, all of them folded;
- replayed by kafka-python: the same with the product's reader on kafka-python.
`replay_ratio_to_decoded` is the speed of `replayed` beside that of `decoded`: the goal's, for whoever reads facts wants
to know what they say. `replay_ratio` is the same beside `parsed`, where decoding means protobuf's and no more.

All end with the same number of facts, and each replay in the state in which the log was written. Time is the
processor's, of this process and all its threads; garbage is collected as a service does, for all ways alike. Another
process decides and writes the log: whoever starts a follower has not just decided a million facts in its memory.
KINDLINE_BENCH_FACTS says how many facts, as 1000000.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from kindline.language.log import DecisionBatch
from kindline.language.reading import Reading
from kindline.ledger import codec
from kindline.ledger.confluent import ConfluentLedger
from kindline.ledger.kafka import KafkaLedger
from kindline.ledger.local import LocalKafka
from kindline.ledger.owned.fold import Fold
from kindline.ledger.port import Ledger, Partition
from kindline.ledger.understanding import together
from kindline.routing.adapters.shard_core import EngineCore
from kindline.routing.domain.engine import Engine
from kindline.runtime.collecting import settle
from kindline.v1 import decision_pb2
from tests.bench.figures import Figures, say, spread
from tests.bench.restart import WrittenLog
from tests.given import SHARDS

FACTS = int(os.environ.get("KINDLINE_BENCH_FACTS", "120000"))
FACTS_OF_ONE = 12
ROUNDS = 5
TOPIC = "kindline-bench-replay"
RECORDS_AT_ONCE = 2_000
READ_LIMIT_SECONDS = 300.0
WAYS = ("parsed", "decoded", "replayed", "replayed_by_kafka_python")

Take = Callable[[bytes], int]
"""Take one record's value in, and say how many facts it had."""


class Kept(NamedTuple):
    """What is on the broker, and the fingerprint of the state in which it was written."""

    shard: int
    records: int
    facts: int
    fingerprint: str


def write(kafka: str) -> Kept:
    """Decide a log and put it on the broker."""
    log = WrittenLog()
    log.write(FACTS // FACTS_OF_ONE)
    keep(kafka, log.records)
    return Kept(log.engine.shard, len(log.records), log.facts, log.engine.fingerprint())


def keep(kafka: str, records: list[bytes]) -> None:
    """Put records on the broker."""
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


def replay(ledger: Ledger, log: Kept) -> tuple[float, int]:
    """Fold the whole log as a follower does; the processor's seconds, and how many facts there were.

    Raises RuntimeError when the state is not that in which the log was written.
    """
    engine = Engine(log.shard, SHARDS)
    spent, facts = asyncio.run(_follow(ledger, log.records, engine))
    if engine.fingerprint() != log.fingerprint:
        raise RuntimeError("the replayed state differs: nothing was measured")
    return spent, facts


async def _follow(ledger: Ledger, records: int, engine: Engine) -> tuple[float, int]:
    fold = Fold(EngineCore(engine))
    fold.reading = Reading(epoch=1, owner="bench", seq=0)
    facts, until = 0, time.monotonic() + READ_LIMIT_SECONDS
    began = time.process_time()
    reader = ledger.reader({Partition(TOPIC, 0): 0})
    try:
        while fold.next_offset < records and time.monotonic() < until:
            for record, said in together(await reader.read(0.5)):
                counted = fold.take_in(record, said)
                facts += len(counted.facts) if isinstance(counted, DecisionBatch) else 0
        return time.process_time() - began, facts
    finally:
        await reader.close()


def one_round(kafka: str, log: Kept) -> tuple[float, ...]:
    """Seconds for the four ways, one after the other. Raises RuntimeError when what they found differs."""
    found = [
        read(kafka, log.records, parsed),
        read(kafka, log.records, decoded),
        replay(ConfluentLedger(kafka, "bench"), log),
        replay(KafkaLedger(kafka, "bench"), log),
    ]
    if {facts for _, facts in found} != {log.facts}:
        raise RuntimeError(f"{[facts for _, facts in found]} facts were read of {log.facts}: nothing was measured")
    return tuple(spent for spent, _ in found)


def measure() -> Figures:
    """Have the log put on a broker of its own, and read it round after round."""
    rounds = []
    with tempfile.TemporaryDirectory() as folder, LocalKafka(Path(folder)) as kafka:
        say(f"writing a log of about {FACTS:,} facts")
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as another:
            log = another.submit(write, kafka.bootstrap).result()
        settle()
        for number in range(ROUNDS):
            rounds.append(one_round(kafka.bootstrap, log))
            per_second = ", ".join(f"{log.facts / seconds:,.0f}" for seconds in rounds[-1])
            say(f"round {number + 1} of {ROUNDS}: facts a second {', '.join(WAYS)}: {per_second}")
    rates = {way: [log.facts / each[number] for each in rounds] for number, way in enumerate(WAYS)}
    return {
        "replay_ratio": spread([one / three for one, _, three, _ in rounds], "x"),
        "replay_ratio_to_decoded": spread([two / three for _, two, three, _ in rounds], "x"),
        **{f"replay_{way}": spread(found, "facts/s") for way, found in rates.items()},
        "replay_facts": spread([log.facts], "facts"),
    }
