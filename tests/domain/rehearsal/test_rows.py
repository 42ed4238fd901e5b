"""A bank's call log is read row by row, and nothing that is wrong with a row stops the reading."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kindline.rehearsal.domain.calls import LoggedCall, Outcome, RowDefect
from kindline.rehearsal.domain.rows import NotACallLog, read_rows
from tests.domain.rehearsal.bank_log import HEADER, SERVED, call, defect, read, row


def test_a_served_call_is_read_as_it_was() -> None:
    """A row becomes a call with its place in the day, its wait, its service and its server."""
    found = call()
    assert (found.key, found.customer, found.priority, found.kind) == ("AA0101-33118-990118", "C000002", 2, "PS")
    assert found.day == date(1999, 1, 18)
    assert (found.entered_at, found.queued_at, found.queue_seconds) == (24920, 24926, 17)
    assert (found.outcome, found.service_seconds, found.server) == (Outcome.SERVED, 54, "AG12")


def test_the_original_file_reads_the_same() -> None:
    """The original header and line ends give the same calls as the mended ones."""
    original = [HEADER.replace("vru_line", "vru+line") + "\r\n", row() + "\r\n", "\r\n"]
    assert list(read_rows(original)) == read(row())


def test_a_file_of_something_else_is_refused() -> None:
    """A file without the columns of a call log is named as such, with what is missing."""
    with pytest.raises(NotACallLog, match="q_time"):
        list(read_rows(["name\tage", "x\t1"]))
    with pytest.raises(NotACallLog, match="empty"):
        list(read_rows([]))


@pytest.mark.parametrize(
    "line, reason",
    [
        (row() + "\tmore", "has 18 fields, not 17"),
        ("only\tthree\tfields", "has 3 fields, not 17"),
        (row(vru_entry="7:61:00"), "vru_entry '7:61:00' is no time of day"),
        (row(vru_entry="noon"), "vru_entry 'noon' is no time of day"),
        (row(q_time="soon"), "q_time 'soon' is no whole number"),
        (row(q_time="80000"), "q_time is 80000 s, over half a day"),
        (row(date="990132"), "date '990132' is no yymmdd"),
        (row(outcome="LOST"), "outcome 'LOST' is none of AGENT, HANG, PHANTOM"),
        (row(call_id=""), "names no line or no call"),
    ],
)
def test_a_broken_row_says_what_is_wrong(line: str, reason: str) -> None:
    """A row that cannot be used is reported with its line and its reason."""
    assert defect(line) == RowDefect(line_number=2, reason=reason)


def test_an_empty_cell_is_what_the_log_does_not_know() -> None:
    """A log that leaves service empty of those who hung up has its abandons; a served call may lack its times."""
    unserved = call(outcome="HANG", ser_start="", ser_exit="", ser_time="", server="")
    assert (unserved.outcome, unserved.service_seconds, unserved.served_at) == (Outcome.LEFT_QUEUE, None, None)
    served = call(priority="", ser_start="", ser_exit="", ser_time="")
    assert (served.priority, served.service_seconds, served.served_at) == (0, None, served.queued_at + 17)


def test_a_broken_row_stops_nobody_else() -> None:
    """The rows around a broken one are read."""
    found = read(row(call_id="1"), "broken", row(call_id="2"))
    assert [type(each) for each in found] == [LoggedCall, RowDefect, LoggedCall]


def test_a_call_id_that_comes_again_on_another_line_is_another_call() -> None:
    """Line, call id and date together tell calls apart, so a repeat of the call id alone merges nothing."""
    found = read(row(), row(vru_line="AA0102"), row(date="990119"))
    assert len({each.key for each in found if isinstance(each, LoggedCall)}) == 3


def test_the_same_call_twice_counts_once() -> None:
    """A row that repeats line, call id and date is reported, not counted again."""
    [_, repeat] = read(row(), row(priority="0"))
    assert isinstance(repeat, RowDefect)
    assert "there already" in repeat.reason


def test_a_caller_who_left_in_the_menu_never_waited_in_a_queue() -> None:
    """Hanging up without a time in the queue, or within its first second, is leaving the menu."""
    nothing = {"outcome": "HANG", "q_time": "0", "q_start": "0:00:00", "q_exit": "0:00:00"}
    assert call(**nothing).outcome is Outcome.LEFT_MENU
    assert call(outcome="HANG", q_time="1").outcome is Outcome.LEFT_QUEUE


def test_a_caller_who_hung_up_was_served_by_nobody() -> None:
    """A service time and a server beside a caller who hung up are not believed."""
    found = call(outcome="HANG")
    assert (found.service_seconds, found.served_at, found.server) == (None, None, "")


def test_an_agent_without_a_name_still_served() -> None:
    """An answered call without a server counts as served, and puts nobody on the staff."""
    found = call(server="NO_SERVER")
    assert (found.outcome, found.server) == (Outcome.SERVED, "")


@pytest.mark.parametrize("service", ["0", "-1", "-40000", "86399"])
def test_a_service_time_that_cannot_be_is_unknown(service: str) -> None:
    """No service time, one below zero and one of half a day are unknown, to be drawn later."""
    assert call(ser_time=service).service_seconds is None


def test_midnight_is_put_right() -> None:
    """Durations over midnight and a service on the other side of it are placed where they belong."""
    found = call(
        vru_entry="23:59:23", vru_exit="23:59:28", vru_time="5", q_time="-86365", ser_start="0:00:03", ser_time="-86348"
    )
    assert (found.queue_seconds, found.service_seconds) == (35, 52)
    assert found.served_at == 86_403


def test_a_service_that_began_before_the_queue_ended_is_no_trouble() -> None:
    """The switch and the voice menu have clocks of their own, and the call's wait is the queue's."""
    found = call(ser_start="6:55:41")
    assert (found.queue_seconds, found.served_at) == (17, 24941)


def test_a_menu_that_ends_before_it_began_takes_no_time() -> None:
    """A clock that slips back makes no negative time."""
    assert call(vru_exit="6:55:00", vru_time="-20").menu_seconds == 0


def test_customer_zero_is_nobody() -> None:
    """The number 0 stands for an unknown customer, and unknown customers are not one person."""
    assert call(customer_id="0").customer == ""


@given(
    some.dictionaries(
        some.sampled_from(sorted(SERVED)), some.text(some.characters(exclude_characters="\t\r\n"), max_size=12)
    )
)
def test_no_field_whatever_stops_the_reading(changes: dict[str, str]) -> None:
    """Whatever stands in the fields of a row, it becomes a call without negative times, or a defect."""
    [found] = read(row(**changes))
    if isinstance(found, LoggedCall):
        assert found.menu_seconds >= 0
        assert found.queue_seconds >= 0
        assert found.service_seconds is None or found.service_seconds > 0
    else:
        assert found.reason
