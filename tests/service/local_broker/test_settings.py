"""A local broker's settings and ports are what Kafka and the machine can take."""

import socket
from pathlib import Path

from kindline.ledger.local import Layout
from kindline.ledger.local.ports import choose_free_ports, is_free, port_holder
from kindline.ledger.local.properties import broker_properties, properties_text


def test_three_nodes_keep_three_copies_and_agree_with_two() -> None:
    """With three nodes every record has three copies, two of which must be written before it is acknowledged."""
    layout = Layout("a" * 22, (9092, 9093, 9094), (19092, 19093, 19094))
    settings = broker_properties(2, layout, Path("/data/node-2"))
    assert settings["default.replication.factor"] == settings["offsets.topic.replication.factor"] == "3"
    assert settings["min.insync.replicas"] == "2"
    assert settings["listeners"] == "CLIENT://127.0.0.1:9093,CONTROLLER://127.0.0.1:19093"
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:19092,2@127.0.0.1:19093,3@127.0.0.1:19094"
    assert layout.bootstrap == "127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094"


def test_a_path_in_any_script_reaches_kafka_whole() -> None:
    """Letters outside ASCII and backslashes are written the way Java reads a properties file."""
    assert properties_text({"log.dirs": "/日/a\\b/😀"}) == "log.dirs=/\\u65e5/a\\\\b/\\ud83d\\ude00\n"


def test_chosen_ports_are_free_and_never_dialled_from() -> None:
    """Chosen ports lie below the kernel's range for outgoing connections, so no client can sit on a dead broker's."""
    first_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    ports = choose_free_ports(6)
    assert len(set(ports)) == 6
    assert all(1024 < port < first_outgoing and is_free(port) for port in ports)


def test_a_taken_port_names_its_holder() -> None:
    """Who listens on a port can be told by process number and name."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert not is_free(port)
        own_name = Path("/proc/self/comm").read_text(encoding="utf-8").strip()
        assert port_holder(port) == f"process {Path('/proc/self').readlink()} ({own_name})"
