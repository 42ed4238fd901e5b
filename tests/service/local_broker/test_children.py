"""Child processes end when they should, and never later than their parent."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kindline.runtime.children import GUARD, Child, ChildError, start_child, stop_children
from tests.kafka import wait_until
from tests.service.local_broker.processes import line_of, lives, python, until_gone

SLEEP = (sys.executable, "-S", "-c", "import time; time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-S",
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
)


@pytest.fixture
def child() -> Iterator[Child]:
    """A child that would run for a minute."""
    started = start_child("sleeper", SLEEP)
    yield started
    started.kill()


def test_a_child_dies_with_a_parent_that_was_killed() -> None:
    """When a parent is killed with kill -9, its children and their children end within seconds."""
    # Both write to one pipe, and an unbuffered print writes a line and its end apart: each line goes as one write.
    code = """
import os, sys
from kindline.runtime.children import start_child
inner = "import time; from kindline.runtime.children import start_child; " \\
    "pid = start_child('inner', [sys.executable, '-S', '-c', 'import time; time.sleep(60)']).pid; " \\
    "os.write(1, b'%d' % pid + bytes([10])); "
outer = start_child("outer", [sys.executable, "-c", "import os, sys; " + inner + "time.sleep(60)"])
os.write(1, b"%d" % outer.pid + bytes([10]))
outer.wait(60)
"""
    with python(code) as parent:
        family = [int(line_of(parent)), int(line_of(parent))]
        assert all(lives(pid) for pid in family)
        parent.kill()
        until_gone(family)


def test_a_child_whose_parent_is_already_dead_never_starts(tmp_path: Path) -> None:
    """A parent that dies between starting the guard and the guard's promise leaves no child behind."""
    trace = tmp_path / "trace"
    not_the_parent = str(os.getppid())
    command = [sys.executable, "-I", "-S", str(GUARD), not_the_parent, "touch", str(trace)]
    assert subprocess.run(command, check=False).returncode == 120
    assert not trace.exists()


def test_ctrl_c_at_the_terminal_reaches_only_the_parent(child: Child) -> None:
    """A child leads a process group of its own, so the terminal does not interrupt it behind its parent's back."""
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)


def test_stopping_asks_first(child: Child) -> None:
    """A child that obeys SIGTERM ends by it, long before the grace is over."""
    assert child.stop(grace=30.0) == -15
    assert not child.alive


def test_a_child_that_will_not_stop_is_killed() -> None:
    """When the grace is over, a child deaf to SIGTERM is killed and named among those killed."""
    deaf = start_child("deaf", STUBBORN, output=subprocess.PIPE)
    assert deaf.output is not None
    assert deaf.output.readline() == b"deaf\n"
    assert stop_children([deaf], grace=0.1) == [deaf]
    assert deaf.exit_code() == -9
    deaf.output.close()


def test_a_paused_child_can_be_stopped(child: Child) -> None:
    """A frozen child is woken to hear that it should end."""
    child.pause()
    wait_until(lambda: " T " in Path(f"/proc/{child.pid}/stat").read_text(encoding="ascii"))
    assert child.stop(grace=30.0) == -15


def test_a_command_that_does_not_exist_says_so(tmp_path: Path) -> None:
    """A mistyped command ends with code 120 and a line in its output that names it."""
    log = tmp_path / "log"
    assert start_child("nobody", ["no-such-command"], output=log).wait(10) == 120
    assert "cannot start no-such-command: No such file or directory" in log.read_text(encoding="utf-8")


def test_a_child_from_a_worker_thread_is_refused() -> None:
    """A child started by a thread would die with the thread, so it is refused with that reason."""
    reasons = []

    def start() -> None:
        with pytest.raises(ChildError) as refused:
            start_child("sleeper", SLEEP)
        reasons.append(str(refused.value))

    worker = threading.Thread(target=start)
    worker.start()
    worker.join(10)
    assert reasons == ["a child process must be started from the main thread, or it would die with the thread"]
