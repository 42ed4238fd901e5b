"""Ladders, ages, and who waits for nobody: the audit names each promise that a log breaks, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.language import facts as f
from kindline.language.agents import AgentStatus, SetStatus, TransferInteraction
from kindline.language.facts.waiting import RelaxedCause
from kindline.language.plan import QueuePlan
from kindline.language.queue_rules import LadderStep, OverflowCause
from kindline.routing.domain.inputs import TimersDue
from tests.domain.audit.queue_rules import as_if, general, rule, with_an_able_amy
from tests.domain.audit.recorded import Log, audited, beating, changed, found, judged, under, with_last, without
from tests.given import Centre, needs, queue

STEPS = (
    LadderStep(after_seconds=30.0, lower_skills=needs(billing=1).skills),
    LadderStep(after_seconds=60.0, drop_skills=("billing",), add_queue="billing", raise_priority=2),
)


def climbing() -> Centre:
    """Somebody who needs much waits for a minute, and takes two steps."""
    centre = Centre(general(ladder=STEPS, needs=needs(billing=3)))
    centre.at_work("amy")
    centre.arrives("one")
    centre.wait(60.0)
    assert [fact.step for fact in centre.facts(f.InteractionRelaxed)] == [1, 2]
    return centre


def test_a_step_that_another_plan_leaves_to_when_nobody_is_there_is_no_more_due_by_its_time() -> None:
    """It was to come after 30 s; by the plan of the tenth it waits until nobody is there, and Zoe is."""
    centre = Centre(general(ladder=STEPS[:1], needs=needs(billing=3)))
    centre.at_work("zoe")
    centre.arrives("first")
    centre.accepts("zoe")
    centre.arrives("t1")
    centre.wait(10)
    alone = replace(STEPS[0], after_seconds=0.0, when_nobody=True)
    centre.publish(replace(general(ladder=(alone,), needs=needs(billing=3)), version=2))
    centre.wait(60)
    assert centre.facts(f.InteractionRelaxed) == []
    assert found(audited(beating(centre.log, 30))) == {}


def test_a_ladder_that_is_climbed_by_the_plan_has_nothing_to_complain_of() -> None:
    """Each step at its time, with what it lets go."""
    assert judged(climbing()) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": 3},
        {"needs": needs(billing=1)},
        {"also_queues": ()},
        {"also_queues": ("billing", "third")},
        {"priority": 1},
        {"call_back_offered": True},
        {"cause": RelaxedCause.NOBODY},
    ],
)
def test_a_step_that_does_not_do_what_the_plan_says_is_found(wrong: dict[str, object]) -> None:
    """Its number, what it needs, who may serve it, its priority, the call-back, the cause: each word is checked."""
    log = with_last(climbing().log, f.InteractionRelaxed, **wrong)
    assert found(audited(log))["ladder"] == 1


@pytest.mark.parametrize("heartbeats", range(15, 25))
def test_a_ladder_that_another_plan_brings_back_is_climbed_in_time(heartbeats: int) -> None:
    """For a while no plan had the step: however long that was, it is not late in the very batch of the next plan."""
    adopted = general(ladder=STEPS, needs=needs(billing=3))
    centre = Centre(adopted)
    centre.at_work("amy")
    centre.arrives("one")
    centre.publish(replace(adopted, version=2, queues=(replace(adopted.queues[0], ladder=()), *adopted.queues[1:])))
    centre.wait(30.0)
    for _ in range(heartbeats):
        centre.wait(0.1)
        centre.decide(TimersDue())
    centre.publish(replace(adopted, version=3))
    centre.wait(60.0)
    assert len(centre.facts(f.InteractionRelaxed)) == len(STEPS)
    assert judged(centre) == {}


def test_a_step_that_is_taken_too_early_is_found() -> None:
    """Had the plan said a second more, it would not have been due."""
    later = replace(STEPS[1], after_seconds=61.0)
    assert as_if(climbing().log, ladder=(STEPS[0], later))["ladder"] == 1


def test_a_step_that_is_never_taken_is_found() -> None:
    """A ladder that nobody climbs is a promise that nobody keeps."""
    log = without(climbing().log, f.InteractionRelaxed)
    log = without(log, f.OfferIssued)
    assert found(audited(beating(log, 30)))["ladder"] == 2


def replanned(second: LadderStep) -> Centre:
    """Somebody waits for 65 seconds; the second step was due after sixty, until another plan said otherwise of it."""
    centre = Centre(general(ladder=STEPS, needs=needs(billing=3)))
    centre.at_work("zoe")
    centre.says("zoe", SetStatus(status=AgentStatus.BREAK))
    centre.arrives("one")
    first = replace(STEPS[0], lower_skills=needs(billing=2).skills)
    centre.publish(replace(general(ladder=(first, second), needs=needs(billing=3)), version=2))
    centre.wait(65.0)
    assert [fact.step for fact in centre.facts(f.InteractionRelaxed)] == [1]
    return centre


def test_a_step_that_waits_for_nobody_being_there_under_another_plan_is_not_late() -> None:
    """Zoe is on a break and comes back, so the step is not due at all."""
    centre = replanned(LadderStep(when_nobody=True, drop_skills=("billing",)))
    assert found(audited(beating(centre.log, 30))) == {}


@pytest.mark.parametrize("heartbeats", range(40))
def test_a_step_that_another_plan_put_off_is_due_when_that_says(heartbeats: int) -> None:
    """It fell due while nobody decided, and is taken right after a new owner's first word; later it is late."""
    centre = replanned(LadderStep(after_seconds=90.0, drop_skills=("billing",)))
    before = [*centre.log, *[(centre.now, ())] * heartbeats]
    resumed = tuple(centre.resume(30.0))
    log: Log = [*before, (centre.now, resumed)]
    assert found(audited(log)) == {}
    assert found(audited(beating(log, 50))) == {"ladder": 1}


def test_a_step_for_want_of_people_while_somebody_is_there_is_found() -> None:
    """With nobody signed in the step is taken at once; with Zoe there it must not be."""
    steps = (LadderStep(when_nobody=True, drop_skills=("billing",)),)
    centre = Centre(general(ladder=steps, needs=needs(billing=3)))
    centre.at_work("amy")
    centre.arrives("one")
    assert centre.facts(f.InteractionRelaxed)[0].cause is RelaxedCause.NOBODY
    assert judged(centre) == {}
    assert found(audited(under(centre.log, with_an_able_amy))) == {"ladder": 1}


def test_somebody_deserted_who_is_not_helped_is_found() -> None:
    """Nobody is there who could serve them: the step that is taken then must be taken, and so must the way out."""
    steps = (LadderStep(when_nobody=True, drop_skills=("billing",)),)
    climbs = Centre(general(ladder=steps, needs=needs(billing=3)))
    leaves = Centre(general(overflow=(rule(OverflowCause.NOBODY_ON_STAY, after=5.0),)))
    for centre, missing in ((climbs, f.InteractionRelaxed), (leaves, f.InteractionDeflected)):
        centre.signs_in("zoe")
        centre.says("zoe", SetStatus(status=AgentStatus.BREAK))
        centre.arrives("one")
        centre.wait(10.0)
        assert centre.facts(missing) == [], "whoever is on a break comes back"
        centre.says("zoe", SetStatus(status=AgentStatus.OFFLINE))
        centre.wait(10.0)
        assert len(centre.facts(missing)) == 1
        assert judged(centre) == {}
        promise = "ladder" if centre is climbs else "overflow"
        assert found(audited(beating(without(centre.log, missing)))) == {promise: 1}


def test_a_lost_age_is_found() -> None:
    """Whoever is transferred keeps the age they have earned."""
    centre = Centre(general())
    centre.at_work("amy")
    centre.arrives("one")
    centre.accepts("amy")
    centre.wait(30.0)
    centre.says("amy", TransferInteraction(interaction_id=centre.id("one"), queue="billing"))
    assert judged(centre) == {}
    log = with_last(centre.log, f.InteractionQueued, waiting_since=centre.now)
    assert found(audited(log)) == {"place_kept": 1}


def test_a_queue_of_the_plan_is_looked_up_by_its_name() -> None:
    """A queue that left the plan drains under the defaults of the language, without a ladder or limits."""
    centre = climbing()
    gone = changed(centre.log, lambda fact: fact)
    centre.publish(replace(general(), version=2, queues=(QueuePlan(name="general"), queue("billing"))))
    assert judged(centre) == {}
    assert found(audited(gone)) == {}
