"""The whole of January 1999 at a bank, against the figures published with the file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from statistics import median

import pytest

from kindline.rehearsal.domain.calls import LoggedCall, Outcome, RowDefect
from kindline.rehearsal.domain.figures import log_figures
from kindline.rehearsal.domain.script import draws_from, script
from kindline.rehearsal.domain.staffing import at_work, shifts
from tests.domain.rehearsal.bank_log import january


@pytest.fixture(scope="module")
def rows() -> Sequence[LoggedCall | RowDefect]:
    """Every row of the file."""
    return january()


@pytest.fixture(scope="module")
def calls(rows: Sequence[LoggedCall | RowDefect]) -> Sequence[LoggedCall]:
    """Every call of the file."""
    return [row for row in rows if isinstance(row, LoggedCall)]


def test_every_row_is_a_call(rows: Sequence[LoggedCall | RowDefect], calls: Sequence[LoggedCall]) -> None:
    """All 31,599 rows are read, 240 of them phantoms, and no two calls are taken for one."""
    assert len(rows) == len(calls) == len({call.key for call in calls}) == 31_599
    assert sum(call.outcome is Outcome.PHANTOM for call in calls) == 240
    assert len({(call.line, call.call_id) for call in calls}) == 31_599
    assert len(calls) - len({call.call_id for call in calls}) == 16_854


def test_the_month_has_its_published_figures(calls: Sequence[LoggedCall]) -> None:
    """Offered, queued, served, abandoned, waits and the four service levels are those published with the file."""
    found = log_figures(calls)
    assert found.served + found.abandoned_in_queue == 30_140
    assert (found.queued, found.abandoned_in_queue) == (16_665, 3_080)
    assert sum(call.service_seconds is not None for call in calls) == 26_783
    assert found.mean_wait_of_queued == pytest.approx(68.18, abs=0.005)
    assert found.median_wait_of_queued == 46
    assert found.levels.answered_of_answered == pytest.approx(0.6061, abs=0.00005)
    assert found.levels.answered_of_offered == pytest.approx(0.5442, abs=0.00005)
    assert found.levels.answered_of_offered_less_short == pytest.approx(0.5465, abs=0.00005)
    assert found.levels.answered_or_abandoned_of_offered == pytest.approx(0.5769, abs=0.00005)
    assert found.mean_service == pytest.approx(185.35, abs=0.005)
    assert median(call.service_seconds for call in calls if call.service_seconds is not None) == 114
    assert len({call.server for call in calls if call.server}) == 28


def test_every_arrival_is_served_or_gone(calls: Sequence[LoggedCall]) -> None:
    """In the log itself served and abandoned make up the arrivals."""
    found = log_figures(calls)
    assert found.arrivals == found.served + found.abandoned == 31_359


def test_the_eighteenth_can_be_played(calls: Sequence[LoggedCall]) -> None:
    """The busiest Monday gives a script without a gap: every call an end, every server a shift."""
    day = [call for call in calls if call.day == date(1999, 1, 18)]
    found = script(day, draws_from(calls, seed=1), midnight=0.0)
    assert len(found) == 1_554
    assert all(call.service_seconds > 0 for call in found)
    assert all(call.patience_seconds > 0 for call in found if call.wants_agent)
    crew = shifts(at_work(day), begin=7 * 3600, until=26 * 3600)
    assert {shift.agent_id for shift in crew} == {
        call.server for call in day if call.server and call.entered_at > 25_000
    }
    busiest = log_figures([call for call in day if 15 * 3600 + 900 <= call.entered_at < 15 * 3600 + 1800])
    assert busiest.arrivals == 135
