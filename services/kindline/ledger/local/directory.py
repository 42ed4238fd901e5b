"""The directory of a local Kafka: held by one process at a time, and remembering who its cluster is.

Promises `LocalKafka`: two processes never run brokers on one directory, and a directory started again gives the same
cluster, on the same ports where they are still free.
"""

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import IO

from .errors import LocalKafkaError
from .ports import choose_free_ports, port_holder, taken_ports
from .properties import Layout

# The brokers of a parent killed a moment ago need a little while to let go of their ports.
FREE_PORT_LIMIT_SECONDS = 3.0
LAYOUT_FILE = "cluster.json"
LOCK_FILE = "lock"


class KafkaDirectory:
    """One directory with the data of a local Kafka; `take` it before any use and `give_back` afterwards."""

    def __init__(self, path: Path) -> None:
        """Name the directory; it need not exist."""
        self.path = path.expanduser().absolute()
        self._lock: IO[str] | None = None

    def of_node(self, node_id: int) -> Path:
        """Where node `node_id` keeps its settings, data and log."""
        return self.path / f"node-{node_id}"

    def take(self) -> None:
        """Hold the directory for this process alone, until `give_back` or the end of the process, however it ends.

        Raises LocalKafkaError if it cannot be used or another process holds it.
        """
        if "," in str(self.path):
            message = f"Kafka cannot keep its data in a directory with a comma in its name: {self.path}"
            raise LocalKafkaError(message)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / LOCK_FILE).open("a+", encoding="ascii")
        except OSError as error:
            message = f"cannot use {self.path} for Kafka's data: {error.strerror}; name another directory"
            raise LocalKafkaError(message) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            message = f"{self.path} is in use by process {holder}: stop that one first, or name another directory"
            raise LocalKafkaError(message) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def give_back(self) -> None:
        """Let another process take the directory; harmless when it is not held."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def settle(self, nodes: int, client_ports: tuple[int, ...] | None) -> Layout:
        """The cluster of this directory, made up if it is new: its identity and ports, the former ones if they serve.

        Raises LocalKafkaError when a wanted port is taken, or the directory holds another number of nodes.
        """
        former = self._former(nodes)
        if client_ports is not None:
            for port in taken_ports(client_ports, FREE_PORT_LIMIT_SECONDS):
                message = f"port {port} is taken by {port_holder(port)}: stop it, or choose another port"
                raise LocalKafkaError(message)
        layout = self._lay_out(nodes, former, client_ports)
        kept = {
            "cluster_id": layout.cluster_id,
            "client_ports": layout.client_ports,
            "controller_ports": layout.controller_ports,
        }
        (self.path / LAYOUT_FILE).write_text(json.dumps(kept, indent=2) + "\n", encoding="ascii")
        return layout

    def _lay_out(self, nodes: int, former: Layout | None, client_ports: tuple[int, ...] | None) -> Layout:
        if former is None:
            clients = client_ports or choose_free_ports(nodes)
            return Layout(_new_cluster_id(), clients, choose_free_ports(nodes, clients))
        clients = client_ports or _still_free(former.client_ports) or choose_free_ports(nodes)
        controllers = () if set(clients) & set(former.controller_ports) else _still_free(former.controller_ports)
        return Layout(former.cluster_id, clients, controllers or choose_free_ports(nodes, clients))

    def _former(self, nodes: int) -> Layout | None:
        """What an earlier run left here. Raises LocalKafkaError if it is unreadable or had another number of nodes."""
        file = self.path / LAYOUT_FILE
        if not file.exists():
            return None
        try:
            kept = json.loads(file.read_text(encoding="ascii"))
            former = Layout(kept["cluster_id"], tuple(kept["client_ports"]), tuple(kept["controller_ports"]))
        except (ValueError, KeyError, TypeError) as error:
            message = f"{file} is damaged: restore it, or delete {self.path} to start with an empty Kafka"
            raise LocalKafkaError(message) from error
        if former.nodes != nodes:
            message = (
                f"{self.path} holds a Kafka of {former.nodes} node(s), not {nodes}: "
                f"start it with --nodes {former.nodes}, or name another directory"
            )
            raise LocalKafkaError(message)
        return former


def _still_free(ports: tuple[int, ...]) -> tuple[int, ...]:
    """The ports if all of them are free, else none."""
    return () if taken_ports(ports, FREE_PORT_LIMIT_SECONDS) else ports


def _new_cluster_id() -> str:
    """A fresh identity in Kafka's form: 22 characters, the first no dash, which its tool would take for an option."""
    while (text := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return text
