"""A queue that is closed, full or deserted sends customers where its rules say, with a reason, never in a circle."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from kindline.language.agents import AgentStatus, SessionClosed, SessionCloseReason, SetStatus, TransferInteraction
from kindline.language.calendars import CalendarFrame, CalendarPlan, Weekday
from kindline.language.events import HandoverRequested
from kindline.language.facts import CustomerInformed, InteractionDeflected, InteractionQueued
from kindline.language.facts.interactions import DeflectedReason, QueuedReason
from kindline.language.plan import Plan, QueuePlan
from kindline.language.queue_rules import LadderStep, OverflowAction, OverflowCause, OverflowRule, QueueLimits
from kindline.language.snapshot import InteractionState as S
from tests.given import Centre, agent, needs, plan, queue

CLOSED, FULL, WAITED = OverflowCause.CLOSED, OverflowCause.FULL, OverflowCause.WAITED
NOBODY_ON_JOIN, NOBODY_ON_STAY = OverflowCause.NOBODY_ON_JOIN, OverflowCause.NOBODY_ON_STAY
TWO = QueueLimits(most_waiting=2)
WEEK = tuple(day for day in Weekday if day)
OFFICE = CalendarPlan(name="office", frames=(CalendarFrame(days=WEEK[:5], opens="09:00", closes="17:00"),))


def deflect(cause: OverflowCause, announce: str = "try-later", after: float = 0.0) -> OverflowRule:
    """A rule that sends customers away."""
    return OverflowRule(cause=cause, action=OverflowAction.DEFLECT, announce=announce, after_seconds=after)


def to(name: str, cause: OverflowCause, after: float = 0.0, announce: str = "") -> OverflowRule:
    """A rule that sends customers to another queue."""
    action = OverflowAction.TO_QUEUE
    return OverflowRule(cause=cause, action=action, queue=name, after_seconds=after, announce=announce)


def announce(cause: OverflowCause, what: str) -> OverflowRule:
    """A rule that only says something."""
    return OverflowRule(cause=cause, action=OverflowAction.ANNOUNCE, announce=what)


def under(*queues: QueuePlan) -> Plan:
    """A plan with these queues, the usual ones, and somebody who can serve them all."""
    names = {one.name for one in queues}
    usual = (one for one in (queue("general"), queue("billing")) if one.name not in names)
    zoe = agent("zoe", languages=["en"], billing=5, sales=5)
    return plan(queues=(*queues, *usual), agents=(*plan().agents, zoe))


def come(centre: Centre, number: int, at: str = "chat") -> None:
    """So many customers come."""
    for one in range(number):
        centre.arrives(f"{at}-{one}", at)


def queued(centre: Centre, thread: str) -> InteractionQueued:
    """How a customer was queued last."""
    found = centre.interaction(thread).queued
    assert found is not None
    return found


def informed(centre: Centre) -> list[str]:
    """What customers have heard."""
    return [fact.announcement for fact in centre.facts(CustomerInformed)]


def test_a_full_queue_sends_the_next_customer_away_with_a_reason_and_an_announcement() -> None:
    """Two may wait; the third is told so, and comes in as soon as one of the two is served."""
    centre = Centre(under(queue(limits=TWO, overflow=(deflect(FULL),))))
    come(centre, 3)
    assert [centre.state(f"chat-{one}") for one in range(3)] == [S.QUEUED, S.QUEUED, S.DEFLECTED]
    [fact] = centre.facts(InteractionDeflected)
    assert (fact.reason, fact.overflow_cause, fact.announcement) == (DeflectedReason.OVERFLOW, FULL, "try-later")
    assert fact.cause == "general: full"
    assert len(centre.facts(InteractionQueued)) == 2
    centre.at_work("bob")
    centre.arrives("while one is offered")
    assert centre.state("while one is offered") is S.DEFLECTED
    centre.accepts("bob")
    centre.arrives("when one is served")
    assert centre.state("when one is served") is S.QUEUED


def test_who_leaves_or_expires_makes_room() -> None:
    """The number of those who wait is counted from those who wait."""
    centre = Centre(under(queue(limits=TWO, overflow=(deflect(FULL),), longest_wait_seconds=60)))
    come(centre, 2)
    centre.leaves("chat-0")
    centre.arrives("a")
    centre.arrives("b")
    assert [centre.state("a"), centre.state("b")] == [S.QUEUED, S.DEFLECTED]
    centre.wait(60)
    come(centre, 2, "mail")
    assert centre.state("mail-1") is S.QUEUED


def test_who_overflows_waits_in_the_other_queue_at_their_age_with_what_it_asks_for() -> None:
    """The other queue's needs and weight hold from there on, and the fact names where it was meant to be and why."""
    other = queue("billing", needs=needs(billing=2), weight=3)
    centre = Centre(under(queue(limits=TWO, needs=needs(sales=1), overflow=(to("billing", FULL, 0, "moved"),)), other))
    come(centre, 2)
    centre.arrives("late", age=30.0, needing=needs("en"), priority=1)
    fact = queued(centre, "late")
    assert (fact.queue, fact.reason, fact.overflowed_from, fact.overflow_cause) == (
        "billing", QueuedReason.OVERFLOWED, "general", FULL,
    )  # fmt: skip
    assert (fact.needs, fact.priority, fact.waiting_since) == (needs("en", billing=2), 4, centre.now - 30)
    assert (fact.segment, informed(centre)) == (1, ["moved"])


def test_an_announcement_lets_customers_join_and_says_why_they_will_wait() -> None:
    """Full, says general, and takes them all the same; nothing is announced to who could just join."""
    centre = Centre(under(queue(limits=TWO, overflow=(announce(FULL, "we-are-full"),))))
    come(centre, 3)
    assert centre.state("chat-2") is S.QUEUED
    assert [(fact.interaction_id, fact.queue, fact.announcement) for fact in centre.facts(CustomerInformed)] == [
        (centre.id("chat-2"), "general", "we-are-full")
    ]


@pytest.mark.parametrize(
    "when, state",
    [
        ("2026-11-23T16:59:59", S.QUEUED),
        ("2026-11-23T17:00", S.DEFLECTED),
        ("2026-11-22T12:00", S.DEFLECTED),
        ("2026-11-23T09:00", S.QUEUED),
    ],
)
def test_a_closed_queue_takes_nobody_new(when: str, state: S) -> None:
    """Hours are those of the pool's zone: at five in Riga the door is shut."""
    general = queue(calendar="office", overflow=(deflect(CLOSED, "closed"),))
    centre = Centre()
    centre.now = datetime.fromisoformat(when).replace(tzinfo=ZoneInfo("Europe/Riga")).timestamp()
    centre.publish(replace(under(general), calendars=(OFFICE,), time_zone="Europe/Riga"))
    centre.arrives("t1")
    assert centre.state("t1") is state


def test_who_waits_when_the_queue_closes_is_still_served() -> None:
    """Closing time shuts the door, not the counter."""
    general = queue(calendar="office", overflow=(deflect(CLOSED, "closed"),))
    centre = Centre()
    centre.now = datetime.fromisoformat("2026-11-23T16:59").replace(tzinfo=ZoneInfo("Europe/Riga")).timestamp()
    centre.publish(replace(under(general), calendars=(OFFICE,), time_zone="Europe/Riga"))
    centre.arrives("early")
    centre.wait(120)
    centre.arrives("late")
    centre.at_work("bob")
    assert (centre.offered_to("early"), centre.state("late")) == (["bob"], S.DEFLECTED)


def test_nobody_there_on_joining_means_nobody_even_after_all_that_could_be_done_without() -> None:
    """While Bob could serve with one need less they join; when nobody is left at all they are told so."""
    ladder = (LadderStep(when_nobody=True, drop_skills=("billing",)),)
    general = queue(needs=needs("en", billing=1), ladder=ladder, overflow=(deflect(NOBODY_ON_JOIN, "nobody"),))
    crew = (agent("amy", languages=["en"], billing=2), agent("bob", languages=["en"]))
    centre = Centre(replace(under(general), agents=crew))
    centre.arrives("at night")
    centre.at_work("bob")
    centre.arrives("with bob")
    centre.says("bob", SetStatus(status=AgentStatus.BREAK))
    centre.arrives("bob has lunch")
    centre.says("bob", SetStatus(status=AgentStatus.OFFLINE))
    centre.arrives("bob has gone")
    states = [centre.state(name) for name in ("at night", "with bob", "bob has lunch", "bob has gone")]
    assert states == [S.DEFLECTED, S.QUEUED, S.QUEUED, S.DEFLECTED]


def test_whoever_has_too_few_units_for_a_call_is_nobody_for_those_who_call() -> None:
    """Amy has half a day's units, and a call takes more than she has: with her alone, callers are told so at once."""
    general = queue(overflow=(deflect(NOBODY_ON_JOIN, "nobody"), deflect(NOBODY_ON_STAY, "all-gone")))
    half = replace(agent("amy"), units=50)
    centre = Centre(replace(under(general), agents=(half, agent("bob"))))
    centre.at_work("amy")
    centre.arrives("with amy", "phone")
    centre.at_work("bob")
    centre.says("bob", SetStatus(status=AgentStatus.BREAK))
    centre.arrives("bob has lunch", "phone")
    assert [centre.state(name) for name in ("with amy", "bob has lunch")] == [S.DEFLECTED, S.QUEUED]
    centre.says("bob", SetStatus(status=AgentStatus.OFFLINE))
    centre.wait(1.0)
    assert centre.state("bob has lunch") is S.DEFLECTED


def test_a_step_that_comes_with_time_does_not_make_up_for_nobody_being_there() -> None:
    """Bob may serve them after a minute, but nobody knows whether he is here then: they are told at once."""
    ladder = (LadderStep(when_nobody=True, drop_language=True), LadderStep(after_seconds=60, drop_skills=("billing",)))
    general = queue(needs=needs("en", billing=1), ladder=ladder, overflow=(deflect(NOBODY_ON_JOIN, "nobody"),))
    centre = Centre(under(general))
    centre.at_work("bob")
    centre.arrives("t1")
    assert centre.state("t1") is S.DEFLECTED


def test_nobody_there_on_staying_moves_those_who_wait_when_the_last_goes_home() -> None:
    """At once where the rule says so, after a minute of waiting where it says that; a break is not going home."""
    general = queue(overflow=(to("billing", NOBODY_ON_STAY, 60),))
    crew = (replace(agent("amy", billing=3), queues=("general",)), replace(agent("cy", billing=1), queues=("billing",)))
    centre = Centre(replace(under(general, queue("billing")), agents=crew))
    centre.at_work("amy")
    centre.says("amy", SetStatus(status=AgentStatus.BREAK))
    centre.arrives("t1")
    centre.wait(50)
    centre.arrives("t2")
    centre.tell("amy", SessionClosed(session_id="amy-1", reason=SessionCloseReason.SIGNED_OUT))
    centre.wait(9.9)
    assert queued(centre, "t1").queue == "general"
    centre.wait(0.1)
    assert [queued(centre, name).queue for name in ("t1", "t2")] == ["billing", "general"]
    assert (queued(centre, "t1").overflowed_from, queued(centre, "t1").overflow_cause) == ("general", NOBODY_ON_STAY)
    assert queued(centre, "t1").waiting_since == centre.interaction("t1").received.arrived_at
    centre.at_work("amy")
    centre.wait(60)
    assert queued(centre, "t2").queue == "general"


def test_who_waits_alone_beyond_the_time_of_a_rule_is_moved_the_moment_the_last_goes() -> None:
    """The minute is over already when the last one signs out, so nothing is left to wait for."""
    centre = Centre(under(queue(overflow=(deflect(NOBODY_ON_STAY, after=60),))))
    centre.at_work("bob")
    centre.says("bob", SetStatus(status=AgentStatus.BREAK))
    come(centre, 3)
    centre.wait(100)
    centre.tell("bob", SessionClosed(session_id="bob-1", reason=SessionCloseReason.SIGNED_OUT))
    centre.wait(0)
    assert [fact.overflow_cause for fact in centre.facts(InteractionDeflected)] == [NOBODY_ON_STAY] * 3


def test_who_is_left_alone_and_cannot_be_moved_is_tried_again_now_and_then_and_not_all_the_time() -> None:
    """Nobody is there and billing is full: every half minute is often enough, and when Bob comes all is well again."""
    billing = queue("billing", limits=QueueLimits(most_waiting=1), overflow=(deflect(FULL),))
    centre = Centre(under(queue(overflow=(to("billing", NOBODY_ON_STAY, 10),)), billing))
    centre.arrives("in the way", "billing-chat")
    come(centre, 3)
    decided = len(centre.log)
    centre.wait(100)
    assert len(centre.log) - decided == 4
    centre.at_work("bob")
    centre.declines("bob")
    centre.says("bob", SetStatus(status=AgentStatus.BREAK))
    centre.leaves("in the way", "billing-chat")
    centre.wait(100)
    assert [queued(centre, f"chat-{number}").queue for number in range(3)] == ["general"] * 3
    centre.says("bob", SetStatus(status=AgentStatus.OFFLINE))
    centre.wait(0)
    assert [queued(centre, f"chat-{number}").queue for number in range(3)] == ["billing", "general", "general"]


def test_who_waited_long_enough_is_moved_and_tried_again_while_the_other_queue_is_full() -> None:
    """After a minute to billing; billing is full and would send them away, so they stay until there is room."""
    one = QueueLimits(most_waiting=1)
    billing = queue("billing", limits=one, overflow=(deflect(FULL),))
    centre = Centre(under(queue(overflow=(to("billing", WAITED, 60),)), billing))
    centre.arrives("in the way", "billing-chat")
    centre.arrives("t1")
    centre.wait(80)
    assert (centre.state("t1"), queued(centre, "t1").queue) == (S.QUEUED, "general")
    centre.leaves("in the way", "billing-chat")
    centre.wait(9)
    assert queued(centre, "t1").queue == "general"
    centre.wait(1)
    assert (queued(centre, "t1").queue, centre.interaction("t1").joined_at) == ("billing", centre.now)
    assert centre.facts(InteractionDeflected) == []


def test_who_has_been_served_is_never_sent_away() -> None:
    """A transfer to a full queue uses the buffer, then its overflow, and joins anyway when nobody has room."""
    five = QueueLimits(most_waiting=5)
    billing = queue("billing", limits=five, overflow=(deflect(FULL), to("third", FULL)))
    third = queue("third", limits=QueueLimits(most_waiting=1, transfer_buffer=0.0), overflow=(deflect(FULL),))
    centre = Centre(under(queue(), billing, third))
    come(centre, 6, "billing-chat")
    assert centre.state("billing-chat-5") is S.DEFLECTED
    names = ["t1", "t2", "t3"]
    for name in names:
        centre.arrives(name, priority=9)
        centre.at_work("bob")
        centre.accepts("bob", centre.interaction(name).offers[0].offer_id)
        centre.says("bob", SetStatus(status=AgentStatus.BREAK))
        centre.says("bob", TransferInteraction(interaction_id=centre.id(name), queue="billing"))
    found = [queued(centre, name) for name in names]
    assert [(fact.queue, fact.reason) for fact in found] == [
        ("billing", QueuedReason.TRANSFERRED),
        ("third", QueuedReason.OVERFLOWED),
        ("billing", QueuedReason.TRANSFERRED),
    ]
    assert (found[1].overflowed_from, found[1].from_agent_id) == ("billing", "bob")


def test_who_was_served_and_waits_again_is_not_sent_away_for_waiting_long() -> None:
    """Their agent was lost; the rule for those who waited too long is not for them."""
    centre = Centre(under(queue(overflow=(deflect(WAITED, after=60),))))
    centre.arrives("t1")
    centre.arrives("t2")
    centre.at_work("bob")
    centre.accepts("bob")
    centre.tell("bob", SessionClosed(session_id="bob-1", reason=SessionCloseReason.SIGNED_OUT))
    centre.wait(300)
    assert [centre.state("t1"), centre.state("t2")] == [S.QUEUED, S.DEFLECTED]


def test_an_offer_in_flight_finishes_before_anybody_is_moved_or_sent_away() -> None:
    """At a minute Bob is just being asked; when he declines, the minute is over."""
    centre = Centre(under(queue(overflow=(deflect(WAITED, after=60),))))
    centre.arrives("t1")
    centre.wait(50)
    centre.at_work("bob")
    centre.wait(15)
    assert centre.state("t1") is S.OFFERED
    centre.declines("bob")
    centre.wait(0)
    assert centre.state("t1") is S.DEFLECTED


def test_what_a_bot_found_out_goes_with_the_customer_to_the_next_queue() -> None:
    """Needs and priority from a hand-over hold in the queue that it overflows to while it waits."""
    centre = Centre(under(queue(needs=needs(sales=1), weight=1, overflow=(to("billing", WAITED, 10),))))
    centre.arrives("t1", held_by_bot=True)
    centre.event(HandoverRequested(needs=needs("en", sales=3), priority=7), "t1")
    centre.wait(10)
    fact = queued(centre, "t1")
    assert (fact.queue, fact.needs, fact.priority) == ("billing", needs("en", sales=3), 7)
