"""A floor that is stopped, killed and started again shows what it would have shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindline.language.floor import QueueState
from kindline.language.log import DecisionRecord
from kindline.language.reading import LevelTooHigh
from kindline.ledger import codec, topics
from kindline.ledger.codec import UnknownFact
from kindline.ledger.port import Partition, Record
from kindline.ledger.stream import Output, StreamRoom
from kindline.ledger.stream.fold_rows import UnknownRow
from kindline.ledger.stream.hosting import read_decision_log
from kindline.queues.adapters.folding import queues_room
from kindline.queues.adapters.rows import load_kept
from kindline.v1 import decision_pb2
from tests.domain.queues.story import drawn, steps, told
from tests.service.queues.shards import log_of, run_through

offsets = st.sets(st.integers(0, 60), max_size=4)


def room() -> StreamRoom[DecisionRecord]:
    """The room, with nobody counting."""
    return queues_room(lambda *_: None, {})


def last_said(outputs: list[Output]) -> dict[bytes, bytes | None]:
    """What a reader of the compacted topic holds."""
    return {output.key: output.value for output in outputs}


@given(steps, offsets)
def test_a_clean_restart_at_any_record_changes_nothing(numbers: list[tuple[int, int, int]], stops: set[int]) -> None:
    """Rows and words are the same, one by one, wherever the worker was stopped and started."""
    log = log_of(told(numbers))
    assert run_through(room(), log, stops=stops) == run_through(room(), log)


@given(steps, offsets)
def test_a_killed_worker_repeats_itself_and_ends_the_same(numbers: list[tuple[int, int, int]], kills: set[int]) -> None:
    """After a kill some words are said again, but the rows and the last words are those of a worker never killed."""
    log = log_of(told(numbers))
    rows, said = run_through(room(), log, kills=kills)
    whole_rows, whole_said = run_through(room(), log)
    assert rows == whole_rows
    assert last_said(said) == last_said(whole_said)


def test_a_long_day_ends_with_as_many_rows_as_there_is_to_show() -> None:
    """After a day in which hundreds came and went only those who are still there have a row."""
    rows, said = run_through(room(), log_of(drawn(1, 3_000)))
    kept = load_kept(rows)
    shown = [codec.decode_floor(value) for value in last_said(said).values() if value is not None]
    here = sum(row.waiting + row.offered + row.active for row in shown if isinstance(row, QueueState))
    assert 0 < here <= len(kept.contacts) < 400
    assert max(map(len, rows.values())) < 2_000


def test_a_batch_with_an_unknown_fact_stops_the_shard_only_if_it_counts() -> None:
    """What this version does not know is never skipped; but the late words of a former owner stop nobody."""
    judge, partition = read_decision_log(), Partition(topics.DECISIONS, 0)
    log = log_of(told([]))
    reading = judge(None, log[0]).reading
    for owner, seq in (("owner-1", 1), ("somebody", 1)):
        message = decision_pb2.DecisionRecord()
        message.decision_batch.epoch, message.decision_batch.owner, message.decision_batch.seq = 1, owner, seq
        message.decision_batch.facts.add()
        record = Record(partition, 1, 0.0, b"0", message.SerializeToString())
        if owner == "owner-1":
            with pytest.raises(UnknownFact):
                judge(reading, record)
        else:
            assert judge(reading, record).reading == reading


def test_a_batch_of_a_higher_level_stops_the_shard() -> None:
    """A log that asks for more understanding than this version has is not read on."""
    judge, partition = read_decision_log(), Partition(topics.DECISIONS, 0)
    reading = judge(None, log_of(told([]))[0]).reading
    message = decision_pb2.DecisionRecord()
    message.decision_batch.epoch, message.decision_batch.owner, message.decision_batch.seq = 1, "owner-1", 1
    message.decision_batch.level = 99
    with pytest.raises(LevelTooHigh):
        judge(reading, Record(partition, 1, 0.0, b"0", message.SerializeToString()))


def test_a_row_of_another_version_is_refused() -> None:
    """Rows that a later version wrote are not guessed at."""
    with pytest.raises(UnknownRow):
        load_kept({b"t": b"[2,5.0]"})
