"""A partition's rows in the table: a commit cut short at any write reads as before it or as after it, never between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindline.language.reading import Reading
from kindline.ledger.stream.overlap import OverlapWatch
from kindline.ledger.stream.rows import (
    Change,
    PartitionRows,
    ReadingRow,
    UnreadableRow,
    encode_commit,
    load_partition,
    reading_key,
)

WRITER, OTHER, THIRD = b"a" * 16, b"b" * 16, b"c" * 16
KEYS = st.sampled_from([b"", b"queue", b"agent", "台灣".encode(), b"\x00\x01"])
CHANGES = st.dictionaries(KEYS, st.none() | st.binary(max_size=20), max_size=5)


def apply(table: dict[bytes, bytes], writes: list[Change]) -> dict[bytes, bytes]:
    """Give the table as the changelog leaves it."""
    after = dict(table)
    for key, value in writes:
        if value is None:
            after.pop(key, None)
        else:
            after[key] = value
    return after


def fold(rows: dict[bytes, bytes], changes: dict[bytes, bytes | None]) -> dict[bytes, bytes]:
    """Give the rows after a commit."""
    return apply(rows, [Change(key, value) for key, value in changes.items()])


@given(commits=st.lists(CHANGES, min_size=1, max_size=4), partition=st.integers(0, 2**32 - 1))
def test_a_commit_cut_short_anywhere_is_read_as_before_or_as_after(
    commits: list[dict[bytes, bytes | None]], partition: int
) -> None:
    """A worker killed in the middle of writing leaves a state that some moment really had, with its right position."""
    table: dict[bytes, bytes] = {}
    rows: dict[bytes, bytes] = {}
    for number, changes in enumerate(commits, start=1):
        after = fold(rows, changes)
        reading = ReadingRow(Reading(7, "worker", number), number * 10, WRITER)
        writes = encode_commit(partition, [Change(key, value) for key, value in changes.items()], reading)
        for cut in range(len(writes) + 1):
            loaded = load_partition(partition, apply(table, writes[:cut]).items())
            done = loaded.reading is not None and loaded.reading.next_offset == number * 10
            assert loaded.rows == (after if done else rows)
            assert done or (loaded.reading is None) == (number == 1)
            assert cut < len(writes) or done
        table, rows = apply(table, writes), after


@given(commits=st.lists(CHANGES, min_size=1, max_size=3))
def test_what_a_cut_commit_owes_is_written_by_the_next(commits: list[dict[bytes, bytes | None]]) -> None:
    """After a kill in the middle of writing, the table is whole again with the next write."""
    table: dict[bytes, bytes] = {}
    rows: dict[bytes, bytes] = {}
    for number, changes in enumerate(commits, start=1):
        rows = fold(rows, changes)
        writes = encode_commit(0, [Change(*one) for one in changes.items()], ReadingRow(None, number, WRITER))
        loaded = load_partition(0, apply(table, writes[:1]).items())
        owed = PartitionRows(loaded.rows, loaded.owed).take_changes()
        mended = apply(apply(table, writes[:1]), encode_commit(0, owed, ReadingRow(None, number + 100, WRITER)))
        assert load_partition(0, mended.items()) == (rows, ReadingRow(None, number + 100, WRITER), [])
        table = apply(table, writes)


def test_partitions_in_one_store_keep_apart() -> None:
    """Two partitions held by one worker never see each other's rows."""
    table: dict[bytes, bytes] = {}
    for partition in (0, 1, 256):
        reading = ReadingRow(None, partition + 5, WRITER)
        table = apply(table, encode_commit(partition, [Change(b"queue", b"%d" % partition)], reading))
    assert load_partition(256, table.items()).rows == {b"queue": b"256"}
    assert load_partition(2, table.items()) == ({}, None, [])


@pytest.mark.parametrize("value", [b"", b"x" * 12, ReadingRow(None, 3, WRITER).encode() + b"tail"])
def test_a_reading_row_of_another_shape_is_refused(value: bytes) -> None:
    """State written by a version that this one does not know is never guessed at."""
    with pytest.raises(UnreadableRow):
        load_partition(0, {reading_key(0): value}.items())


@given(epoch=st.integers(0, 2**62), owner=st.text(max_size=40), seq=st.integers(0, 2**62), rebuilding=st.booleans())
def test_a_reading_row_says_what_was_written(epoch: int, owner: str, seq: int, *, rebuilding: bool) -> None:
    """A position comes back exactly as it was stored."""
    row = ReadingRow(Reading(epoch, owner, seq), 12, WRITER, rebuilding)
    assert ReadingRow.decode(row.encode()) == row


def test_a_fold_that_is_undone_leaves_no_trace() -> None:
    """When the rules refuse an event half way, nothing of it stays in the state or is written."""
    rows = PartitionRows({b"kept": b"1", b"gone": b"2"})
    rows.begin()
    rows[b"kept"], rows[b"new"] = b"9", b"9"
    del rows[b"gone"]
    rows.undo()
    assert dict(rows) == {b"kept": b"1", b"gone": b"2"}
    assert rows.take_changes() == []


def _watch(writers: list[bytes]) -> bool:
    watch = OverlapWatch()
    for offset, writer in enumerate(writers):
        watch.saw(0, offset, reading_key(0), ReadingRow(None, offset, writer).encode())
    return watch.found(0)


def test_a_worker_that_writes_after_its_successor_is_noticed() -> None:
    """A paused worker that wakes too late cannot spoil the state unseen."""
    assert _watch([WRITER, WRITER, OTHER, WRITER])
    assert _watch([WRITER, OTHER, THIRD, OTHER, THIRD])
    assert not _watch([WRITER, WRITER, OTHER, OTHER, THIRD])


def test_an_overlap_is_forgotten_when_the_replay_begins_again_without_it() -> None:
    """What was noticed of one replay says nothing about the next."""
    watch = OverlapWatch()
    for offset, writer in ((0, WRITER), (1, OTHER), (2, WRITER), (0, THIRD)):
        watch.saw(0, offset, reading_key(0), ReadingRow(None, offset, writer).encode())
    assert not watch.found(0)


def test_the_size_of_what_is_uncommitted_is_known() -> None:
    """A commit is made before it grows beyond what the broker takes as one record."""
    rows = PartitionRows({})
    rows[b"queue"] = b"x" * 1_000
    rows[b"queue"] = b"y" * 1_000
    assert rows.uncommitted_bytes >= 2_000
    reading = ReadingRow(None, 1, WRITER)
    assert max(len(value or b"") for _, value in encode_commit(0, rows.take_changes(), reading)) < 2_000
    assert rows.uncommitted_bytes == 0
