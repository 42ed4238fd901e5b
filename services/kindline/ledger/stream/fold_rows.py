"""The value of one row of a stream room's state: a compact JSON list that begins with the version of its shape.

Promises a room that what it wrote comes back equal, and that a row of another version is never taken for its own.
"""

import json
from collections.abc import Sequence
from typing import Any


class UnknownRow(ValueError):
    """A row was written by a version that this one does not know."""


def write_row(version: int, fields: Sequence[object]) -> bytes:
    """The value that keeps these fields."""
    return json.dumps([version, *fields], separators=(",", ":"), ensure_ascii=False).encode()


def read_row(version: int, value: bytes) -> list[Any]:
    """The fields that a value keeps. Raises UnknownRow for another version."""
    fields: list[Any]
    written, *fields = json.loads(value)
    if written != version:
        raise UnknownRow(f"a row of version {written}, this process knows {version}")
    return fields
