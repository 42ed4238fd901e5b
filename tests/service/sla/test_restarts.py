"""Clocks that are stopped, killed and started again say what they would have said, under the same ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindline.language.ids import INTERACTIONS
from kindline.language.log import DecisionRecord
from kindline.ledger import codec
from kindline.ledger.stream import Output, StreamRoom
from kindline.ledger.stream.fold_rows import UnknownRow
from kindline.sla.adapters.folding import sla_room
from kindline.sla.adapters.rows import load_clocks
from tests.domain.queues.story import drawn, steps, told
from tests.service.queues.shards import log_of, run_through

offsets = st.sets(st.integers(0, 60), max_size=4)


def room() -> StreamRoom[DecisionRecord]:
    """The room, with nobody counting."""
    return sla_room(lambda *_: None, {})


def by_id(outputs: list[Output]) -> dict[bytes, Output]:
    """What a reader holds who drops repeats, after making sure that one id never says two things."""
    found: dict[bytes, Output] = {}
    for output in outputs:
        event_id = dict(output.headers)["ce_id"]
        assert found.setdefault(event_id, output) == output
    return found


@given(steps, offsets)
def test_a_clean_restart_at_any_record_changes_nothing(numbers: list[tuple[int, int, int]], stops: set[int]) -> None:
    """Rows and facts are the same, one by one, wherever the worker was stopped and started."""
    log = log_of(told(numbers))
    assert run_through(room(), log, stops=stops) == run_through(room(), log)


@given(steps, offsets)
def test_a_killed_worker_repeats_only_what_has_the_same_name(
    numbers: list[tuple[int, int, int]], kills: set[int]
) -> None:
    """After a kill some facts are said again, byte for byte under the same ids, and none is missing."""
    log = log_of(told(numbers))
    rows, said = run_through(room(), log, kills=kills)
    whole_rows, whole_said = run_through(room(), log)
    assert rows == whole_rows
    assert by_id(said) == by_id(whole_said)


def test_a_long_day_leaves_rows_of_open_interactions_only() -> None:
    """After a day in which hundreds came and went, settled clocks have left no row behind."""
    rows, said = run_through(room(), log_of(drawn(2, 3_000)))
    clocks = load_clocks(rows)
    assert len(by_id(said)) > 300
    assert len(clocks.contacts) < 400
    assert clocks.running == sum(len(contact.clocks) for contact in clocks.contacts.values())


def test_what_is_published_can_be_read_back() -> None:
    """A fact on the wire names its promise, its kind and its time in the envelope."""
    _, said = run_through(room(), log_of(drawn(3, 300)))
    for output in said:
        event, envelope = codec.decode_sla(output.value or b""), dict(output.headers)
        assert envelope["ce_type"].decode() == type(event).__name__
        assert envelope["ce_id"].decode().startswith(f"{event.clock.clock_id}.")
        assert envelope["ce_subject"].decode() == event.clock.interaction_id
        assert (output.key, output.partition) == (event.clock.pool.encode(), 0)


def test_a_row_of_another_version_is_refused() -> None:
    """Rows that a later version wrote are not guessed at."""
    with pytest.raises(UnknownRow):
        load_clocks({b"c" + INTERACTIONS.hex.encode(): b'[2,"acme/support",2,true,false,[]]'})
