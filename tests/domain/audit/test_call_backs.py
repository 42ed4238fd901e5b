"""Promised call-backs: the audit names each that a log breaks, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kindline.language import facts as f
from kindline.language.calendars import CalendarFrame, CalendarPlan, Weekday
from kindline.language.call_backs import CallBackAccepted
from kindline.language.events import InteractionEvent
from kindline.language.facts.interactions import AbandonedWhere, QueuedReason
from kindline.language.plan import Plan
from kindline.language.queue_rules import LadderStep, OverflowAction, OverflowCause, OverflowRule
from tests.domain.audit.recorded import Log, audited, beating, changed, found, judged, under, with_last, without
from tests.given import Centre, plan, queue

HOUR = 3_600.0
LEAVE = OverflowRule(cause=OverflowCause.WAITED, after_seconds=90.0, action=OverflowAction.LEAVE_MESSAGE)

LONGEST = 7_200.0
OFFERING = plan(
    queues=(
        queue(
            ladder=(LadderStep(after_seconds=30.0, offer_call_back=True),),
            overflow=(LEAVE,),
            longest_wait_seconds=LONGEST,
        ),
        queue("billing"),
    )
)


def called_back(wished_in: float = HOUR) -> Centre:
    """A customer who takes the call-back that they are offered, leaves, and is called when it is due."""
    centre = Centre(OFFERING)
    centre.arrives("one")
    centre.wait(31.0)
    centre.event(CallBackAccepted(wished_at=centre.now + wished_in), "one")
    centre.leaves("one")
    centre.wait(max(wished_in, 100.0))
    centre.at_work("amy")
    centre.accepts("amy")
    return centre


@pytest.mark.parametrize("wished_in", [0.0, HOUR])
def test_a_call_back_that_is_kept_has_nothing_to_complain_of(wished_in: float) -> None:
    """Promised, left in peace, back in time and at its age, answered."""
    assert judged(called_back(wished_in)) == {}


def as_abandoned(log: Log) -> Log:
    """The log in which the customer who left counts as abandoned, and nothing follows."""
    at, _ = next((at, facts) for at, facts in log if any(isinstance(fact, f.CallBackPromised) for fact in facts))
    past = [(then, facts) for then, facts in log if then <= at]
    name = next(fact.interaction_id for _, facts in past for fact in facts if isinstance(fact, f.CallBackPromised))
    gone = f.InteractionAbandoned(
        pool=plan().pool, interaction_id=name, where=AbandonedWhere.IN_QUEUE, waited_seconds=31.0, cause=""
    )
    return [*past, (at, (gone,))]


def never_back(log: Log) -> Log:
    """The log in which the hour comes and nothing is done."""

    def drop(fact: f.Fact) -> f.Fact | None:
        due = isinstance(fact, f.InteractionQueued) and fact.reason is QueuedReason.CALL_BACK_DUE
        return None if due or isinstance(fact, f.OfferIssued | f.OfferAccepted | f.InteractionAnswered) else fact

    return beating(changed(log, drop))


@pytest.mark.parametrize(
    "change, promise",
    [
        (lambda log: without(log, f.CallBackPromised), "call_backs"),
        (lambda log: without(log, f.InteractionRelaxed), "call_backs"),
        (lambda log: with_last(log, f.CallBackPromised, due_at=1.0), "call_backs"),
        (lambda log: with_last(log, f.CallBackPromised, due_at=1e10), "call_backs"),
        (lambda log: with_last(log, f.CallBackPromised, deadline=1e10), "call_backs"),
        (lambda log: with_last(log, f.InteractionScheduled, due_at=1e10), "call_backs"),
        (lambda log: with_last(log, f.InteractionQueued, queue="billing"), "call_backs"),
        (lambda log: with_last(log, f.InteractionQueued, deadline=1e10), "call_backs"),
        (lambda log: with_last(log, f.InteractionQueued, waiting_since=1.0), "place_kept"),
        (as_abandoned, "call_backs"),
        (never_back, "call_backs"),
    ],
)
def test_a_call_back_that_is_not_kept_is_found(change: Callable[[Log], Log], promise: str) -> None:
    """Not promised, for another hour, without end, in another queue, called abandoned, or simply forgotten."""
    assert found(audited(change(called_back().log)))[promise] >= 1


def test_a_customer_who_was_promised_a_call_back_and_is_sent_elsewhere_is_found() -> None:
    """The rule that asks others to leave a message holds, but not for whom a call was promised."""
    centre = Centre(OFFERING)
    centre.arrives("one")
    centre.wait(31.0)
    promise = f.CallBackPromised(
        pool=centre.pool,
        interaction_id=centre.id("one"),
        due_at=centre.now,
        deadline=centre.now + LONGEST,
        queue="general",
    )
    until_now = len(centre.log)
    centre.wait(100.0)
    assert len(centre.facts(f.InteractionDeflected)) == 1
    assert judged(centre) == {}
    event = InteractionEvent(pool=centre.pool, entry_point="chat", thread="one", event=CallBackAccepted())
    took = f.EventRecorded(
        pool=centre.pool, interaction_id=centre.id("one"), identity=b"1" * 16, opening=False, event=event
    )
    log = [*centre.log[:until_now], (promise.due_at, (took, promise)), *centre.log[until_now:]]
    assert found(audited(log)) == {"overflow": 1}
    log = [*centre.log[:until_now], (promise.due_at, (promise,)), *centre.log[until_now:]]
    assert found(audited(log)) == {"overflow": 1, "call_backs": 1}


def test_a_call_promised_for_an_hour_at_which_the_queue_is_closed_is_found() -> None:
    """Had the queue opened only at nine, midnight would have been no hour to promise."""
    log = called_back().log
    frame = CalendarFrame(days=tuple(day for day in Weekday if day), opens="09:00", closes="23:00")

    def with_hours(one: Plan) -> Plan:
        queues = (replace(one.queues[0], calendar="day"), *one.queues[1:])
        return replace(one, queues=queues, calendars=(CalendarPlan(name="day", frames=(frame,)),))

    assert found(audited(under(log, with_hours))) == {"call_backs": 1}
