"""Events as they come: once each, in any order, from anywhere, good or bad."""

import pytest

from kindline.language import events as e
from kindline.language.content import Needs, ParticipantRole
from kindline.language.facts import (
    EventParked,
    EventRecorded,
    EventUnparked,
    InputDeadLettered,
    InputRedirected,
    InteractionExpired,
    InteractionQueued,
    InteractionReceived,
)
from kindline.language.facts.inputs import DeadLetterReason as D
from kindline.language.facts.interactions import ExpiryReason, QueuedReason
from kindline.language.snapshot import InteractionState as S
from kindline.routing.domain.inputs import InputBroken
from tests.given import SHARDS, Centre, needs, plan, queue, text


def refusals(centre: Centre) -> list[D]:
    """Why inputs went to the dead letters."""
    return [fact.reason for fact in centre.facts(InputDeadLettered)]


def test_fifty_first_messages_of_one_visitor_make_one_interaction() -> None:
    """However many messages come at once, the visitor is one customer, and every word is kept."""
    centre = Centre(plan())
    for number in range(50):
        said = e.MessageReceived(message_id=f"m{number}", content=text(str(number)))
        centre.event(said, "visitor", name=f"first-{number}")
    assert len(centre.facts(InteractionReceived)) == 1
    assert len(centre.interaction("visitor").messages) == 50


def test_ten_deliveries_of_an_event_change_nothing_after_the_first() -> None:
    """A copy of an event writes no fact at all, not even days later."""
    centre = Centre(plan())
    centre.arrives("t1", name="one")
    centre.leaves("t1", name="two")
    for _ in range(10):
        assert centre.arrives("t1", name="one") == []
        assert centre.leaves("t1", name="two") == []
    centre.now += 7 * 86_400
    centre.arrives("t2")
    assert centre.arrives("t1", name="one") == []


def test_calls_of_one_withheld_number_stay_apart() -> None:
    """Two calls are two customers, whatever number they show."""
    centre = Centre(plan())
    centre.rings("call-1")
    centre.rings("call-2")
    assert len(centre.facts(InteractionReceived)) == 2


def test_a_visitor_who_comes_back_after_the_work_is_a_new_contact() -> None:
    """A message after the work was completed is not lost on the agent who has finished."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    centre.accepts("amy")
    centre.completes("amy", "t1")
    centre.event(e.MessageReceived(content=text("one more thing")), "t1")
    assert len(centre.facts(InteractionReceived)) == 2
    assert centre.state("t1") is S.QUEUED


def test_an_event_that_comes_before_its_interaction_waits_for_it() -> None:
    """A hang-up that overtakes its call still ends it, and nobody is offered a customer who is gone."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.leaves("t1")
    centre.wait(5)
    centre.arrives("t1")
    assert centre.state("t1") is S.ABANDONED
    assert len(centre.facts(EventParked)) == len(centre.facts(EventUnparked)) == 1
    assert centre.offers("amy") == []
    assert len(centre.facts(EventRecorded)) == 2


def test_an_event_without_an_interaction_is_a_dead_letter_after_half_a_minute() -> None:
    """What nobody comes for is put aside with its reason."""
    centre = Centre(plan())
    centre.leaves("t1")
    centre.wait(29.9)
    assert refusals(centre) == []
    centre.wait(0.1)
    assert refusals(centre) == [D.NO_INTERACTION]


def test_late_reports_of_an_ended_contact_are_recorded_only() -> None:
    """A closed page after the chat was closed is no dead letter."""
    centre = Centre(plan(queues=(queue(wrap_up_seconds=0.0), queue("billing"))))
    centre.at_work("amy")
    centre.arrives("t1")
    centre.accepts("amy")
    centre.completes("amy", "t1")
    centre.wait(60)
    facts = centre.leaves("t1")
    assert [type(fact) for fact in facts] == [EventRecorded]


def test_an_arrival_that_is_too_old_expires_at_once() -> None:
    """What lay about too long is told to have expired, and nobody is asked to answer it."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1", age=86_401.0)
    assert centre.state("t1") is S.EXPIRED
    assert [fact.reason for fact in centre.facts(InteractionExpired)] == [ExpiryReason.ARRIVED_TOO_LATE]
    assert centre.offers("amy") == []


def test_whoever_waits_too_long_expires() -> None:
    """No wait is endless: its end is a fact."""
    centre = Centre(plan(queues=(queue(longest_wait_seconds=60.0), queue("billing"))))
    centre.arrives("t1")
    centre.wait(60)
    assert [fact.reason for fact in centre.facts(InteractionExpired)] == [ExpiryReason.WAITED_TOO_LONG]


def test_an_offer_in_flight_outlasts_the_longest_wait() -> None:
    """The wait ends when the last offer was not taken, never while an agent decides."""
    centre = Centre(plan(queues=(queue(longest_wait_seconds=10.0), queue("billing"))))
    centre.at_work("amy")
    centre.arrives("t1")
    centre.wait(15)
    assert centre.state("t1") is S.OFFERED
    centre.declines("amy")
    assert centre.state("t1") is S.EXPIRED


def test_a_bot_holds_a_contact_until_it_hands_over() -> None:
    """The wait for a person begins with the hand-over, in the queue and with the needs the bot found."""
    centre = Centre(plan())
    centre.at_work("amy", "bob")
    centre.arrives("t1", held_by_bot=True)
    centre.wait(50)
    assert centre.state("t1") is S.RECEIVED
    centre.event(e.HandoverRequested(queue="billing", needs=needs(billing=2), priority=7), "t1")
    queued = centre.facts(InteractionQueued)[0]
    assert (queued.reason, queued.queue, queued.priority) == (QueuedReason.HANDED_OVER, "billing", 7)
    assert queued.waiting_since == centre.now
    assert queued.needs == needs(billing=2)
    assert centre.offered_to("t1") == ["amy"]


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("asked", [needs(klingon=1), needs(billing=6)])
def test_a_hand_over_for_what_nobody_can_is_a_dead_letter_and_may_be_mended(asked: Needs, *, early: bool) -> None:
    """Nobody waits for ever for a skill that the plan does not have: the bot keeps the contact and may ask again."""
    centre = Centre(plan())
    handover = e.HandoverRequested(queue="general", needs=asked)
    if early:
        centre.event(handover, "t1")
    centre.arrives("t1", held_by_bot=True)
    if not early:
        centre.event(handover, "t1")
    assert refusals(centre) == [D.INVALID_FIELD]
    assert asked.skills[0].skill in centre.facts(InputDeadLettered)[0].detail
    assert centre.state("t1") is S.RECEIVED
    centre.wait(40)
    assert refusals(centre) == [D.INVALID_FIELD]
    centre.event(e.HandoverRequested(queue="general", needs=needs("xx", billing=2)), "t1")
    assert centre.state("t1") is S.QUEUED


def test_a_bot_that_never_hands_over_does_not_hold_anybody_for_ever() -> None:
    """After its time the bot's contact ends."""
    centre = Centre(plan())
    centre.arrives("t1", held_by_bot=True)
    centre.wait(3_600)
    assert [fact.reason for fact in centre.facts(InteractionExpired)] == [ExpiryReason.BOT_TOO_LONG]


@pytest.mark.parametrize(
    "brought,reason",
    [
        ({"thread": ""}, D.NO_THREAD),
        ({"at": "fax"}, D.UNKNOWN_ENTRY_POINT),
        ({"priority": 10}, D.INVALID_FIELD),
        ({"queue": "nowhere"}, D.INVALID_FIELD),
        ({"needing": needs(billing=6)}, D.INVALID_FIELD),
        ({"needing": needs(billing=-1)}, D.INVALID_FIELD),
        ({"needing": needs(klingon=5)}, D.INVALID_FIELD),
    ],
)
def test_a_broken_event_is_a_dead_letter_with_its_reason(brought: dict[str, object], reason: D) -> None:
    """Each mistake has its own reason, and what to do about it."""
    centre = Centre(plan())
    centre.arrives(**({"thread": "t1"} | brought))  # type: ignore[arg-type]
    assert refusals(centre) == [reason]
    assert centre.facts(InputDeadLettered)[0].detail
    assert centre.facts(InteractionReceived) == []


def test_an_unknown_pool_and_an_unreadable_record_are_dead_letters() -> None:
    """Without a plan there is nobody to serve, and what cannot be read is put aside."""
    centre = Centre()
    centre.arrives("t1")
    broken = InputBroken(reference=centre.reference("kindline.interactions"), reason=D.UNPARSABLE, detail="no message")
    centre.decide(broken)
    assert refusals(centre) == [D.UNKNOWN_POOL, D.UNPARSABLE]


def test_an_input_on_the_wrong_shard_is_sent_on_under_its_own_identity() -> None:
    """A producer with another partitioner loses nothing: the input goes where its pool lives."""
    home = Centre(plan()).shard
    centre = Centre(shard=(home + 1) % SHARDS)
    centre.arrives("t1", name="one")
    centre.signs_in("amy")
    sent_on = centre.facts(InputRedirected)
    assert [fact.to_partition for fact in sent_on] == [home, home]
    assert len({fact.identity for fact in sent_on}) == 2


def test_an_agents_leg_makes_a_call_and_its_end_before_that_puts_it_back() -> None:
    """A call is answered when the agent's phone is, and goes back in line when it was not."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.rings("t1")
    centre.accepts("amy")
    assert centre.state("t1") is S.CONNECTING
    centre.event(e.LegEnded(role=ParticipantRole.AGENT), "t1", "phone")
    assert centre.state("t1") is S.QUEUED
    centre.wait(30)
    centre.accepts("amy")
    centre.event(e.LegAnswered(role=ParticipantRole.AGENT, agent_id="amy"), "t1", "phone")
    assert centre.state("t1") is S.ACTIVE
