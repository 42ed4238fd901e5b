"""Records as they stand in a ledger: what cannot be read is found, and stops nobody's audit."""

from __future__ import annotations

import pytest

from kindline.audit.ledger_book import LedgerBook
from kindline.audit.reading import take_record
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
