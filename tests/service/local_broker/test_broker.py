"""The local Kafka serves, keeps what it was given, survives crashes, and leaves nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from kindline.ledger.local import LocalKafka, LocalKafkaError
from tests.kafka import MakeCluster, wait_until
from tests.service.local_broker.processes import START_LIMIT_SECONDS, line_of, lives, python, until_gone

pytestmark = pytest.mark.kafka

PARENT = """
import sys, time
from pathlib import Path
from kindline.ledger.local import LocalKafka
with LocalKafka(Path(sys.argv[1])) as kafka:
    print(kafka.nodes[0].pid, kafka.bootstrap, flush=True)
    time.sleep(60)
"""


@contextmanager
def producing_to(bootstrap: str) -> Iterator[KafkaProducer]:
    """A producer that waits for all copies and takes records of 8 MiB."""
    producer = KafkaProducer(
        bootstrap_servers=bootstrap.split(","),
        acks="all",
        max_request_size=9 * 1024 * 1024,
        max_block_ms=20_000,
        # A frozen broker keeps its connections open; only this tells the client to ask another one.
        request_timeout_ms=3_000,
        delivery_timeout_ms=60_000,
    )
    try:
        yield producer
    finally:
        producer.close(timeout=10)


def make_topic(bootstrap: str, name: str, *, copies: int = 1, configs: dict[str, str] | None = None) -> None:
    """Make a topic with one partition."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))
    try:
        admin.create_topics(
            {name: {"num_partitions": 1, "replication_factor": copies, "configs": configs or {}}}, raise_errors=True
        )
    finally:
        admin.close()


def values_of(bootstrap: str, topic: str, count: int) -> list[bytes]:
    """The first `count` values of a topic's only partition, or those that came within ten seconds."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap.split(","), auto_offset_reset="earliest", consumer_timeout_ms=10_000
    )
    try:
        consumer.assign([TopicPartition(topic, 0)])
        values: list[bytes] = []
        for record in consumer:
            values.append(record.value)
            if len(values) == count:
                break
        return values
    finally:
        consumer.close()


def test_the_shared_broker_takes_the_largest_record(kafka_address: str) -> None:
    """A record with 8 MiB of value, the largest decision there may be, is written and read whole."""
    largest = bytes(range(256)) * (8 * 1024 * 1024 // 256)
    make_topic(kafka_address, "largest-record", configs={"max.message.bytes": str(len(largest) + 4096)})
    with producing_to(kafka_address) as producer:
        producer.send("largest-record", value=largest, headers=[("ce_id", b"1")]).get(timeout=20)
    assert values_of(kafka_address, "largest-record", 1) == [largest]


def test_a_mistyped_topic_is_an_error(kafka_address: str) -> None:
    """Writing to a topic that was never made fails instead of making it."""
    producer = KafkaProducer(bootstrap_servers=kafka_address.split(","), max_block_ms=1_000)
    try:
        with pytest.raises(KafkaError):
            producer.send("kindline.interactoins", value=b"lost?").get(timeout=5)
    finally:
        producer.close(timeout=5)


def test_a_directory_started_again_keeps_address_and_data(tmp_path: Path) -> None:
    """After a clean stop and after a crash, the same directory serves the same records at the same address."""
    directory = tmp_path / "Überlauf 日本"
    with LocalKafka(directory) as kafka:
        first_address = kafka.bootstrap
        make_topic(first_address, "kept")
        with producing_to(first_address) as producer:
            producer.send("kept", value=b"before the stop").get(timeout=20)
    with LocalKafka(directory) as kafka:
        assert kafka.bootstrap == first_address
        with producing_to(first_address) as producer:
            producer.send("kept", value=b"before the crash").get(timeout=20)
        kafka.nodes[0].kill()
        assert not kafka.nodes[0].alive
        kafka.nodes[0].start()
        kafka.wait_ready(START_LIMIT_SECONDS)
        assert values_of(first_address, "kept", 2) == [b"before the stop", b"before the crash"]


def test_no_broker_outlives_a_killed_parent_and_the_directory_is_free_at_once(tmp_path: Path) -> None:
    """After kill -9 of the parent no Java lives, and another process can start on the same directory right away."""
    directory = tmp_path / "kafka"
    with python(PARENT, str(directory)) as parent:
        pid, address = line_of(parent).split()
        assert lives(int(pid))
        parent.kill()
        parent.wait(10)
        with LocalKafka(directory, client_ports=[int(address.rpartition(":")[2])]) as kafka:
            assert kafka.bootstrap == address
            assert not lives(int(pid))
            broker = kafka.nodes[0].pid
        assert broker is not None
        until_gone([broker])


def test_two_processes_cannot_share_a_directory(tmp_path: Path) -> None:
    """A second start on a directory in use is refused with the process that holds it, and harms nobody."""
    with python(PARENT, str(tmp_path)) as parent:
        pid, _ = line_of(parent).split()
        refused = rf"is in use by process {parent.pid}: stop that one first, or name another directory"
        with pytest.raises(LocalKafkaError, match=refused), LocalKafka(tmp_path):
            pass
        assert lives(int(pid))


def test_a_broker_that_cannot_start_gives_its_reason(tmp_path: Path) -> None:
    """When Kafka itself refuses to start, the error carries Kafka's root cause and names the log to read."""
    with LocalKafka(tmp_path):
        pass
    meta = tmp_path / "node-1/data/meta.properties"
    meta.write_text(meta.read_text(encoding="ascii").replace("node.id=1", "node.id=7"), encoding="ascii")
    with (
        pytest.raises(LocalKafkaError, match=r"node 1 ended while starting: .*node.*id.*see .*broker\.log"),
        LocalKafka(tmp_path),
    ):
        pass


def test_a_directory_of_one_node_is_not_started_as_three(tmp_path: Path) -> None:
    """The number of nodes belongs to the data; another number is refused before anything starts."""
    with LocalKafka(tmp_path):
        pass
    with pytest.raises(LocalKafkaError, match="holds a Kafka of 1 node"), LocalKafka(tmp_path, nodes=3):
        pass


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_three_nodes_serve_on_while_the_leader_is_dead_or_frozen(kafka_cluster: MakeCluster) -> None:
    """When the node that leads a partition is killed, and when its successor freezes, records still flow in order."""
    kafka = kafka_cluster(3)
    make_topic(kafka.bootstrap, "flow", copies=3)
    with producing_to(kafka.bootstrap) as producer:
        producer.send("flow", value=b"three nodes").get(timeout=20)
        killed = kafka.nodes[leader_and_copies(kafka.bootstrap, "flow")[0] - 1]
        killed.kill()
        producer.send("flow", value=b"leader dead").get(timeout=40)
        killed.start()
        kafka.wait_ready(START_LIMIT_SECONDS)
        wait_until(lambda: leader_and_copies(kafka.bootstrap, "flow")[1] == 3, limit=30)
        frozen = kafka.nodes[leader_and_copies(kafka.bootstrap, "flow")[0] - 1]
        frozen.pause()
        producer.send("flow", value=b"leader frozen").get(timeout=40)
        frozen.resume()
    assert values_of(kafka.bootstrap, "flow", 3) == [b"three nodes", b"leader dead", b"leader frozen"]


def leader_and_copies(bootstrap: str, topic: str) -> tuple[int, int]:
    """Which node leads a topic's only partition, and how many copies of it are up to date."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))
    try:
        [described] = admin.describe_topics([topic])
        partition = described["partitions"][0]
        return partition["leader_id"], len(partition["isr_nodes"])
    finally:
        admin.close()
