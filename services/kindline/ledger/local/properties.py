"""The settings of a local broker, as Kafka reads them; pure, so that tests and people can look at them.

Promises `node.py`: the text is a valid Java properties file for node `node_id` of the cluster drawn by `Layout`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .ports import LOOPBACK

# A decision record may carry 8 MiB of value; keys, headers and the batch's own frame come on top.
LARGEST_RECORD_BYTES = 8 * 1024 * 1024 + 256 * 1024
# The default takes 128 MiB out of a heap of 384.
CLEANER_BUFFER_BYTES = 2 * 1024 * 1024
ASCII = 128


@dataclass(frozen=True, slots=True)
class Layout:
    """What stays the same over all runs of one directory; kept there as `cluster.json`."""

    cluster_id: str
    client_ports: tuple[int, ...]
    controller_ports: tuple[int, ...]

    @property
    def nodes(self) -> int:
        """How many nodes the cluster has."""
        return len(self.client_ports)

    @property
    def bootstrap(self) -> str:
        """The address clients use: host:port of every node, with commas between."""
        return ",".join(f"{LOOPBACK}:{port}" for port in self.client_ports)


def broker_properties(node_id: int, layout: Layout, data: Path) -> dict[str, str]:
    """The settings of node `node_id` (1, 2, 3); every node is broker and controller, and keeps its log in `data`."""
    voters = ",".join(f"{number}@{LOOPBACK}:{port}" for number, port in enumerate(layout.controller_ports, start=1))
    client = f"CLIENT://{LOOPBACK}:{layout.client_ports[node_id - 1]}"
    controller = f"CONTROLLER://{LOOPBACK}:{layout.controller_ports[node_id - 1]}"
    copies = str(layout.nodes)
    enough = str(layout.nodes // 2 + 1)
    settings = {
        "process.roles": "broker,controller",
        "node.id": str(node_id),
        "controller.quorum.voters": voters,
        "listeners": f"{client},{controller}",
        "advertised.listeners": client,
        "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "CLIENT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data),
        # Topics are made by `kindline topics` alone: a mistyped name must be an error, not a new topic.
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "message.max.bytes": str(LARGEST_RECORD_BYTES),
        "replica.fetch.max.bytes": str(LARGEST_RECORD_BYTES),
        "log.cleaner.dedupe.buffer.size": str(CLEANER_BUFFER_BYTES),
        # A killed broker may come back only when its former session has run out: ready 6 s after a crash, not 14.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "default.replication.factor": copies,
        "min.insync.replicas": enough,
        "offsets.topic.num.partitions": "1",
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.num.partitions": "1",
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": enough,
        "share.coordinator.state.topic.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": enough,
    }
    return settings | (_FAILOVER if layout.nodes > 1 else {})


# With several nodes a dead one should be noticed within seconds, not half a minute.
_FAILOVER = {
    "unclean.leader.election.enable": "false",
    "controller.quorum.election.timeout.ms": "1000",
    "controller.quorum.fetch.timeout.ms": "1000",
    "replica.lag.time.max.ms": "2000",
}


def properties_text(settings: Mapping[str, str]) -> str:
    """Write settings as a Java properties file, which is Latin-1 and takes the backslash for an escape."""
    return "".join(f"{key}={_escaped(value)}\n" for key, value in settings.items())


def _escaped(value: str) -> str:
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if code < ASCII else f"\\u{code:04x}" for code in codes)
