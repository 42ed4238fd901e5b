"""The rows of a snapshot's parts, each made when it is asked for: a part holds thousands, too many to make at once.

Nor does anybody here keep them: a million rows that nobody wants any more would be dropped at once, a second's work.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence

from google.protobuf.message import DecodeError

from kindline.language.snapshot import SnapshotRow
from kindline.ledger.codec.coders import MESSAGES, Coder, union_coder
from kindline.ledger.codec.errors import Undecodable


class RowsOfParts:
    """All rows of these parts, made anew each time they are gone through. Then raises Undecodable."""

    __slots__ = ("_values",)

    def __init__(self, values: Sequence[bytes]) -> None:
        """Keep the bytes of the parts, in their order."""
        self._values = values

    def __iter__(self) -> Iterator[SnapshotRow]:
        """One row after the other."""
        return rows_of_parts(self._values)


def rows_of_parts(values: Iterable[bytes]) -> Iterator[SnapshotRow]:
    """The rows of the parts among these records of kindline.snapshots, in their order. Raises Undecodable."""
    for value in values:
        try:
            record = MESSAGES["SnapshotRecord"].FromString(value)
        except DecodeError as error:
            raise Undecodable("these bytes are no record of a snapshot") from error
        yield from map(_row().build, record.snapshot_part.rows)


@functools.cache
def _row() -> Coder:
    return union_coder("SnapshotRow", SnapshotRow)
