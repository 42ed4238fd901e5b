"""Ladders, hours, limits and overflow in a plan: what cannot be meant is told to whoever wrote it, with its place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.language.calendars import CalendarFrame, CalendarHoliday, CalendarPlan, Weekday
from kindline.language.plan import Plan, QueuePlan
from kindline.language.plan_checks import problems
from kindline.language.queue_rules import (
    LadderStep,
    OverflowAction,
    OverflowCause,
    OverflowRule,
    PreferencePlan,
    Preferred,
    QueueLimits,
)
from tests.given import needs, plan, queue

DAY = CalendarFrame(days=(Weekday.MONDAY,), opens="09:00", closes="17:00")
FULL, CLOSED, WAITED = OverflowCause.FULL, OverflowCause.CLOSED, OverflowCause.WAITED
DEFLECT, TO_QUEUE = OverflowAction.DEFLECT, OverflowAction.TO_QUEUE
NAN, ENDLESS = float("nan"), float("inf")


def told(in_question: Plan) -> list[str]:
    """Where a plan is wrong."""
    return [".".join(map(str, problem.path)) for problem in problems(in_question)]


def first(**changes: object) -> Plan:
    """A plan whose first queue differs in this."""
    one, *others = plan().queues
    return plan(queues=(replace(one, **changes), *others))  # type: ignore[arg-type]


def calendar(**changes: object) -> Plan:
    """A plan with one calendar that differs in this."""
    return plan(calendars=(replace(CalendarPlan(name="office", frames=(DAY,)), **changes),))  # type: ignore[arg-type]


def test_a_plan_with_all_of_it_is_valid() -> None:
    """A ladder of three steps, hours with a holiday, limits with what lies beyond them, and a preferred agent."""
    general = QueuePlan(
        name="general",
        ladder=(
            LadderStep(when_nobody=True, drop_language=True),
            LadderStep(after_seconds=30, lower_skills=needs(billing=2).skills),
            LadderStep(after_seconds=30, when_nobody=True, add_queue="billing", raise_priority=1),
        ),
        calendar="office",
        limits=QueueLimits(most_waiting=10, longest_expected_wait_seconds=600.0),
        overflow=(
            OverflowRule(cause=CLOSED, action=OverflowAction.LEAVE_MESSAGE, announce="closed"),
            OverflowRule(cause=FULL, action=TO_QUEUE, queue="billing"),
            OverflowRule(cause=FULL, action=DEFLECT, announce="try-later"),
            OverflowRule(cause=OverflowCause.WAIT_TOO_LONG, action=OverflowAction.ANNOUNCE, announce="long"),
            OverflowRule(cause=WAITED, action=TO_QUEUE, queue="billing", after_seconds=120),
            OverflowRule(cause=OverflowCause.NOBODY_ON_STAY, action=DEFLECT),
        ),
        preference=PreferencePlan(prefer=Preferred.LAST_AGENT, for_seconds=20),
    )
    office = CalendarPlan(
        name="office",
        time_zone="Asia/Shanghai",
        frames=(DAY, CalendarFrame(days=(Weekday.SUNDAY,), opens="00:00", closes="24:00")),
        holidays=(
            CalendarHoliday(date="2026-12-25"),
            CalendarHoliday(date="2026-12-24", frames=(replace(DAY, days=()),)),
        ),
    )
    assert told(plan(queues=(general, queue("billing")), calendars=(office,), time_zone="Europe/Riga")) == []


@pytest.mark.parametrize(
    "step, field",
    [
        (LadderStep(after_seconds=5), ""),
        (LadderStep(after_seconds=-1, announce="x"), ".after_seconds"),
        (LadderStep(after_seconds=NAN, announce="x"), ".after_seconds"),
        (LadderStep(after_seconds=ENDLESS, announce="x"), ".after_seconds"),
        (LadderStep(after_seconds=86_400, announce="x"), ".after_seconds"),
        (LadderStep(drop_skills=("flying",)), ".drop_skills.0"),
        (LadderStep(lower_skills=needs(flying=2).skills), ".lower_skills.0.skill"),
        (LadderStep(lower_skills=needs(billing=5).skills), ".lower_skills.0.level"),
        (LadderStep(lower_skills=needs(billing=0).skills), ".lower_skills.0.level"),
        (LadderStep(lower_skills=needs(billing=2).skills, drop_skills=("billing",)), ".lower_skills.0.skill"),
        (LadderStep(add_queue="nowhere"), ".add_queue"),
        (LadderStep(add_queue="general"), ".add_queue"),
        (LadderStep(raise_priority=-1, announce="x"), ".raise_priority"),
    ],
)
def test_a_step_that_cannot_be_meant_is_refused(step: LadderStep, field: str) -> None:
    """Steps that change nothing, never come, ask for more, or name what there is not."""
    assert told(first(ladder=(step,))) == [f"queues.0.ladder.0{field}"]


def test_steps_out_of_order_are_refused() -> None:
    """A step of thirty seconds after one of sixty would never be told apart from it; one for want of people may be."""
    late, early = LadderStep(after_seconds=60, drop_language=True), LadderStep(after_seconds=30, announce="x")
    assert told(first(ladder=(late, early))) == ["queues.0.ladder.1.after_seconds"]
    assert told(first(ladder=(early, late, LadderStep(when_nobody=True, announce="x")))) == []


@pytest.mark.parametrize(
    "preference, field",
    [
        (PreferencePlan(prefer=Preferred.LAST_AGENT, for_seconds=-1), "for_seconds"),
        (PreferencePlan(prefer=Preferred.LAST_AGENT, for_seconds=NAN), "for_seconds"),
        (PreferencePlan(prefer=Preferred.LAST_AGENT, for_seconds=90_000), "for_seconds"),
        (PreferencePlan(for_seconds=5), "prefer"),
        (PreferencePlan(prefer=Preferred.LAST_AGENT, for_seconds=5, remember_days=-1), "remember_days"),
    ],
)
def test_nobody_is_waited_for_without_end(preference: PreferencePlan, field: str) -> None:
    """A preferred agent is named, and for how long."""
    assert told(first(preference=preference)) == [f"queues.0.preference.{field}"]


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"name": ""}, "name"),
        ({"frames": ()}, "frames"),
        ({"frames": (replace(DAY, days=()),)}, "frames.0.days"),
        ({"frames": (replace(DAY, opens="9:00"),)}, "frames.0.opens"),
        ({"frames": (replace(DAY, closes="24:01"),)}, "frames.0.closes"),
        ({"frames": (replace(DAY, closes="12:60"),)}, "frames.0.closes"),
        ({"frames": (replace(DAY, opens="22:00", closes="06:00"),)}, "frames.0.closes"),
        ({"frames": (replace(DAY, opens="09:00", closes="09:00"),)}, "frames.0.closes"),
        ({"holidays": (CalendarHoliday(date="25.12.2026"),)}, "holidays.0.date"),
        ({"holidays": (CalendarHoliday(date="2026-02-29"),)}, "holidays.0.date"),
        ({"holidays": (CalendarHoliday(date="20261225"),)}, "holidays.0.date"),
        ({"holidays": (CalendarHoliday(date="2026-W52-5"),)}, "holidays.0.date"),
        ({"frames": (replace(DAY, opens="０９:００"),)}, "frames.0.opens"),
        ({"holidays": (CalendarHoliday(date="2026-12-25"),) * 2}, "holidays.1.date"),
        ({"holidays": (CalendarHoliday(date="2026-12-25", frames=(DAY,)),)}, "holidays.0.frames.0.days"),
    ],
)
def test_hours_that_no_clock_shows_are_refused(changes: dict[str, object], field: str) -> None:
    """Zones that do not exist, nights in one frame, days that do not come."""
    assert told(calendar(**changes)) == [f"calendars.0.{field}"]


def test_calendars_and_zones_are_known() -> None:
    """A queue names a calendar of the plan, each of which stands once, and the pool's own zone exists."""
    office = CalendarPlan(name="office", frames=(DAY,))
    assert told(plan(calendars=(office, office))) == ["calendars.1.name"]
    assert told(plan(time_zone="Riga")) == ["time_zone"]
    rule = OverflowRule(cause=CLOSED, action=DEFLECT)
    assert told(first(calendar="office", overflow=(rule,))) == ["queues.0.calendar"]


@pytest.mark.parametrize(
    "limits, field",
    [
        (QueueLimits(most_waiting=-1), "most_waiting"),
        (QueueLimits(longest_expected_wait_seconds=NAN), "longest_expected_wait_seconds"),
        (QueueLimits(longest_expected_wait_seconds=-1), "longest_expected_wait_seconds"),
        (QueueLimits(transfer_buffer=1.5), "transfer_buffer"),
        (QueueLimits(most_waiting=5), "most_waiting"),
        (QueueLimits(longest_expected_wait_seconds=300), "longest_expected_wait_seconds"),
    ],
)
def test_limits_are_numbers_and_say_what_lies_beyond_them(limits: QueueLimits, field: str) -> None:
    """A limit without a rule would surprise whoever set it, and those who call even more."""
    assert told(first(limits=limits)) == [f"queues.0.limits.{field}"]


def test_a_queue_with_hours_says_what_happens_when_it_is_closed() -> None:
    """Closing without a word is refused."""
    office = CalendarPlan(name="office", frames=(DAY,))
    one, *others = plan().queues
    closing = plan(calendars=(office,), queues=(replace(one, calendar="office"), *others))
    assert told(closing) == ["queues.0.calendar"]


@pytest.mark.parametrize(
    "rule, field",
    [
        (OverflowRule(action=DEFLECT), ".cause"),
        (OverflowRule(cause=CLOSED, action=DEFLECT), ".cause"),
        (OverflowRule(cause=OverflowCause.WAIT_TOO_LONG, action=DEFLECT), ".cause"),
        (OverflowRule(cause=FULL), ".action"),
        (OverflowRule(cause=FULL, action=OverflowAction.ANNOUNCE), ".announce"),
        (OverflowRule(cause=WAITED, action=OverflowAction.ANNOUNCE, announce="x", after_seconds=9), ".action"),
        (OverflowRule(cause=FULL, action=TO_QUEUE), ".queue"),
        (OverflowRule(cause=FULL, action=TO_QUEUE, queue="nowhere"), ".queue"),
        (OverflowRule(cause=FULL, action=TO_QUEUE, queue="general"), ".queue"),
        (OverflowRule(cause=FULL, action=DEFLECT, queue="billing"), ".queue"),
        (OverflowRule(cause=FULL, action=DEFLECT, after_seconds=5), ".after_seconds"),
        (OverflowRule(cause=WAITED, action=DEFLECT), ".after_seconds"),
        (OverflowRule(cause=WAITED, action=DEFLECT, after_seconds=NAN), ".after_seconds"),
        (OverflowRule(cause=WAITED, action=DEFLECT, after_seconds=86_400), ".after_seconds"),
        (OverflowRule(cause=OverflowCause.NOBODY_ON_STAY, action=DEFLECT, after_seconds=-1), ".after_seconds"),
    ],
)
def test_a_rule_that_can_never_be_carried_out_is_refused(rule: OverflowRule, field: str) -> None:
    """Each rule has a cause that can come, an action, and what the action needs."""
    usual = OverflowRule(cause=FULL, action=TO_QUEUE, queue="billing")
    found = told(first(limits=QueueLimits(most_waiting=5), overflow=(usual, rule)))
    assert found == [f"queues.0.overflow.1{field}"]


def test_a_rule_behind_one_that_decides_already_is_refused() -> None:
    """Whoever was deflected cannot leave a message any more; who was let wait shorter cannot be deflected later."""
    deflect = OverflowRule(cause=FULL, action=DEFLECT)
    message = OverflowRule(cause=FULL, action=OverflowAction.LEAVE_MESSAGE)
    full = QueueLimits(most_waiting=5)
    assert told(first(limits=full, overflow=(deflect, message))) == ["queues.0.overflow.1"]
    soon, late = (OverflowRule(cause=WAITED, action=DEFLECT, after_seconds=after) for after in (60, 90))
    assert told(first(overflow=(soon, late))) == ["queues.0.overflow.1"]
    assert told(first(overflow=(late, soon))) == []


def test_a_circle_of_overflow_is_refused() -> None:
    """From one queue to the next and back again nobody is served: each rule of the circle is named."""
    over = QueueLimits(most_waiting=5)
    ring = tuple(
        queue(name, limits=over, overflow=(OverflowRule(cause=FULL, action=TO_QUEUE, queue=to),))
        for name, to in (("general", "billing"), ("billing", "third"), ("third", "general"))
    )
    assert told(plan(queues=ring)) == [f"queues.{number}.overflow.0.queue" for number in range(3)]
    line = (*ring[:2], queue("third"))
    assert told(plan(queues=line)) == []
