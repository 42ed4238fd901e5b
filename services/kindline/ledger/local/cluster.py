"""Real Apache Kafka on this machine: one node or three, as child processes of whoever asks.

Promises `kindline kafka`, `kindline up` and the tests: inside the `with` block Kafka serves at `bootstrap`; afterwards,
and after any death of this process, no broker lives; the same directory started again still holds its data.
"""

import base64
import fcntl
import json
import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from kindline.runtime.children import stop_children

from .errors import LocalKafkaError
from .jars import Progress, ensure_jars
from .java import find_java
from .node import STOP_GRACE_SECONDS, Node
from .ports import choose_free_ports, port_holder, taken_ports
from .properties import Layout

READY_LIMIT_SECONDS = 90.0
# The brokers of a parent killed a moment ago need this long to let go of their ports.
FREE_PORT_LIMIT_SECONDS = 3.0
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
    ) -> None:
        """Describe a cluster of 1 or 3 nodes that keeps its data in `directory`; nothing starts before `with`.

        Without `client_ports` the directory's former ports are used if they are free, else others. `progress` is told
        of the first download (see `ensure_jars`).
        """
        if nodes not in CLUSTER_SIZES:
            message = f"a local Kafka has 1 or 3 nodes, not {nodes}"
            raise LocalKafkaError(message)
        if client_ports is not None and len(set(client_ports)) != nodes:
            message = f"{nodes} nodes need {nodes} different ports, not {', '.join(map(str, client_ports))}"
            raise LocalKafkaError(message)
        self.directory = directory.expanduser().absolute()
        self.nodes: list[Node] = []
        self._wanted_nodes = nodes
        self._wanted_ports = tuple(client_ports) if client_ports is not None else None
        self._progress = progress
        self._layout: Layout | None = None
        self._lock: IO[str] | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients, '127.0.0.1:PORT[,...]'. Raises LocalKafkaError before the cluster is entered."""
        if self._layout is None:
            message = "the local Kafka has no address before it is started"
            raise LocalKafkaError(message)
        return self._layout.bootstrap

    def __enter__(self) -> Self:
        """Fetch what is missing, start every node and wait until they serve. Raises LocalKafkaError with the reason."""
        try:
            self._take_directory()
            self._layout = self._settle_layout()
            jars, java = ensure_jars(self._progress), find_java()
            self.nodes = [
                Node(number, self._layout, self.directory / f"node-{number}", java=java, jars=jars)
                for number in range(1, self._layout.nodes + 1)
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

    def _take_directory(self) -> None:
        """Hold the directory for this process alone; the kernel gives it back however the process ends."""
        if "," in str(self.directory):
            message = f"Kafka cannot keep its data in a directory with a comma in its name: {self.directory}"
            raise LocalKafkaError(message)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = (self.directory / "lock").open("a+", encoding="ascii")
        except OSError as error:
            message = f"cannot use {self.directory} for Kafka's data: {error.strerror}; name another with --dir"
            raise LocalKafkaError(message) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            message = f"{self.directory} is in use by process {holder}: stop that one first, or name another directory"
            raise LocalKafkaError(message) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _settle_layout(self) -> Layout:
        """Settle identity and ports: the directory's former ones as far as they serve. Raises if a port is taken."""
        former = self._former_layout()
        client_ports = self._wanted_ports
        if client_ports is not None:
            for port in taken_ports(client_ports, FREE_PORT_LIMIT_SECONDS):
                message = f"port {port} is taken by {port_holder(port)}: stop it, or choose another port"
                raise LocalKafkaError(message)
        client_ports = client_ports or self._free_ports(former.client_ports if former else (), ())
        controller_ports = self._free_ports(former.controller_ports if former else (), client_ports)
        cluster_id = former.cluster_id if former else _new_cluster_id()
        layout = Layout(cluster_id, client_ports, controller_ports)
        kept = {"cluster_id": cluster_id, "client_ports": client_ports, "controller_ports": controller_ports}
        self._layout_file.write_text(json.dumps(kept, indent=2) + "\n", encoding="ascii")
        return layout

    def _free_ports(self, former: tuple[int, ...], avoid: tuple[int, ...]) -> tuple[int, ...]:
        """The former ports if they are free and not asked for otherwise, else new ones."""
        if former and not set(former) & set(avoid) and not taken_ports(former, FREE_PORT_LIMIT_SECONDS):
            return former
        return choose_free_ports(self._wanted_nodes, avoid)

    def _former_layout(self) -> Layout | None:
        """What an earlier run left in the directory. Raises LocalKafkaError if it had another number of nodes."""
        if not self._layout_file.exists():
            return None
        try:
            kept = json.loads(self._layout_file.read_text(encoding="ascii"))
            former = Layout(kept["cluster_id"], tuple(kept["client_ports"]), tuple(kept["controller_ports"]))
        except (ValueError, KeyError, TypeError) as error:
            message = f"{self._layout_file} is damaged: restore it, or delete {self.directory} to start an empty Kafka"
            raise LocalKafkaError(message) from error
        if former.nodes != self._wanted_nodes:
            message = (
                f"{self.directory} holds a Kafka of {former.nodes} node(s), not {self._wanted_nodes}: "
                f"start it with --nodes {former.nodes}, or name another directory"
            )
            raise LocalKafkaError(message)
        return former

    @property
    def _layout_file(self) -> Path:
        return self.directory / "cluster.json"

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
            if self._lock is not None:
                self._lock.close()
                self._lock = None


def _new_cluster_id() -> str:
    """A fresh identity in Kafka's form: 22 characters, the first no dash, which its tool would take for an option."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes)[:22].decode()).startswith("-"):
        pass
    return text
