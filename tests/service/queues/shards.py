"""Runs a stream room's own shard over a log without a broker: committed, killed, repeated, as a test wants it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from kindline.language.log import DecisionRecord
from kindline.ledger import codec, topics
from kindline.ledger.port import Partition, Record
from kindline.ledger.stream import Output, StreamRoom
from kindline.ledger.stream.rows import load_partition
from kindline.ledger.stream.shard import Shard, Taken


def log_of(records: Sequence[DecisionRecord]) -> list[Record]:
    """The records as they lie in the log."""
    partition = Partition(topics.DECISIONS, 0)
    return [Record(partition, offset, 50.0, b"0", codec.encode(record)) for offset, record in enumerate(records)]


def run_through(
    room: StreamRoom[Any], log: Sequence[Record], *, stops: Collection[int] = (), kills: Collection[int] = ()
) -> tuple[dict[bytes, bytes], list[Output]]:
    """Fold the log; at `stops` the worker stops cleanly and another starts, at `kills` it dies after its last commit.

    A commit is made before every offset that is a multiple of 7. Gives the rows and everything that was said.
    """
    table: dict[bytes, bytes] = {}
    said: list[Output] = []
    done = set[int]()
    shard = _start(room, table)
    offset = 0
    while offset < len(log):
        if offset in stops or offset % 7 == 0:
            _commit(shard, table)
        if offset in {*stops, *kills} - done:
            done.add(offset)
            shard = _start(room, table)
            offset = shard.next_offset or 0
            continue
        taken, outputs = shard.take(log[offset])
        assert taken is Taken.FOLDED
        assert shard.take(log[offset])[0] is Taken.REPEATED
        said.extend(outputs)
        offset += 1
    _commit(shard, table)
    return load_partition(0, table.items()).rows, said


def _start(room: StreamRoom[Any], table: dict[bytes, bytes]) -> Shard[Any]:
    shard = Shard.load(room, 0, table.items(), b"w" * 16)
    shard.next_offset = shard.next_offset or 0
    return shard


def _commit(shard: Shard[Any], table: dict[bytes, bytes]) -> None:
    for key, value in shard.commit():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
