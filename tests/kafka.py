"""Real Kafka for tests: one broker per pytest run, and clusters of their own for tests that break things.

A test module asks for it with `pytestmark = pytest.mark.kafka` and the fixtures below, which `tests/conftest.py` loads.
The shared broker is, in this order: the one at KINDLINE_KAFKA; one in Docker if KINDLINE_TEST_BROKER=docker; else one
from the local jars. Tests that share it keep apart by topic names of their own.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from kindline.ledger.local import Layout, LocalKafka
from kindline.ledger.local.ports import choose_free_ports
from kindline.ledger.local.properties import broker_properties

if __name__ == "kafka":
    raise ImportError("tests/ must not be on sys.path: this file would hide the Kafka client; import it as tests.kafka")

IMAGE = "apache/kafka:4.3.1"
DOCKER_LIMIT_SECONDS = 120.0
CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"

MakeCluster = Callable[[int], LocalKafka]


@pytest.fixture(scope="session")
def kafka_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a broker that all tests of this run share, 'host:port'."""
    given = os.environ.get("KINDLINE_KAFKA")
    if given:
        yield given
    elif os.environ.get("KINDLINE_TEST_BROKER") == "docker":
        with _broker_in_docker() as address:
            yield address
    else:
        with LocalKafka(tmp_path_factory.mktemp("kafka")) as kafka:
            yield kafka.bootstrap


@pytest.fixture
def kafka_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeCluster]:
    """Makes local clusters of 1 or 3 nodes that this test alone may kill, pause and restart; they end with the test."""
    with ExitStack() as running:

        def make(nodes: int) -> LocalKafka:
            return running.enter_context(LocalKafka(tmp_path_factory.mktemp(f"kafka-{nodes}-nodes"), nodes))

        yield make


@contextmanager
def _broker_in_docker() -> Iterator[str]:
    """The same settings as the local jars', in the image that docker-compose.yml uses."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415  # it looks for Docker when imported
    from testcontainers.core.waiting_utils import wait_for_logs  # noqa: PLC0415

    [port] = choose_free_ports(1)
    layout = Layout(CLUSTER_ID, (port,), (port + 1,))
    settings = broker_properties(1, layout, Path("/tmp/kafka"))  # noqa: S108  # a path inside the container
    settings["listeners"] = f"CLIENT://0.0.0.0:{port},CONTROLLER://127.0.0.1:{port + 1}"
    container = DockerContainer(IMAGE).with_bind_ports(port, port).with_env("CLUSTER_ID", CLUSTER_ID)
    for name, value in settings.items():
        container = container.with_env("KAFKA_" + name.upper().replace(".", "_"), value)
    with container as running:
        wait_for_logs(running, "Kafka Server started", timeout=DOCKER_LIMIT_SECONDS)
        yield f"127.0.0.1:{port}"


def wait_until(is_so: Callable[[], bool], limit: float = 10.0) -> None:
    """Wait until `is_so()` holds; fail after `limit` seconds."""
    deadline = time.monotonic() + limit
    while not is_so():
        assert time.monotonic() < deadline, f"still not so after {limit:g} s"
        time.sleep(0.02)
