"""What records of the decision log say, understood a few at a time, for everybody who folds them.

Promises readers each record in its order with what it says, and that trouble with one comes when its turn does: whether
it counts at all is told only by those before it. A few are understood before the first of them is folded, since a
processor does soonest what it has just done: to do both in turns, record by record, takes an eighth longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from kindline.language.log import DecisionRecord
from kindline.ledger.codec import Undecodable, UnknownFact, decode_decision
from kindline.ledger.port import Record

Understood = DecisionRecord | UnknownFact | Undecodable | None
"""What a record says, or why nobody can tell; None for a tombstone, which says nothing."""
TROUBLES: Final = (UnknownFact, Undecodable)
"""The classes of why nobody can tell; as a union they would be put together at each question."""

BYTES_TOGETHER: Final = 8_192
"""Some twenty batches of a few facts each: what comes of them stays at hand, which of a hundred it does not. Whoever
reads long batches has one or two of them at a time, and keeps nobody waiting for longer than before."""


def understood(record: Record, only: frozenset[str] | None = None) -> Understood:
    """What a record says; of a batch's facts `only` those whose classes are named, if given."""
    if record.value is None:
        return None
    try:
        return decode_decision(record.value, only)
    except TROUBLES as problem:
        return problem


def together(records: Iterable[Record]) -> Iterator[tuple[Record, Understood]]:
    """Each record and what it says, in their order."""
    some: list[tuple[Record, Understood]] = []
    size = 0
    for record in records:
        some.append((record, understood(record)))
        size += len(record.value or b"")
        if size >= BYTES_TOGETHER:
            yield from some
            some, size = [], 0
    yield from some
