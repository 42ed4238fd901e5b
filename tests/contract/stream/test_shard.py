"""One partition at work, without a broker: what comes twice, too early, or broken."""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace

import pytest

from kindline.language.reading import Reading
from kindline.ledger.port import Partition, Record
from kindline.ledger.stream import Judged, Output, Standing, StreamRoom
from kindline.ledger.stream.rows import load_partition
from kindline.ledger.stream.shard import Shard, Taken

WRITER = b"w" * 16


class SumFold:
    """Adds numbers up, and cannot stand the word `poison` after it has already changed a row."""

    def fold(self, rows: MutableMapping[bytes, bytes], record: Record, content: bytes) -> Sequence[Output]:
        """Add one number."""
        rows[b"seen"] = content
        rows[b"sum"] = b"%d" % (int(rows.get(b"sum", b"0")) + int(content))
        return [Output("sums", b"sum", rows[b"sum"])]

    def republish(self, rows: Mapping[bytes, bytes]) -> Sequence[Output]:
        """Say the sum again."""
        return [Output("sums", b"sum", rows.get(b"sum", b"0"))]


def judge(reading: Reading | None, record: Record) -> Judged[bytes]:
    """Count every record but `noise`; `gap` says that something is missing."""
    before = reading or Reading()
    if record.value == b"noise":
        return Judged(Standing.IGNORED, before)
    if record.value == b"gap":
        return Judged(Standing.GAP, before)
    return Judged(Standing.COUNTS, replace(before, seq=before.seq + 1), record.value)


ROOM = StreamRoom(
    name="sums", source="numbers", changelog="sums-changelog", read=judge, open_fold=lambda _number, _rows: SumFold()
)


def number(offset: int, value: bytes) -> Record:
    """A record of the log."""
    return Record(Partition("numbers", 0), offset, 100.0 + offset, None, value)


def new_shard() -> Shard[bytes]:
    """A shard that has read nothing."""
    return Shard.empty(ROOM, 0, 0, WRITER)


def test_a_record_that_comes_twice_counts_once() -> None:
    """An event delivered again after a restart changes nothing."""
    shard = new_shard()
    assert shard.take(number(0, b"5"))[0] is Taken.FOLDED
    assert shard.take(number(0, b"5")) == (Taken.REPEATED, ())
    assert shard.rows[b"sum"] == b"5"


def test_a_record_that_comes_too_early_is_refused() -> None:
    """When events in between are missing, the later one waits until they have been fetched."""
    shard = new_shard()
    shard.take(number(0, b"5"))
    assert shard.take(number(2, b"7"))[0] is Taken.JUMPED
    assert shard.take(number(1, b"6"))[0] is Taken.FOLDED
    assert shard.take(number(2, b"7"))[0] is Taken.FOLDED
    assert shard.rows[b"sum"] == b"18"


def test_a_hole_that_is_there_again_after_fetching_is_accepted() -> None:
    """An offset that the log never held does not stop a partition for ever."""
    shard = new_shard()
    shard.take(number(0, b"5"))
    shard.accept_hole_at = 2
    assert shard.take(number(2, b"7"))[0] is Taken.FOLDED


def test_a_fold_that_raises_changes_no_row_and_no_position() -> None:
    """One event that the rules cannot stand leaves the state as it was before it."""
    shard = new_shard()
    shard.take(number(0, b"5"))
    with pytest.raises(ValueError, match="invalid literal"):
        shard.take(number(1, b"poison"))
    assert dict(shard.rows) == {b"seen": b"5", b"sum": b"5"}
    assert shard.next_offset == 1


def test_an_ignored_record_moves_the_position_and_nothing_else() -> None:
    """What a superseded owner wrote is passed over."""
    shard = new_shard()
    shard.take(number(0, b"5"))
    shard.take(number(1, b"noise"))
    assert shard.next_offset == 2
    assert shard.rows[b"sum"] == b"5"


def test_a_gap_is_reported_and_not_folded() -> None:
    """A missing decision is noticed before anything is built on it."""
    shard = new_shard()
    assert shard.take(number(0, b"gap")) == (Taken.GAP, ())
    assert shard.next_offset == 0


def test_what_was_committed_is_what_the_next_owner_loads() -> None:
    """A new owner begins exactly where the last commit stood."""
    shard = new_shard()
    for offset, value in enumerate((b"5", b"6", b"noise")):
        shard.take(number(offset, value))
    table = {key: value for key, value in shard.commit() if value is not None}
    heir = Shard.load(ROOM, 0, table.items(), b"h" * 16)
    assert (dict(heir.rows), heir.next_offset, heir.reading) == (dict(shard.rows), 3, Reading(0, "", 2))
    assert not shard.dirty
    assert not heir.dirty


def test_throwing_away_can_be_cut_short_anywhere() -> None:
    """A rebuild that is itself interrupted is taken up again, and never leaves half a state that looks whole."""
    shard = new_shard()
    for offset in range(3):
        shard.take(number(offset, b"5"))
    table = {key: value for key, value in shard.commit() if value is not None}
    doomed = shard.throw_away(0, list(table))
    for cut in range(1, len(doomed)):
        after = dict(table)
        for key, value in doomed[:cut]:
            after.pop(key, None) if value is None else after.__setitem__(key, value)
        assert Shard.load(ROOM, 0, after.items(), WRITER).unfinished_rebuild
    for key, value in doomed:
        table.pop(key, None) if value is None else table.__setitem__(key, value)
    loaded = load_partition(0, table.items())
    assert loaded.rows == {}
    assert loaded.reading is not None
    assert not loaded.reading.rebuilding


def test_throwing_away_forgets_rows_that_were_deleted_since_the_last_commit() -> None:
    """A row that is in the table no longer counts after a rebuild, although the state had let go of it already."""
    shard = new_shard()
    shard.take(number(0, b"5"))
    table = {key: value for key, value in shard.commit() if value is not None}
    del shard.rows[b"seen"]
    for key, value in shard.throw_away(0, list(table)):
        table.pop(key, None) if value is None else table.__setitem__(key, value)
    assert load_partition(0, table.items()).rows == {}


def test_throwing_away_leaves_other_partitions_alone() -> None:
    """One store may hold several partitions; only the rows of the one that is rebuilt go."""
    mine, other = new_shard(), Shard.empty(ROOM, 1, 0, WRITER)
    for shard in (mine, other):
        shard.take(number(0, b"5"))
    table = {change.key: change.value for shard in (mine, other) for change in shard.commit()}
    gone = {change.key for change in mine.throw_away(0, list(table)) if change.value is None}
    kept = {key: value for key, value in table.items() if key not in gone and value is not None}
    assert load_partition(0, kept.items()).rows == {}
    assert load_partition(1, kept.items()).rows == dict(other.rows)


def test_a_new_owner_republishes_once_it_has_caught_up_and_then_every_minute() -> None:
    """Displays are refreshed when a partition changes hands, not while it is still behind, and every minute after."""
    shard = new_shard()
    shard.log_end = 2
    shard.take(number(0, b"5"))
    assert not shard.due_republication(100.0, 60.0)
    shard.take(number(1, b"6"))
    assert shard.due_republication(101.0, 60.0) == (Output("sums", b"sum", b"11"),)
    assert not shard.due_republication(160.9, 60.0)
    assert shard.due_republication(161.0, 60.0)
    assert not shard.due_republication(162.0, 60.0)


def test_while_behind_displays_get_the_newest_value_only_and_every_deletion() -> None:
    """A worker that catches up sends displays the state of now, not the film of how it came about."""
    shard = new_shard()
    shard.log_end = 3
    gone = Output("floor", b"gone", None)
    shard.take(number(0, b"5"))
    assert shard.newest([Output("floor", b"queue", b"1"), Output("floor", b"gone", b"1")]) == []
    shard.take(number(1, b"5"))
    assert shard.newest([Output("floor", b"queue", b"2"), gone]) == [gone]
    shard.take(number(2, b"5"))
    assert shard.newest([Output("floor", b"agent", b"3")]) == [
        Output("floor", b"queue", b"2"),
        Output("floor", b"agent", b"3"),
    ]
