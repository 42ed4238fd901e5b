"""What a running contact centre says of itself in `.kindline/centre.json`, so that other commands find it.

Promises `agent`, `watch`, `audit` and `rehearse` that they need no addresses on one machine: what is in the file is
where things are, for as long as the process that wrote it lives.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

DIRECTORY = Path(".kindline")
FILE_NAME = "centre.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCentre:
    """Where the parts of one running contact centre are."""

    process: int
    kafka: str
    presence: str
    routing: str
    chat: str
    admin: Mapping[str, str] = field(default_factory=dict)
    """Service to `host:port` of its admin pages."""
    edges: Mapping[str, str] = field(default_factory=dict)
    """Service to `host:port` of the edge it serves, each replica by its own name."""
    clock: str = ""
    """KINDLINE_CLOCK with its wall origin; empty: the wall."""
    secret_file: str = ""
    """File that holds the token secret; never the secret itself."""
    processes: Mapping[str, int] = field(default_factory=dict)
    """Service to its process id, for people who want to look at one, or to end one."""

    def write(self, directory: Path) -> None:
        """Replace the directory's file, whole or not at all."""
        new = directory / f"{FILE_NAME}.new"
        new.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        new.replace(directory / FILE_NAME)


def find_running(directory: Path = DIRECTORY) -> RunningCentre | None:
    """The centre that runs in this directory; None when none does."""
    try:
        found = RunningCentre(**json.loads((directory / FILE_NAME).read_text(encoding="utf-8")))
        os.kill(found.process, 0)
    except (OSError, ValueError, TypeError):
        return None
    return found


def forget_running(directory: Path) -> None:
    """Take the file away when the centre has stopped."""
    (directory / FILE_NAME).unlink(missing_ok=True)
