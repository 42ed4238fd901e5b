"""What the local broker's tests see of the machine: processes that live, in a parent that can be killed."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kafka import wait_until

START_LIMIT_SECONDS = 60.0


def lives(pid: int) -> bool:
    """Whether process `pid` runs; one that has ended and only waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def children_of(pid: int) -> list[int]:
    """The live children of process `pid`."""
    try:
        numbers = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [int(number) for number in numbers if lives(int(number))]


@contextmanager
def python(code: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run `code` in a Python of its own with its outputs as text; whatever is left is killed in the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "400"},
        preexec_fn=_hear_interrupts,  # noqa: PLW1509  # a shell's background job would be deaf to Ctrl-C
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.communicate(timeout=10)


def line_of(process: "subprocess.Popen[str]") -> str:
    """The next line the process prints; empty when it has ended."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def until_gone(pids: list[int], limit: float = 5.0) -> None:
    """Wait until none of the processes lives."""
    wait_until(lambda: not any(lives(pid) for pid in pids), limit)


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
