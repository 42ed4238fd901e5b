"""Child processes that never outlive their parent.

Promises every command that starts processes (`kindline up`, the local broker, the tests): a child dies when its parent
dies, even by kill -9; a Ctrl-C at the terminal reaches only the parent, which then stops its children in its own order;
and stopping has a limit, after which the child is killed.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

GUARD = Path(__file__).with_name("guard.py")
POLL_SECONDS = 0.02
KILL_LIMIT_SECONDS = 10.0


class ChildError(Exception):
    """A child process could not be started or would not end; the message says why and what to do."""


class Child:
    """One running child process, named for messages; made by `start_child`."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        """Wrap `process`, whose pid is that of the guarded command itself, since the guard execs."""
        self.name = name
        self._process = process

    @property
    def pid(self) -> int:
        """The process id; it names this child only until the child has ended."""
        return self._process.pid

    @property
    def output(self) -> IO[bytes] | None:
        """What the child prints, when it was started with `output=subprocess.PIPE`."""
        return self._process.stdout

    def exit_code(self) -> int | None:
        """None while the child runs; else its exit code, negative for the signal that ended it."""
        return self._process.poll()

    @property
    def alive(self) -> bool:
        """Whether the child still runs; a paused child is alive."""
        return self.exit_code() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when the child has ended."""
        self._process.send_signal(number)

    def pause(self) -> None:
        """Freeze the child, as a long stall of the machine would."""
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused child go on."""
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """End the child at once, as a crash would, and reap it. Raises ChildError if the kernel holds on to it."""
        self._process.kill()
        self.wait(KILL_LIMIT_SECONDS)

    def stop(self, grace: float) -> int:
        """Ask the child to end, kill it after `grace` seconds, and return its exit code."""
        stop_children([self], grace=grace)
        return self.wait(KILL_LIMIT_SECONDS)

    def wait(self, limit: float) -> int:
        """Wait until the child ends by itself and return its exit code. Raises ChildError after `limit` seconds."""
        try:
            return self._process.wait(limit)
        except subprocess.TimeoutExpired:
            message = f"{self.name} (process {self.pid}) still runs after {limit:g} s"
            raise ChildError(message) from None


def start_child(
    name: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    output: Path | int | None = None,
) -> Child:
    """Start `command` tied to the life of this process and return at once.

    `environment` is added to this process's own; `output` is a file to append to, `subprocess.PIPE`, or None for this
    process's own output; standard input is empty. Raises ChildError off Linux, off the main thread, or when the guard
    cannot start. A command that does not exist ends with exit code 120 and a line in its output.
    """
    _require_guardable()
    guarded = [sys.executable, "-I", "-S", str(GUARD), str(os.getpid()), *command]
    with ExitStack() as stack:
        try:
            target = stack.enter_context(output.open("ab")) if isinstance(output, Path) else output
            process = subprocess.Popen(  # noqa: S603  # the command comes from our own code, never from a request
                guarded,
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=None if target is None else subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                cwd=directory,
                process_group=0,
            )
        except OSError as error:
            message = f"cannot start {name}: {error}"
            raise ChildError(message) from error
    return Child(name, process)


def stop_children(children: Sequence[Child], *, grace: float) -> list[Child]:
    """Ask all children to end, wait `grace` seconds for them together, kill the rest and return those killed.

    An interruption (a second Ctrl-C) kills whoever is left at once before it goes on.
    """
    try:
        for child in children:
            child.send(signal.SIGTERM)
            # A paused child would keep the request pending until the grace is over.
            child.resume()
        deadline = time.monotonic() + grace
        while any(child.alive for child in children) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    finally:
        left = [child for child in children if child.alive]
        for child in left:
            child.send(signal.SIGKILL)
        for child in left:
            child.wait(KILL_LIMIT_SECONDS)
    return left


def _require_guardable() -> None:
    """Raise ChildError where a child could outlive its parent."""
    if sys.platform != "linux":
        message = (
            "Kindline can start child processes on Linux only, where the kernel ends them with their parent. "
            "Elsewhere run Kafka yourself, set KINDLINE_KAFKA to its address, and start each service in a terminal."
        )
        raise ChildError(message)
    # The kernel's promise follows the thread that started the child: a worker thread's end would kill the child.
    if threading.current_thread() is not threading.main_thread():
        message = "a child process must be started from the main thread, or it would die with the thread"
        raise ChildError(message)
