"""Whoever stops a command with Ctrl-C is told so, and no script takes it for a verdict."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

WAIT_SECONDS = 30.0


@pytest.mark.parametrize("words", [["audit"], ["explain", "--last"], ["plan", "show"]])
def test_a_command_that_was_stopped_found_nothing(words: list[str]) -> None:
    """While Kafka does not answer Ctrl-C ends it with 130: 1 would say that the audit found a violation."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(WAIT_SECONDS)
        kafka = f"127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "kindline", *words, "--kafka", kafka]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process, silent.accept()[0]:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 130, said
    assert said.strip() == "Stopped"
