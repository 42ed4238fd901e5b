"""Records as they stand in a ledger: what cannot be read is found, and stops nobody's audit."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kindline.audit.ledger_book import LedgerBook
from kindline.audit.reading import take_record
from kindline.audit.service import command
from kindline.ledger.port import Partition, Record


@pytest.mark.parametrize("topic", ["kindline.decisions", "kindline.sla", "kindline.floor"])
def test_garbage_where_only_kindline_writes_is_found(topic: str) -> None:
    """A broken record is named with its place, and the audit goes on."""
    book = LedgerBook(1)
    take_record(book, Record(Partition(topic, 0), 7, 0.0, b"key", b"\xff\xff\xff"))
    assert [(found.invariant, found.place) for found in book.findings.kept] == [("log", f"{topic}/0@7")]


def test_garbage_that_a_stranger_sent_is_an_input_like_any_other() -> None:
    """A broken event is judged by what became of it, not by what it is."""
    book = LedgerBook(1)
    take_record(book, Record(Partition("kindline.interactions", 0), 7, 0.0, b"key", b"\xff\xff\xff"))
    assert book.findings.total == 0


def test_a_report_that_cannot_be_written_is_told_before_the_reading(tmp_path: Path) -> None:
    """Where the folder is a file the audit ends with 2 and the reason, since 1 would say that it found a violation."""
    (tmp_path / "taken").write_text("")
    result = CliRunner().invoke(command, ["--json", str(tmp_path / "taken" / "audit.json"), "--kafka", "127.0.0.1:1"])
    assert result.exit_code == 2
    assert "name a file in a folder that you may write to" in " ".join(result.output.split())
