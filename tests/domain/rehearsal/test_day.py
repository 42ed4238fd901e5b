"""A day of the log becomes shifts, a script and a plan."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kindline.language.plan_checks import problems
from kindline.rehearsal.domain.bank_plan import bank_plan
from kindline.rehearsal.domain.figures import log_figures
from kindline.rehearsal.domain.script import draws_from, script
from kindline.rehearsal.domain.staffing import QUARTER_SECONDS, Shift, at_work, shifts, staffed
from tests.domain.rehearsal.bank_log import call

MIDNIGHT = 916_610_400.0
"""18 January 1999 in Jerusalem."""


def test_a_server_is_at_work_in_each_quarter_hour_that_their_service_touches() -> None:
    """A service from 7:14 to 7:31 puts its server to work in three quarter hours."""
    found = at_work([call(ser_start="7:14:00", ser_exit="7:31:00", ser_time="1020")])
    assert found == {28: {"AG12"}, 29: {"AG12"}, 30: {"AG12"}}


def test_a_service_that_ends_on_the_stroke_ends_with_its_quarter_hour() -> None:
    """Nobody is kept at work for a service that ended when the quarter hour began."""
    assert list(at_work([call(ser_start="7:14:00", ser_time="60")])) == [28]


def test_nobody_works_without_a_name() -> None:
    """An answered call that names no server puts nobody to work."""
    assert at_work([call(server="NO_SERVER"), call(call_id="2", outcome="HANG")]) == {}


def test_a_gap_in_the_work_is_a_break() -> None:
    """Quarter hours that follow each other are one stretch, and a gap between two stretches is a break."""
    quarters = {n: frozenset({"AG01"}) for n in (28, 29, 31)}
    assert shifts(quarters, begin=0, until=90_000) == (Shift("AG01", ((25_200, 27_000), (27_900, 28_800))),)


def test_only_the_rehearsed_span_is_staffed() -> None:
    """Whoever works outside the span has no shift, and a quarter hour that touches it counts whole."""
    quarters = {28: frozenset({"AG01"}), 40: frozenset({"AG02"})}
    assert [shift.agent_id for shift in shifts(quarters, begin=26_000, until=30_000)] == ["AG01"]


@given(some.dictionaries(some.integers(0, 100), some.frozensets(some.sampled_from("ABCD"), min_size=1)))
def test_as_many_are_at_work_as_the_log_shows(quarters: dict[int, frozenset[str]]) -> None:
    """In each quarter hour the shifts have exactly the servers whom the log shows."""
    plan = shifts(quarters, begin=0, until=100_000)
    for quarter in range(101):
        assert staffed(plan, quarter * QUARTER_SECONDS + 450) == quarters.get(quarter, frozenset())


def test_who_hung_up_waits_as_long_as_then_and_who_was_served_longer() -> None:
    """A caller who hung up has their own patience, one who was served more than they waited."""
    left, served = call(call_id="1", outcome="HANG", q_time="90"), call(call_id="2", q_time="60")
    others = [call(call_id=str(n), outcome="HANG", q_time=str(n)) for n in range(30, 300, 30)]
    draws = draws_from([left, served, *others], seed=1)
    first, second = script([left, served], draws, midnight=MIDNIGHT)
    assert first.patience_seconds == 90
    assert 60 < second.patience_seconds <= 270


def test_a_script_is_the_same_whatever_else_is_rehearsed() -> None:
    """A call's lots depend on the seed and the call alone."""
    calls = [call(call_id=str(n), ser_time=str(n)) for n in range(1, 40)]
    calls += [call(call_id=str(n), q_time="400", outcome="HANG") for n in range(50, 90)]
    timeless = call(call_id="x", ser_time="0")
    draws = draws_from([*calls, timeless], seed=3)
    whole = script([*calls, timeless], draws, midnight=MIDNIGHT)
    [alone] = script([timeless], draws, midnight=MIDNIGHT)
    assert alone in whole
    assert 1 <= alone.service_seconds < 40
    others = {script([timeless], replace(draws, seed=seed), midnight=MIDNIGHT)[0].service_seconds for seed in range(9)}
    assert len(others) > 1


def test_every_call_draws_lots_of_its_own() -> None:
    """Calls without a service time do not all talk equally long, and those who were served are not equally patient."""
    known = [call(call_id=str(n), ser_time=str(n)) for n in range(1, 40)]
    known += [call(call_id=str(n), q_time=str(n), outcome="HANG") for n in range(50, 90)]
    timeless = [call(call_id=f"x{n}", ser_time="0") for n in range(20)]
    found = script(timeless, draws_from([*known, *timeless], seed=3), midnight=MIDNIGHT)
    assert len({each.service_seconds for each in found}) > 5
    assert len({each.patience_seconds for each in found}) > 5


def test_who_leaves_the_menu_never_asks_for_an_agent() -> None:
    """A caller who hung up before the queue hangs up when their menu is over."""
    [found] = script([call(outcome="HANG", q_time="0")], draws_from([], seed=1), midnight=MIDNIGHT)
    assert not found.wants_agent
    assert (found.leaves_menu_at, found.gives_up_at) == (MIDNIGHT + 24926, MIDNIGHT + 24926)


def test_phantoms_do_not_call() -> None:
    """A phantom row is no call."""
    assert script([call(outcome="PHANTOM")], draws_from([], seed=1), midnight=MIDNIGHT) == ()


def test_unknown_customers_share_no_name() -> None:
    """Customers of whom the bank knew nothing have an empty identity and threads of their own, known ones a hash."""
    calls = [call(call_id="1", customer_id="0"), call(call_id="2", customer_id="0"), call(call_id="3")]
    first, second, known = script(calls, draws_from(calls, seed=1), midnight=MIDNIGHT)
    assert first.customer == second.customer == ""
    assert first.thread != second.thread
    assert len(known.customer) == 32
    assert "C000002" not in known.customer


def test_priority_two_comes_first() -> None:
    """Only the log's priority 2 is put before others."""
    calls = [call(call_id=str(n), priority=str(n)) for n in range(3)]
    assert [each.priority for each in script(calls, draws_from(calls, seed=1), midnight=MIDNIGHT)] == [0, 0, 1]


def test_the_plan_of_a_day_is_valid_and_its_crew_serves_every_queue() -> None:
    """Each call type is a queue that somebody of the crew can serve, even one that no one of them ever did."""
    calls = [call(), call(call_id="2", type="PE", server="AG01"), call(call_id="3", type="AA", server="NO_SERVER")]
    crew = shifts(at_work(calls), begin=0, until=86_400)
    plan = bank_plan(calls, crew, kinds=[each.kind for each in calls], speed=60)
    assert problems(plan) == ()
    assert {queue.name for queue in plan.queues} == {"PS", "PE", "AA"}
    skills = {agent.agent_id: [skill.skill for skill in agent.skills] for agent in plan.agents}
    assert skills == {"AG01": ["AA", "PE"], "AG12": ["AA", "PS"]}


def test_the_log_has_figures_of_its_own() -> None:
    """Of four calls, one was answered at once, one after a wait, one gave up and one left the menu."""
    calls = [
        call(call_id="1", q_time="0", ser_time="300"),
        call(call_id="2", q_time="40", ser_time="0"),
        call(call_id="3", q_time="4", outcome="HANG"),
        call(call_id="4", q_time="0", outcome="HANG"),
        call(call_id="5", outcome="PHANTOM"),
    ]
    found = log_figures(calls, [Shift("AG12", ((0, 900),))])
    assert (found.arrivals, found.served, found.abandoned_in_queue, found.abandoned_in_ivr) == (4, 2, 1, 1)
    assert (found.queued, found.mean_wait_of_queued, found.mean_service) == (2, 22, 300)
    assert found.levels.answered_of_offered == pytest.approx(1 / 3)
    assert found.levels.answered_of_offered_less_short == 0.5
    assert found.occupancy.median == pytest.approx(1 / 3)


def test_a_faster_clock_gives_the_machine_more_business_time() -> None:
    """On a clock sixty times as fast an offer stands longer and an early event is kept sixty times as long."""
    calls = [call()]
    crew = shifts(at_work(calls), begin=0, until=86_400)
    slow, fast = (bank_plan(calls, crew, kinds=["PS"], speed=speed) for speed in (1, 60))
    assert (slow.queues[0].offer_seconds, fast.queues[0].offer_seconds) == (20, 300)
    assert fast.limits.parking_seconds == 60 * slow.limits.parking_seconds
