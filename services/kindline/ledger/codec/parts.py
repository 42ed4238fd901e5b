"""The rows of a snapshot's parts, each made when it is asked for: a part holds thousands, too many to make at once."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from google.protobuf.message import DecodeError

from kindline.language.snapshot import SnapshotRow
from kindline.ledger.codec.coders import MESSAGES, Coder, union_coder
from kindline.ledger.codec.errors import Undecodable


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
