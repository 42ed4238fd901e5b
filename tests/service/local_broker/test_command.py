"""`kindline kafka` tells a person what happens, and its exit code tells a script."""

import os
import signal
import socket
from pathlib import Path

import pytest

from kindline.ledger.local.ports import choose_free_ports
from tests.service.local_broker.processes import children_of, line_of, python, until_gone

pytestmark = pytest.mark.kafka

COMMAND = "from kindline.commands.kafka import kafka; kafka()"


@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_stops_kafka_cleanly(tmp_path: Path, request_to_end: signal.Signals) -> None:
    """Ctrl-C, SIGTERM and a closed terminal each stop every broker, with exit code 0."""
    [port] = choose_free_ports(1)
    with python(COMMAND, "--dir", str(tmp_path), "--port", str(port)) as command:
        assert line_of(command).startswith(f"Kafka 127.0.0.1:{port} ready")
        brokers = children_of(command.pid)
        assert len(brokers) == 1
        command.send_signal(request_to_end)
        assert command.wait(20) == 0
        assert line_of(command) == "Kafka stopped"
        until_gone(brokers)


def test_ctrl_c_before_kafka_serves_is_an_interruption(tmp_path: Path) -> None:
    """Ctrl-C during the start gives exit code 130 and leaves no process."""
    with python(COMMAND, "--dir", str(tmp_path), "--port", str(choose_free_ports(1)[0])) as command:
        while not (starting := children_of(command.pid)):
            assert command.poll() is None
        command.send_signal(signal.SIGINT)
        assert command.wait(20) == 130
        until_gone(starting)


def test_a_broker_that_dies_ends_the_command_with_a_reason(tmp_path: Path) -> None:
    """A broker killed from outside is not restarted silently: the command ends with code 1 and says which node."""
    with python(COMMAND, "--dir", str(tmp_path), "--port", str(choose_free_ports(1)[0])) as command:
        line_of(command)
        [broker] = children_of(command.pid)
        os.kill(broker, signal.SIGKILL)
        _, errors = command.communicate(timeout=20)
        assert command.returncode == 1
        assert "Kafka node 1 ended by itself" in errors


def test_a_taken_port_is_named_with_its_holder(tmp_path: Path) -> None:
    """When the port is taken the command ends with code 1, naming the port, who holds it and what to do."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", choose_free_ports(1)[0]))
        server.listen()
        port = server.getsockname()[1]
        with python(COMMAND, "--dir", str(tmp_path), "--port", str(port)) as command:
            _, errors = command.communicate(timeout=30)
        assert command.returncode == 1
        assert f"port {port} is taken by process" in errors
        assert "choose another port" in errors
