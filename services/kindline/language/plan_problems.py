"""What the checks of a plan find: one thing that is wrong, where it stands, and what would be right."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong with a plan."""

    path: tuple[str | int, ...]
    """Field names and list indices from the plan's top."""
    message: str
    """What is wrong and what would be right."""

    def __str__(self) -> str:
        """The problem as one line."""
        return f"{'.'.join(map(str, self.path))}: {self.message}"
