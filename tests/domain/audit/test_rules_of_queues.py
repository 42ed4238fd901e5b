"""Hours, limits, overflow and preferences: the audit names each that a log breaks, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.agents import TransferInteraction
from kindline.language.facts.interactions import QueuedReason
from kindline.language.facts.waiting import PreferenceEndedReason
from kindline.language.plan import Plan
from kindline.language.queue_rules import (
    LadderStep,
    OverflowCause,
    PreferencePlan,
    Preferred,
    QueueLimits,
)
from tests.domain.audit.queue_rules import (
    CLOSED,
    FULL,
    NOBODY,
    WAITED,
    as_if,
    general,
    rule,
    with_an_able_amy,
)
from tests.domain.audit.recorded import Log, audited, beating, found, judged, under, with_last, without
from tests.given import Centre, needs

TIME, GONE, NOT_TAKEN = PreferenceEndedReason.TIME, PreferenceEndedReason.UNAVAILABLE, PreferenceEndedReason.NOT_TAKEN


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
    centre.wait(1.0)
    for name in ("one", "two"):
        centre.event(e.InteractionStarted(customer="ann"), name)
        centre.accepts("zoe")
        centre.completes("zoe", name)
    assert centre.facts(f.InteractionQueued)[-1].preferred_agent_id == "zoe"
    assert judged(centre) == {}
    log = with_last(centre.log, f.InteractionQueued, preferred_agent_id="", preferred_until=0.0)
    assert found(audited(log)) == {"choice": 1, "preference": 1}, "it says too that a preferred agent was chosen"


def test_whoever_was_met_just_before_a_plan_that_remembers_is_not_said_to_be_forgotten() -> None:
    """Zoe answers Ann, and in the same instant a plan comes that would have Ann meet her again: the old one forgot."""
    centre = Centre(general(wrap_up_seconds=0.0))
    centre.at_work("zoe")
    centre.wait(10.0)
    centre.event(e.InteractionStarted(customer="ann"), "one")
    centre.accepts("zoe")
    centre.publish(replace(preferring(Preferred.LAST_AGENT), version=2))
    centre.completes("zoe", "one")
    centre.wait(10.0)
    centre.event(e.InteractionStarted(customer="ann"), "two")
    assert centre.facts(f.InteractionQueued)[-1].preferred_agent_id == ""
    assert judged(centre) == {}


def test_waiting_for_somebody_who_has_gone_is_found() -> None:
    """Zoe signs out: nobody waits for her any more."""
    centre = waits_for_zoe()
    gone = f.AgentSignedOut(pool=centre.pool, agent_id="zoe", session_id="zoe-1")
    assert found(audited([*centre.log, (centre.now, (gone,))])) == {"preference_ends": 1}


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
