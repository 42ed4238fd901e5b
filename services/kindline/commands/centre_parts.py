"""The parts of a running centre: one child process each, its port, its log and its readiness.

Promises the centre that a part can be started again by the same words, and that the token secret is read by its owner
only and shown by nobody.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kindline.runtime.children import Child, start_child
from kindline.runtime.settings import LOOPBACK

RESTARTS, RESTART_WINDOW_SECONDS = 5, 60.0
LINES_SHOWN = 12


@dataclass(slots=True)
class Part:
    """One child process: how it is started, and when it last was."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    admin: str = ""
    child: Child | None = None
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS + 1))

    def start(self) -> None:
        """Start it, or start it again."""
        self.starts.append(time.monotonic())
        self.child = start_child(self.name, self.command, environment=self.environment, output=self.log)

    @property
    def tired(self) -> bool:
        """Whether it has been started too often of late."""
        return len(self.starts) > RESTARTS and self.starts[-1] - self.starts[0] < RESTART_WINDOW_SECONDS


class Ports:
    """Gives the usual ports, or free ones."""

    def __init__(self, *, free: bool) -> None:
        self._free = free

    def pick(self, usual: int) -> int:
        """The usual port, or a free one when there is no usual one or only free ones are wanted."""
        if usual and not self._free:
            return usual
        with socket.socket() as found:
            found.bind((LOOPBACK, 0))
            return int(found.getsockname()[1])


def secret_file_of(directory: Path) -> Path:
    """A file with a secret that only its owner may read; made on the first start."""
    file = directory / "token-secret"
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as target:
            target.write(secrets.token_urlsafe(48))
    return file


def is_ready(address: str) -> bool:
    """Whether the admin page at this address says that its service is ready."""
    try:
        with urllib.request.urlopen(f"http://{address}/ready", timeout=1.0) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's word for yes
    except (urllib.error.URLError, OSError):
        return False


def tail_of(log: Path) -> str:
    """The last lines of a log, for a person."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-LINES_SHOWN:])
