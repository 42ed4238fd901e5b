"""Real Apache Kafka on this machine: one node or three, as child processes of whoever asks.

Promises `kindline kafka`, `kindline up` and the tests: inside the `with` block Kafka serves at `bootstrap`; afterwards,
and after any death of this process, no broker lives; the same directory started again still holds its data.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from kindline.runtime.children import stop_children

from .directory import KafkaDirectory
from .errors import LocalKafkaError
from .jars import Progress, ensure_jars
from .java import find_java
from .node import STOP_GRACE_SECONDS, Node

READY_LIMIT_SECONDS = 90.0
POLL_SECONDS = 0.1
CLUSTER_SIZES = (1, 3)


class LocalKafka:
    """One local Kafka cluster; a context manager, entered from the main thread."""

    def __init__(
        self,
        directory: Path,
        nodes: int = 1,
        client_ports: Sequence[int] | None = None,
        *,
        progress: Progress | None = None,
        lasting: bool = False,
    ) -> None:
        """Describe a cluster of 1 or 3 nodes that keeps its data in `directory`; nothing starts before `with`.

        Without `client_ports` the directory's former ports are used if they are free, else others. `progress` is told
        of the first download (see `ensure_jars`). A `lasting` cluster is compiled as one in production is: slower for
        its first minute, a third cheaper afterwards.
        """
        if nodes not in CLUSTER_SIZES:
            message = f"a local Kafka has 1 or 3 nodes, not {nodes}"
            raise LocalKafkaError(message)
        if client_ports is not None and len(set(client_ports)) != nodes:
            message = f"{nodes} nodes need {nodes} different ports, not {', '.join(map(str, client_ports))}"
            raise LocalKafkaError(message)
        self.nodes: list[Node] = []
        self._directory = KafkaDirectory(directory)
        self._wanted_nodes = nodes
        self._wanted_ports = tuple(client_ports) if client_ports is not None else None
        self._progress = progress
        self._lasting = lasting
        self._bootstrap = ""

    @property
    def bootstrap(self) -> str:
        """The address for clients, '127.0.0.1:PORT[,...]'. Raises LocalKafkaError before the cluster is entered."""
        if not self._bootstrap:
            message = "the local Kafka has no address before it is started"
            raise LocalKafkaError(message)
        return self._bootstrap

    def __enter__(self) -> Self:
        """Fetch what is missing, start every node and wait until they serve. Raises LocalKafkaError with the reason."""
        try:
            self._directory.take()
            layout = self._directory.settle(self._wanted_nodes, self._wanted_ports)
            self._bootstrap = layout.bootstrap
            jars, java = ensure_jars(self._progress), find_java()
            self.nodes = [
                Node(number, layout, self._directory.of_node(number), java=java, jars=jars, lasting=self._lasting)
                for number in range(1, layout.nodes + 1)
            ]
            self._format()
            for node in self.nodes:
                node.start()
            self.wait_ready(READY_LIMIT_SECONDS)
        except BaseException:
            self._close(grace=0.0)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every node cleanly, killing those that take too long, and give the directory back."""
        self._close(grace=STOP_GRACE_SECONDS)

    def wait_ready(self, limit: float) -> None:
        """Wait until every running node serves and knows the others. Raises LocalKafkaError after `limit` seconds."""
        deadline = time.monotonic() + limit
        running = [node for node in self.nodes if node.alive] or self.nodes
        for node in running:
            node.wait_started(max(0.0, deadline - time.monotonic()))
        while (seen := self._brokers_seen()) < len(running):
            if time.monotonic() >= deadline:
                message = f"only {seen} of {len(running)} Kafka nodes joined the cluster within {limit:g} s"
                raise LocalKafkaError(message)
            time.sleep(POLL_SECONDS)

    def ended_node(self) -> Node | None:
        """A node whose process has ended, if there is one; for whoever watches over the cluster."""
        return next((node for node in self.nodes if not node.alive), None)

    def _brokers_seen(self) -> int:
        """How many brokers the cluster's own metadata names as alive."""
        if len(self.nodes) == 1:
            return 1  # its own word that it has started is all there is to know
        from kafka import KafkaAdminClient  # noqa: PLC0415  # a single node starts without loading the client
        from kafka.errors import KafkaError  # noqa: PLC0415

        try:
            admin = KafkaAdminClient(bootstrap_servers=self.bootstrap.split(","), bootstrap_timeout_ms=5_000)
        except KafkaError:
            return 0
        try:
            return len(admin.describe_cluster()["brokers"])
        except KafkaError:
            return 0
        finally:
            admin.close()

    def _format(self) -> None:
        formatters = [(node, node.begin_format()) for node in self.nodes]
        try:
            for node, formatter in formatters:
                if formatter is not None:
                    node.finish_format(formatter)
        finally:
            stop_children([formatter for _, formatter in formatters if formatter is not None], grace=0.0)

    def _close(self, grace: float) -> None:
        try:
            stop_children([node.child for node in self.nodes if node.child is not None], grace=grace)
        finally:
            self._directory.give_back()
