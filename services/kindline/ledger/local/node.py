"""One broker of the local Kafka: a directory of its own and, while it runs, one Java process.

Promises the cluster and the fault tests: `start` returns at once, `wait_started` tells when the broker serves, `kill`
is a crash, `stop` is a clean end, and each may follow the other in any order with the data kept.
"""

import re
import time
from pathlib import Path

from kindline.runtime.children import Child, start_child

from .errors import LocalKafkaError
from .java import ENVIRONMENT, java_command
from .properties import Layout, broker_properties, properties_text

STARTED = b"Kafka Server started"
FORMAT_LIMIT_SECONDS = 60.0
STOP_GRACE_SECONDS = 15.0
POLL_SECONDS = 0.05
TAIL_BYTES = 64 * 1024
ROOT_CAUSE = re.compile(r"^Caused by: (.+)$", re.MULTILINE)
EXCEPTION = re.compile(r"^(?:Exception in thread .+? )?((?:[\w$]+\.)+\w*(?:Exception|Error)\b.*)$", re.MULTILINE)
ERROR_LINE = re.compile(r"^(?:\S+ )?\[[^\]]*\] ERROR (.+)$", re.MULTILINE)
ANY_LINE = re.compile(r"^(.*\S.*)$", re.MULTILINE)


class Node:
    """One broker; made and owned by `LocalKafka`, which formats it before its first start."""

    def __init__(
        self, node_id: int, layout: Layout, directory: Path, *, java: Path, jars: Path, lasting: bool = False
    ) -> None:
        """Describe node `node_id` (from 1) of `layout`, which keeps everything it has in `directory`."""
        self.node_id = node_id
        self.port = layout.client_ports[node_id - 1]
        self.log = directory / "broker.log"
        self._layout = layout
        self._directory = directory
        self._java = java
        self._jars = jars
        self._lasting = lasting
        self._child: Child | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The Java process, or None while the node does not run."""
        return self._child.pid if self.alive and self._child is not None else None

    @property
    def alive(self) -> bool:
        """Whether the node's process runs; a paused one does."""
        return self._child is not None and self._child.alive

    @property
    def child(self) -> Child | None:
        """The process last started, for stopping several nodes together."""
        return self._child

    def begin_format(self) -> Child | None:
        """Write the settings and, before the first start only, begin to format the storage; returns the formatter."""
        data = self._directory / "data"
        (self._directory / "tmp").mkdir(parents=True, exist_ok=True)
        settings = broker_properties(self.node_id, self._layout, data)
        self._settings_file.write_text(properties_text(settings), encoding="ascii")
        if (data / "meta.properties").is_file():
            return None
        arguments = ("format", "--ignore-formatted", "-t", self._layout.cluster_id, "-c", str(self._settings_file))
        return self._run("kafka.tools.StorageTool", *arguments)

    def finish_format(self, formatter: Child) -> None:
        """Wait for the formatter. Raises LocalKafkaError with its reason if it failed."""
        if formatter.wait(FORMAT_LIMIT_SECONDS) != 0:
            message = f"cannot prepare the storage of node {self.node_id}: {self.reason()}"
            raise LocalKafkaError(message)

    def start(self) -> None:
        """Start the node if it does not run and return at once. Raises ChildError off the main thread."""
        if self.alive:
            return
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        self._child = self._run("kafka.Kafka", str(self._settings_file))

    def wait_started(self, limit: float) -> None:
        """Wait until the broker serves clients. Raises LocalKafkaError if it ended, or after `limit` seconds."""
        deadline = time.monotonic() + limit
        while not self._has_started():
            if not self.alive:
                message = f"Kafka node {self.node_id} ended while starting: {self.reason()}"
                raise LocalKafkaError(message)
            if time.monotonic() >= deadline:
                message = f"Kafka node {self.node_id} did not start within {limit:g} s: {self.reason()}"
                raise LocalKafkaError(message)
            time.sleep(POLL_SECONDS)

    def stop(self, grace: float = STOP_GRACE_SECONDS) -> None:
        """End the node cleanly, handing its leaderships over; kill it after `grace` seconds."""
        if self._child is not None and self._child.alive:
            self._child.stop(grace)

    def kill(self) -> None:
        """End the node at once, as a crash or kill -9 would."""
        if self._child is not None:
            self._child.kill()

    def pause(self) -> None:
        """Freeze the node: its connections stay open and nobody answers."""
        if self._child is not None:
            self._child.pause()

    def resume(self) -> None:
        """Let a paused node go on."""
        if self._child is not None:
            self._child.resume()

    def restart(self, limit: float = FORMAT_LIMIT_SECONDS) -> None:
        """Stop the node if it runs, start it, and wait at most `limit` seconds until it serves."""
        self.stop()
        self.start()
        self.wait_started(limit)

    def reason(self) -> str:
        """The likeliest cause of a failure out of the node's log, and where to read the rest."""
        return f"{_cause(self._tail())} (see {self.log})"

    @property
    def _settings_file(self) -> Path:
        return self._directory / "server.properties"

    def _run(self, main_class: str, *arguments: str) -> Child:
        scratch = self._directory / "tmp"
        command = java_command(self._java, self._jars, scratch, main_class, *arguments, lasting=self._lasting)
        return start_child(f"Kafka node {self.node_id}", command, environment=ENVIRONMENT, output=self.log)

    def _has_started(self) -> bool:
        return STARTED in self._since_start()

    def _since_start(self) -> bytes:
        if not self.log.exists():
            return b""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read()

    def _tail(self) -> str:
        return self._since_start()[-TAIL_BYTES:].decode("utf-8", errors="replace")


def _cause(log: str) -> str:
    """The last root cause in Kafka's log; its last line alone says little."""
    for pattern in (ROOT_CAUSE, EXCEPTION, ERROR_LINE, ANY_LINE):
        if found := pattern.findall(log):
            return str(found[-1]).strip()
    return "it wrote nothing"
