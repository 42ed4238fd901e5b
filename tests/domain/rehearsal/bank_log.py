"""Rows of a bank's call log for tests: invented ones, and the real month where it lies beside the project."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest

from kindline.rehearsal.domain.calls import LoggedCall, RowDefect
from kindline.rehearsal.domain.rows import COLUMNS, read_rows

JANUARY = Path(__file__).parents[4] / "shared/data/anonymous_bank_1999-01.tsv.gz"
HEADER = "\t".join(COLUMNS)

SERVED = {
    "vru_line": "AA0101",
    "call_id": "33118",
    "customer_id": "C000002",
    "priority": "2",
    "type": "PS",
    "date": "990118",
    "vru_entry": "6:55:20",
    "vru_exit": "6:55:26",
    "vru_time": "6",
    "q_start": "6:55:26",
    "q_exit": "6:55:43",
    "q_time": "17",
    "outcome": "AGENT",
    "ser_start": "6:55:43",
    "ser_exit": "6:56:37",
    "ser_time": "54",
    "server": "AG12",
}


def row(**changes: str) -> str:
    """One served call as a line of the file, with changes."""
    return "\t".join({**SERVED, **changes}[column] for column in COLUMNS)


def read(*lines: str) -> list[LoggedCall | RowDefect]:
    """These lines under the usual header, read."""
    return list(read_rows([HEADER, *lines]))


def call(**changes: str) -> LoggedCall:
    """One served call, with changes."""
    [found] = read(row(**changes))
    assert isinstance(found, LoggedCall), found
    return found


def defect(line: str) -> RowDefect:
    """What is wrong with a line."""
    [found] = read(line)
    assert isinstance(found, RowDefect), found
    return found


def january() -> Sequence[LoggedCall | RowDefect]:
    """The real month; skips the test where it is not there."""
    if not JANUARY.exists():
        pytest.skip(f"the bank's log is not here: {JANUARY}; it may be used freely, but not be carried in the project")
    with gzip.open(JANUARY, "rt", encoding="utf-8", newline="") as file:
        return list(read_rows(file))
