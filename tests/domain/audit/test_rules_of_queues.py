"""Ladders, hours, limits, overflow and preferences: the audit names each that a log breaks, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.agents import AgentStatus, SetStatus, TransferInteraction
from kindline.language.calendars import CalendarFrame, CalendarPlan, Weekday
from kindline.language.facts.interactions import QueuedReason
from kindline.language.facts.waiting import PreferenceEndedReason, RelaxedCause
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
from tests.domain.audit.recorded import Log, audited, beating, changed, found, judged, under, with_last, without
from tests.given import Centre, agent, needs, plan, queue

STEPS = (
    LadderStep(after_seconds=30.0, lower_skills=needs(billing=1).skills),
    LadderStep(after_seconds=60.0, drop_skills=("billing",), add_queue="billing", raise_priority=2),
)
TIME, GONE, NOT_TAKEN = PreferenceEndedReason.TIME, PreferenceEndedReason.UNAVAILABLE, PreferenceEndedReason.NOT_TAKEN
FULL, CLOSED, WAITED = OverflowCause.FULL, OverflowCause.CLOSED, OverflowCause.WAITED
NOBODY = OverflowCause.NOBODY_ON_JOIN

WEEK = tuple(day for day in Weekday if day)
CALENDARS = (
    CalendarPlan(name="always", frames=(CalendarFrame(days=WEEK, opens="00:00", closes="24:00"),)),
    CalendarPlan(name="never", frames=(CalendarFrame(days=WEEK, opens="00:00", closes="00:01"),)),
)


def general(**rules: object) -> Plan:
    """A plan whose general queue has these rules; Zoe could serve anybody."""
    first = replace(queue(), **rules)  # type: ignore[arg-type]
    crew = (agent("amy", billing=1), agent("zoe", billing=5, languages=["en"]))
    adopted = replace(plan(queues=(first, queue("billing"), queue("third")), agents=crew), calendars=CALENDARS)
    assert problems(adopted) == ()
    return adopted


def as_if(log: Log, **rules: object) -> dict[str, int]:
    """What is found in the log if the general queue had had other rules."""

    def other(one: Plan) -> Plan:
        queues = [replace(row, **rules) if row.name == "general" else row for row in one.queues]  # type: ignore[arg-type]
        return replace(one, queues=tuple(queues))

    return found(audited(under(log, other)))


def with_an_able_amy(one: Plan) -> Plan:
    """The plan in which Amy could serve anybody."""
    return replace(one, agents=(agent("amy", billing=5, languages=["en"]), *one.agents[1:]))


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


def rule(cause: OverflowCause, to: str = "", after: float = 0.0) -> OverflowRule:
    """A rule that sends to another queue, or away."""
    action = OverflowAction.TO_QUEUE if to else OverflowAction.DEFLECT
    return OverflowRule(cause=cause, action=action, queue=to, after_seconds=after)


def test_joining_a_closed_queue_is_found() -> None:
    """Where it had been closed nobody new joins, unless no rule says otherwise."""
    centre = Centre(general(overflow=(rule(CLOSED),), calendar="always"))
    centre.arrives("one")
    assert judged(centre) == {}
    assert as_if(centre.log, calendar="never") == {"hours": 1}
    assert as_if(centre.log, calendar="never", overflow=()) == {}


def test_joining_a_full_queue_is_found() -> None:
    """Two may wait: the third must go elsewhere, whatever the engine did."""
    centre = Centre(general(overflow=(rule(FULL),), limits=QueueLimits(most_waiting=9)))
    for name in ("one", "two", "three"):
        centre.arrives(name)
    assert judged(centre) == {}
    assert as_if(centre.log, limits=QueueLimits(most_waiting=2)) == {"limits": 1}
    assert as_if(centre.log, limits=QueueLimits(most_waiting=3)) == {}


def test_the_buffer_is_for_those_who_were_answered_once() -> None:
    """A transfer may use the fifth above the limit; without a buffer it must not, if it has somewhere to go."""
    five = QueueLimits(most_waiting=5)
    centre = Centre(general(limits=five, overflow=(rule(FULL, "third"),)))
    centre.at_work("amy")
    centre.arrives("one", "billing-chat")
    centre.accepts("amy")
    for number in range(5):
        centre.arrives(f"chat-{number}")
    centre.says("amy", TransferInteraction(interaction_id=centre.id("one"), queue="general"))
    assert judged(centre) == {}
    assert as_if(centre.log, limits=replace(five, transfer_buffer=0.0)) == {"limits": 1}


def test_whoever_was_served_is_sent_on_where_others_are_sent_away() -> None:
    """A full queue deflects newcomers; who was served goes on to the next rule, and must not squeeze in."""
    one = QueueLimits(most_waiting=1, transfer_buffer=0.0)
    centre = Centre(general(limits=one, overflow=(rule(FULL), rule(FULL, "third"))))
    centre.at_work("amy")
    centre.arrives("one", "billing-chat")
    centre.accepts("amy")
    centre.arrives("in the way")
    centre.says("amy", TransferInteraction(interaction_id=centre.id("one"), queue="general"))
    assert centre.facts(f.InteractionQueued)[-1].queue == "third"
    assert judged(centre) == {}
    squeezed = {"queue": "general", "reason": QueuedReason.TRANSFERRED, "overflowed_from": ""}
    log = with_last(centre.log, f.InteractionQueued, overflow_cause=OverflowCause.UNSPECIFIED, **squeezed)
    assert found(audited(log)) == {"limits": 1}


def test_an_overflow_without_a_true_cause_is_found() -> None:
    """Whoever is sent elsewhere for a full queue was sent for nothing while it is empty."""
    centre = Centre(general(limits=QueueLimits(most_waiting=1), overflow=(rule(FULL, "third"),)))
    centre.arrives("one")
    centre.arrives("two")
    assert centre.facts(f.InteractionQueued)[-1].reason is QueuedReason.OVERFLOWED
    assert judged(centre) == {}
    assert as_if(centre.log, limits=QueueLimits(most_waiting=2)) == {"overflow": 1}
    assert as_if(centre.log, overflow=(rule(FULL, "billing"),)) == {"overflow": 1}


def test_a_deflection_without_a_true_cause_is_found() -> None:
    """Nobody is sent away for a full queue that is not full, or for want of people who are there."""
    full = Centre(general(limits=QueueLimits(most_waiting=1), overflow=(rule(FULL),)))
    full.arrives("one")
    full.arrives("two")
    deserted = Centre(general(overflow=(rule(NOBODY),), needs=needs("en", billing=5)))
    deserted.at_work("amy")
    deserted.arrives("one")
    for centre in (full, deserted):
        assert len(centre.facts(f.InteractionDeflected)) == 1
        assert judged(centre) == {}
    assert as_if(full.log, limits=QueueLimits(most_waiting=2)) == {"overflow": 1}
    assert found(audited(under(deserted.log, with_an_able_amy))) == {"overflow": 1}


def test_who_waits_for_longer_than_a_rule_allows_is_found() -> None:
    """A rule that sends people away after a minute sends them away after a minute, neither sooner nor never."""
    centre = Centre(general(overflow=(rule(WAITED, after=60.0),)))
    centre.arrives("one")
    centre.wait(60.0)
    assert judged(centre) == {}
    assert as_if(centre.log, overflow=(rule(WAITED, after=61.0),)) == {"overflow": 1}
    assert found(audited(beating(without(centre.log, f.InteractionDeflected), 30))) == {"overflow": 1}


def test_sending_away_whom_an_agent_has_answered_is_found() -> None:
    """Who was served once is never deflected."""
    centre = Centre(general(overflow=(rule(WAITED, after=60.0),)))
    centre.arrives("one")
    centre.wait(60.0)
    away = centre.facts(f.InteractionDeflected)[0]
    served = f.InteractionAnswered(
        pool=centre.pool,
        interaction_id=away.interaction_id,
        agent_id="amy",
        queue="general",
        waited_seconds=0.0,
        deadline=0.0,
    )
    log: Log = []
    for at, facts in centre.log:
        if away in facts:
            log.append((at, (served,)))
        log.append((at, facts))
    assert found(audited(log))["overflow"] == 2


def preferring(prefer: Preferred = Preferred.ACCOUNT_OWNER) -> Plan:
    """A plan whose general queue waits a minute for one agent."""
    return general(preference=PreferencePlan(prefer=prefer, for_seconds=60.0), wrap_up_seconds=0.0)


def waits_for_zoe() -> Centre:
    """Zoe, whom the customer should meet, is busy; Amy is free, and is not offered them for a minute."""
    centre = Centre(preferring())
    centre.at_work("zoe")
    centre.arrives("other")
    centre.accepts("zoe")
    centre.event(e.InteractionStarted(customer="ann", account_owner="zoe"), "one")
    centre.at_work("amy")
    assert centre.offered_to("one") == []
    return centre


def test_a_preference_by_the_plan_has_nothing_to_complain_of() -> None:
    """Zoe is waited for, and after a minute Amy will do."""
    centre = waits_for_zoe()
    centre.wait(60.0)
    assert centre.offered_to("one") == ["amy"]
    assert centre.facts(f.PreferenceEnded)[0].reason is TIME
    assert judged(centre) == {}


Change = Callable[[Log], Log]


@pytest.mark.parametrize(
    "change, expected",
    [
        (lambda log: without(log, f.PreferenceEnded), {"preference": 1}),
        (lambda log: with_last(log, f.InteractionQueued, preferred_agent_id="amy"), {"preference": 1}),
        (lambda log: with_last(log, f.PreferenceEnded, reason=NOT_TAKEN), {"preference_ends": 1}),
        (
            lambda log: with_last(log, f.PreferenceEnded, reason=GONE),
            {"preference_ends": 1},
        ),
        (lambda log: with_last(log, f.PreferenceEnded, agent_id="amy"), {"preference_ends": 1}),
        (lambda log: with_last(log, f.InteractionQueued, preferred_until=2e9), {"preference": 1, "preference_ends": 1}),
        (
            lambda log: beating(without(without(log, f.PreferenceEnded), f.OfferIssued), 100),
            {"preference_ends": 1},
        ),
    ],
)
def test_a_preference_that_is_not_kept_or_not_ended_is_found(change: Change, expected: dict[str, int]) -> None:
    """Somebody else is offered it, it is another agent, it ends for no reason, or not at all."""
    centre = waits_for_zoe()
    centre.wait(60.0)
    seen = found(audited(change(centre.log)))
    assert {name: seen.get(name, 0) for name in expected} == expected


def test_a_preferred_agent_who_is_forgotten_is_found() -> None:
    """Whoever was served by Zoe before is meant to meet her again, and is not simply given to Amy."""
    centre = Centre(preferring(Preferred.LAST_AGENT))
    centre.at_work("zoe")
    for name in ("one", "two"):
        centre.event(e.InteractionStarted(customer="ann"), name)
        centre.accepts("zoe")
        centre.completes("zoe", name)
    assert centre.facts(f.InteractionQueued)[-1].preferred_agent_id == "zoe"
    assert judged(centre) == {}
    log = with_last(centre.log, f.InteractionQueued, preferred_agent_id="", preferred_until=0.0)
    assert found(audited(log)) == {"choice": 1, "preference": 1}, "it says too that a preferred agent was chosen"


def test_waiting_for_somebody_who_has_gone_is_found() -> None:
    """Zoe signs out: nobody waits for her any more."""
    centre = waits_for_zoe()
    gone = f.AgentSignedOut(pool=centre.pool, agent_id="zoe", session_id="zoe-1")
    assert found(audited([*centre.log, (centre.now, (gone,))])) == {"preference_ends": 1}


def test_a_queue_of_the_plan_is_looked_up_by_its_name() -> None:
    """A queue that left the plan drains under the defaults of the language, without a ladder or limits."""
    centre = climbing()
    gone = changed(centre.log, lambda fact: fact)
    centre.publish(replace(general(), version=2, queues=(QueuePlan(name="general"), queue("billing"))))
    assert judged(centre) == {}
    assert found(audited(gone)) == {}


def test_a_trimmed_log_is_not_blamed_for_what_it_does_not_tell() -> None:
    """Who signed in, and which plan was in force, may stand before the first record that is left."""
    steps = (LadderStep(when_nobody=True, drop_skills=("billing",)),)
    everything = general(ladder=steps, overflow=(rule(NOBODY),), preference=preferring().queues[0].preference)
    centre = Centre(everything)
    centre.at_work("zoe", "amy")
    begins = len(centre.log)
    centre.arrives("one")
    centre.accepts("zoe" if centre.offers("zoe") else "amy")
    centre.publish(replace(everything, version=2))
    for number in range(3):
        centre.event(e.InteractionStarted(customer="ann", account_owner="zoe"), f"t{number}")
    centre.wait(100.0)
    assert judged(centre) == {}
    assert found(audited(beating(centre.log[begins:]), whole=False)) == {}
