"""What customers are told: a wrong place is a violation, a wait that was told and not kept is a figure."""

from __future__ import annotations

from dataclasses import replace

from kindline.commands.replaying.tally import Tally
from kindline.language import facts as f
from kindline.language.facts.interactions import QueuedReason
from kindline.language.plan import OrderPlan, Plan
from tests.domain.audit.recorded import audited, found, judged, with_last
from tests.domain.routing.test_informing import ENOUGH, sent_on, serving, telling
from tests.given import Centre

MINUTE = 60.0


def line(in_force: Plan) -> Centre:
    """Amy is busy; five come with unlike priorities, some minutes apart, and are told their places as time goes by."""
    centre = Centre(in_force)
    centre.at_work("amy")
    centre.arrives("first")
    centre.accepts("amy")
    for number, priority in enumerate((0, 5, 0, 2, 9)):
        centre.arrives(f"t{number}", priority=priority)
        centre.wait(3 * MINUTE)
    centre.finishes("amy", "first")
    centre.wait(MINUTE)
    return centre


def test_true_places_have_nothing_to_complain_of() -> None:
    """Under any order the place told is the place had, an open offer included."""
    orders = (
        OrderPlan(starvation_seconds=0.0),
        OrderPlan(priority_per_minute=1.0, starvation_seconds=0.0),
        OrderPlan(starvation_seconds=200.0),
        OrderPlan(priority_per_minute=0.3, starvation_seconds=400.0),
    )
    for order in orders:
        centre = line(replace(telling(), order=order))
        assert len(centre.facts(f.CustomerInformed)) > 20
        assert judged(centre) == {}


def test_a_place_that_is_not_true_is_found() -> None:
    """One too good is as wrong as one too bad."""
    centre = line(telling())
    true = centre.facts(f.CustomerInformed)[-1].position
    for said in (true - 1 or 9, true + 1):
        assert found(audited(with_last(centre.log, f.CustomerInformed, position=said))) == {"position": 1}


def test_promises_of_a_wait_are_counted() -> None:
    """On an even day the told range is kept; had it been a second, it would not have been, which is no violation."""
    centre = serving(ENOUGH + 10, 60.0)
    book = audited(centre.log)
    told = book.report(target_seconds=20.0)["told_waits"]
    assert book.findings.kept == []
    assert told["kept"] > 0
    assert told["share_kept"] >= 0.8
    hasty = [
        (
            at,
            tuple(
                replace(fact, expected_wait=replace(fact.expected_wait, most_seconds=1.0))
                if isinstance(fact, f.CustomerInformed) and fact.expected_wait
                else fact
                for fact in facts
            ),
        )
        for at, facts in centre.log
    ]
    rushed = audited(hasty)
    assert rushed.findings.kept == []
    assert rushed.report(target_seconds=20.0)["told_waits"]["kept"] == 0


def test_a_promise_is_counted_although_the_customer_was_sent_on() -> None:
    """What somebody was told first is kept or broken by the answer in whatever queue; a replay counts alike."""
    centre = sent_on()
    tally = Tally()
    for at, facts in centre.log:
        tally.follow(at, facts)
    assert centre.facts(f.InteractionQueued)[-1].reason is QueuedReason.OVERFLOWED
    assert tally.waits_broken > 0
    told = audited(centre.log).report(target_seconds=20.0)["told_waits"]
    assert (told["kept"], told["broken"]) == (tally.waits_kept, tally.waits_broken)
