"""A customer who is offered a call-back may answer: their place in line is kept, and nobody calls it an abandonment."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kindline.language import facts as f
from kindline.language.agents import SendMessage, TransferInteraction
from kindline.language.calendars import CalendarFrame, CalendarPlan, Weekday
from kindline.language.call_backs import CallBackAccepted, CallBackDeclined
from kindline.language.content import Channel, ParticipantRole
from kindline.language.events import InteractionEnded, LegAnswered, LegEnded
from kindline.language.facts.interactions import ExpiryReason, QueuedReason
from kindline.language.facts.offers import OfferRevokedReason
from kindline.language.plan import ChannelPlan, Plan
from kindline.language.queue_rules import LadderStep, OverflowAction, OverflowCause, OverflowRule
from kindline.language.snapshot import InteractionState as S
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.talk import message_of
from tests.given import SHARDS, Centre, agent, plan, queue, text

HOUR = 3_600.0
WEEK = tuple(day for day in Weekday if day)
OFFERING = LadderStep(after_seconds=30, offer_call_back=True)


def offering(**changes: object) -> Plan:
    """A plan whose general queue offers a call-back after half a minute."""
    general = queue(ladder=(OFFERING,), longest_wait_seconds=2 * HOUR, wrap_up_seconds=0.0)
    return replace(plan(queues=(replace(general, **changes), queue("billing"))))  # type: ignore[arg-type]


def offered(*threads: str, at: str = "chat", **changes: object) -> Centre:
    """A centre in which these customers have waited for a minute, one second apart, and were offered a call-back."""
    centre = Centre(offering(**changes))
    for thread in threads:
        centre.arrives(thread, at)
        centre.wait(1)
    centre.wait(60)
    return centre


def accepts(centre: Centre, thread: str, at: str = "chat", wished_in: float | None = None) -> list[f.Fact]:
    """A customer takes the call-back, now or in so many seconds."""
    wished_at = None if wished_in is None else centre.now + wished_in
    happening = CallBackAccepted(wished_at=wished_at, content=text("+371 2000 0000"), message_id="number")
    return centre.event(happening, thread, at)


def test_who_takes_a_call_back_may_leave_keeps_their_place_and_is_not_counted_as_abandoned() -> None:
    """The first in line takes the call-back and closes the page; they are still the first whom Bob is offered."""
    centre = offered("first", "second")
    accepts(centre, "first")
    assert centre.leaves("first") != []
    assert centre.facts(f.InteractionAbandoned) == []
    assert centre.state("first") is S.QUEUED
    centre.at_work("bob")
    assert centre.offered_to("first") == ["bob"]
    assert centre.offered_to("second") == []
    centre.accepts("bob")
    assert centre.facts(f.InteractionAnswered)[0].waited_seconds == 0.0
    # Bob phones them meanwhile: a page that closes now ends nothing either.
    centre.leaves("first", name="closed again")
    assert centre.state("first") is S.ACTIVE
    centre.completes("bob", "first")
    assert centre.state("first") is S.CLOSED


def test_who_declines_a_call_back_waits_as_before_and_may_still_change_their_mind() -> None:
    """A no costs nothing: the same place, the same deadline; and a later yes counts."""
    centre = offered("first", "second")
    before = centre.interaction("first")
    facts = centre.event(CallBackDeclined(), "first")
    assert [type(fact) for fact in facts] == [f.EventRecorded]
    assert centre.interaction("first") == before
    assert [type(fact) for fact in accepts(centre, "first")] == [f.EventRecorded, f.CallBackPromised]
    centre.at_work("bob")
    assert centre.offered_to("first") == ["bob"]


def test_a_customer_who_wishes_an_hour_is_in_nobodys_way_until_then_and_first_in_line_after_it() -> None:
    """Called back in two hours: nobody is offered them before, and then they stand where they would stand today."""
    centre = offered("first", "second")
    facts = accepts(centre, "first", wished_in=2 * HOUR)
    assert [type(fact) for fact in facts] == [f.EventRecorded, f.CallBackPromised, f.InteractionScheduled]
    assert centre.state("first") is S.SCHEDULED
    centre.leaves("first")
    centre.at_work("bob")
    assert centre.offered_to("second") == ["bob"]
    centre.accepts("bob")
    centre.arrives("third")
    centre.wait(2 * HOUR - 1)
    assert centre.state("first") is S.SCHEDULED
    back = [fact for fact in centre.wait(1) if isinstance(fact, f.InteractionQueued)]
    assert [(fact.reason, fact.waiting_since) for fact in back] == [
        (QueuedReason.CALL_BACK_DUE, centre.interaction("first").received.arrived_at)
    ]
    centre.wait(60)
    centre.finishes("bob", "second")
    assert centre.offered_to("first") == ["bob"]
    centre.accepts("bob")
    assert centre.facts(f.InteractionAnswered)[-1].waited_seconds == 60.0


def test_an_offer_that_is_out_is_taken_back_without_blame_when_the_customer_wishes_another_hour() -> None:
    """Bob held an offer of the customer who wants to be called tonight: he is free for the next at once."""
    centre = offered("first", "second")
    centre.at_work("bob")
    accepts(centre, "first", wished_in=HOUR)
    assert [fact.reason for fact in centre.facts(f.OfferRevoked)] == [OfferRevokedReason.CALL_BACK_PROMISED]
    assert centre.state("first") is S.SCHEDULED
    assert centre.offered_to("second") == ["bob"]


def test_an_offer_in_flight_is_not_disturbed_by_a_call_back_that_is_wished_now() -> None:
    """Bob may just take the offer he holds, and is told that the customer does not hold the line."""
    centre = offered("first")
    centre.at_work("bob")
    accepts(centre, "first")
    centre.leaves("first")
    assert centre.offered_to("first") == ["bob"]
    assert centre.interaction("first").call_back is not None
    centre.accepts("bob")
    assert centre.state("first") is S.ACTIVE


def test_the_agent_reads_where_the_customer_is_to_be_called() -> None:
    """The number the customer left is in the conversation, also for an agent who has it already."""
    centre = offered("first")
    facts = accepts(centre, "first")
    said = centre.interaction("first").messages[-1]
    assert (said.author, said.content, said.message_id) == (ParticipantRole.CUSTOMER, text("+371 2000 0000"), "number")
    recorded = next(fact for fact in facts if isinstance(fact, f.EventRecorded))
    assert message_of(recorded, said.said_at) == said


@pytest.mark.parametrize("wished_in", [None, HOUR])
def test_a_call_back_that_nobody_offered_is_only_noted(wished_in: float | None) -> None:
    """The house promises no call that its plan does not offer; the customer waits on, and leaving is leaving."""
    centre = Centre(plan())
    centre.arrives("first")
    facts = accepts(centre, "first", wished_in=wished_in)
    assert [type(fact) for fact in facts] == [f.EventRecorded]
    centre.leaves("first")
    assert centre.state("first") is S.ABANDONED


def test_whom_an_agent_has_already_is_called_back_by_nobody() -> None:
    """A yes that crosses the agent's hello changes nothing: they talk."""
    centre = offered("first")
    centre.at_work("bob")
    centre.accepts("bob")
    facts = accepts(centre, "first", wished_in=HOUR)
    assert [type(fact) for fact in facts] == [f.EventRecorded]
    centre.leaves("first")
    assert centre.state("first") is S.CLOSED


def test_the_newest_wish_counts() -> None:
    """First tonight, then in ten minutes, then now: the customer may change their mind as often as they like."""
    centre = offered("first")
    accepts(centre, "first", wished_in=5 * HOUR)
    accepts(centre, "first", wished_in=600.0)
    assert centre.interaction("first").deadline == centre.now + 600
    accepts(centre, "first")
    assert centre.state("first") is S.QUEUED
    assert centre.facts(f.InteractionQueued)[-1].reason is QueuedReason.CALL_BACK_DUE
    assert centre.wait(6 * HOUR)
    assert [fact.reason for fact in centre.facts(f.InteractionExpired)] == [ExpiryReason.WAITED_TOO_LONG]


@pytest.mark.parametrize(
    "wished_in, due_in",
    [(-HOUR, 0.0), (float("nan"), 0.0), (1e12, 14 * 86_400.0), (float("inf"), 14 * 86_400.0)],
)
def test_a_wish_that_makes_no_sense_is_put_right_and_not_refused(wished_in: float, due_in: float) -> None:
    """An hour that is over means now, and nobody is promised anything for next year."""
    centre = offered("first")
    accepts(centre, "first", wished_in=wished_in)
    assert [fact.due_at - centre.now for fact in centre.facts(f.CallBackPromised)] == [due_in]


@pytest.mark.parametrize(
    "frame, due",
    [
        (CalendarFrame(days=WEEK, opens="09:00", closes="23:00"), "2023-11-15T09:00"),
        (CalendarFrame(days=WEEK, opens="02:00", closes="23:00"), "2023-11-15T03:00"),
        (CalendarFrame(days=(Weekday.MONDAY,), opens="10:00", closes="11:00"), "2023-11-20T10:00"),
    ],
)
def test_nobody_is_promised_a_call_for_an_hour_at_which_nobody_is_there(frame: CalendarFrame, due: str) -> None:
    """Who wishes for three in the morning is called then if the queue is open, else when it opens next."""
    shut = (OverflowRule(cause=OverflowCause.CLOSED, action=OverflowAction.ANNOUNCE, announce="shut"),)
    calendar = CalendarPlan(name="hours", frames=(frame,))
    centre = Centre(replace(offering(calendar="hours", overflow=shut), calendars=(calendar,)))
    centre.arrives("first")
    centre.wait(31)
    centre.event(CallBackAccepted(wished_at=at_night("2023-11-15T03:00")), "first")
    assert centre.facts(f.CallBackPromised)[0].due_at == at_night(due)
    accepts(centre, "first")
    assert centre.facts(f.CallBackPromised)[-1].due_at == centre.now


def at_night(words: str) -> float:
    """An instant, by the clock in Greenwich."""
    return datetime.fromisoformat(words).replace(tzinfo=UTC).timestamp()


def test_a_promised_call_back_is_sent_nowhere_else() -> None:
    """The rule that asks those who wait too long to leave a message passes by whoever was promised a call."""
    message = OverflowRule(cause=OverflowCause.WAITED, after_seconds=120, action=OverflowAction.LEAVE_MESSAGE)
    centre = offered("promised", "other", overflow=(message,))
    accepts(centre, "promised")
    centre.wait(200)
    assert centre.state("promised") is S.QUEUED
    assert centre.state("other") is S.DEFLECTED


def test_an_offered_call_back_holds_in_the_queue_to_which_the_customer_overflows() -> None:
    """Who was moved to another queue while they made up their mind may still say yes."""
    move = OverflowRule(cause=OverflowCause.WAITED, after_seconds=50, action=OverflowAction.TO_QUEUE, queue="billing")
    centre = offered("first", overflow=(move,))
    assert centre.interaction("first").queued == centre.facts(f.InteractionQueued)[-1]
    assert centre.facts(f.InteractionQueued)[-1].queue == "billing"
    accepts(centre, "first")
    assert len(centre.facts(f.CallBackPromised)) == 1


def phoning() -> Centre:
    """A centre with one caller who has taken a call-back, and Bob, who has taken the offer."""
    centre = offered("t1", at="phone")
    accepts(centre, "t1", "phone")
    centre.event(LegEnded(leg_id="c", role=ParticipantRole.CUSTOMER), "t1", "phone")
    centre.at_work("bob")
    centre.accepts("bob")
    return centre


def test_a_caller_who_is_not_reached_is_tried_again_but_not_for_ever() -> None:
    """Nobody picks up: the call is tried again at its old age, until the wait that was promised is over."""
    centre = phoning()
    centre.event(LegEnded(leg_id="out", role=ParticipantRole.CUSTOMER), "t1", "phone")
    assert centre.state("t1") is S.CONNECTING
    centre.event(LegEnded(leg_id="a", role=ParticipantRole.AGENT), "t1", "phone")
    assert centre.facts(f.InteractionQueued)[-1].reason is QueuedReason.NOT_CONNECTED
    ends = {fact.deadline for fact in centre.facts(f.CallBackPromised)}
    assert {centre.facts(f.InteractionQueued)[-1].deadline} == ends
    for _ in range(200):
        centre.wait(60)
        if centre.offers("bob"):
            centre.accepts("bob")
        if centre.state("t1") is S.EXPIRED:
            break
    assert centre.facts(f.InteractionExpired)[-1].reason is ExpiryReason.WAITED_TOO_LONG
    assert centre.facts(f.InteractionAbandoned) == []


def test_a_caller_who_was_reached_ends_the_call_by_hanging_up() -> None:
    """Once they talk it is a call like any other."""
    centre = phoning()
    centre.event(LegAnswered(leg_id="a", role=ParticipantRole.AGENT, agent_id="bob"), "t1", "phone")
    assert centre.state("t1") is S.ACTIVE
    centre.event(LegEnded(leg_id="out", role=ParticipantRole.CUSTOMER), "t1", "phone")
    assert centre.state("t1") is S.CLOSED


def test_after_the_call_back_was_answered_another_wait_is_a_wait_in_person() -> None:
    """Passed on to billing by the agent who called, the customer holds the line: leaving now is giving up."""
    centre = phoning()
    centre.event(LegAnswered(leg_id="a", role=ParticipantRole.AGENT, agent_id="bob"), "t1", "phone")
    centre.says("bob", TransferInteraction(interaction_id=centre.id("t1"), queue="billing"))
    assert centre.interaction("t1").call_back is None
    centre.leaves("t1", "phone")
    assert centre.state("t1") is S.ABANDONED


@pytest.mark.parametrize("wished_in", [None, HOUR])
def test_a_customer_may_take_a_call_back_back(wished_in: float | None) -> None:
    """Whoever has found out by themselves ends the contact, and nobody calls them."""
    centre = offered("first")
    accepts(centre, "first", wished_in=wished_in)
    centre.event(InteractionEnded(ended_by=ParticipantRole.CUSTOMER), "first")
    assert centre.state("first") is S.CANCELLED


@pytest.mark.parametrize("wished_in", [None, HOUR])
def test_a_new_owner_knows_every_promise(wished_in: float | None) -> None:
    """A snapshot in the middle of it, or a reader of all facts, decides like the owner who made the promise."""
    centre = offered("first", "second")
    accepts(centre, "first", wished_in=wished_in)
    centre.leaves("first")
    reader, restored = Engine(centre.shard, SHARDS), Engine(centre.shard, SHARDS)
    for at, facts in centre.log:
        reader.apply(facts, at)
    restored.restore(list(centre.engine.rows()), centre.engine.decided_at)
    assert restored.fingerprint() == reader.fingerprint() == centre.engine.fingerprint()
    assert restored.next_due() == centre.engine.next_due()
    assert not reader.violations
    centre.engine = restored
    centre.wait(HOUR)
    centre.at_work("bob")
    assert centre.offered_to("first") == ["bob"]


def test_a_customer_who_waits_in_two_ways_is_never_given_to_two() -> None:
    """With offers to two agents at once a call-back wished later takes back both."""
    general = queue(ladder=(OFFERING,), offers_at_once=2)
    centre = Centre(plan(queues=(general, queue("billing")), agents=(agent("amy"), agent("bob"))))
    centre.arrives("first")
    centre.wait(60)
    centre.at_work("amy", "bob")
    assert sorted(centre.offered_to("first")) == ["amy", "bob"]
    accepts(centre, "first", wished_in=HOUR)
    assert centre.offered_to("first") == []
    assert centre.offers("amy") == centre.offers("bob") == []


def test_a_sleeping_customer_who_asks_for_a_call_back_is_heard_as_anybody_who_speaks() -> None:
    """A chat fell asleep; its customer answers the old offer: their agent has them again, and no call is promised."""
    chat = ChannelPlan(channel=Channel.CHAT, units=100, dormant_after_seconds=60.0)
    centre = Centre(replace(offering(), channels=(chat,)))
    centre.arrives("first")
    centre.wait(40)
    centre.at_work("bob")
    centre.accepts("bob")
    centre.says("bob", SendMessage(interaction_id=centre.id("first"), message_id="m", content=text("and?")))
    centre.wait(61)
    assert centre.state("first") is S.DORMANT
    accepts(centre, "first", wished_in=HOUR)
    assert centre.state("first") is S.ACTIVE
