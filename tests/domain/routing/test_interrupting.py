"""Interrupting: a call may push written work aside where the plan says so, as the last resort, and gives it back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.language import agents as a
from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.agents import SessionCloseReason
from kindline.language.content import Channel, ParticipantRole
from kindline.language.facts.agents import RefusalReason
from kindline.language.plan import ChannelPlan, Plan, PoolLimits
from kindline.language.snapshot import InteractionState as S
from tests.domain.routing.recount import assert_hands_are_what_the_interactions_say
from tests.given import Centre, agent, plan, queue, text

VOICE, CHAT, EMAIL, FORM = Channel.VOICE, Channel.CHAT, Channel.EMAIL, Channel.WEB_HOOK


def urgent(*names: str, call: int = 100, interrupts: tuple[Channel, ...] = (CHAT, EMAIL), wrap_up: float = 0.0) -> Plan:
    """Calls interrupt chats and mails; two chats, four mails or one call fill an agent."""
    channels = (
        ChannelPlan(channel=VOICE, units=call, at_once=2, interrupts=interrupts),
        ChannelPlan(channel=CHAT, units=50, at_once=2),
        ChannelPlan(channel=EMAIL, units=25, at_once=4),
        ChannelPlan(channel=FORM, units=25, at_once=4),
    )
    general = queue(wrap_up_seconds=wrap_up, offer_seconds=15.0)
    agents = tuple(agent(name, billing=1) for name in names or ("amy",))
    return plan(channels=channels, agents=agents, queues=(general, plan().queues[1]))


def busy(*threads: str, in_force: Plan | None = None) -> Centre:
    """Amy works on these; their names begin with their entrance."""
    centre = Centre(in_force or urgent())
    centre.at_work("amy")
    for thread in threads:
        centre.arrives(thread, thread.partition("-")[0])
        centre.accepts("amy")
    return centre


def picks_up(centre: Centre, thread: str = "call", who: str = "amy") -> None:
    """An agent accepts a call, and the line is there."""
    centre.accepts(who)
    centre.event(e.LegAnswered(leg_id="a", role=ParticipantRole.AGENT), thread, "phone")


def states(centre: Centre, *threads: str) -> list[S]:
    """Where these stand, after counting again what Amy carries."""
    assert_hands_are_what_the_interactions_say(centre)
    return [centre.state(thread) for thread in threads]


def used(centre: Centre) -> int:
    """The units Amy uses, counted from the rows."""
    work = centre.engine.work_of(centre.pool, "amy")
    return sum(row.units for row in work if not row.interrupted_by)


def test_without_a_word_in_the_plan_nothing_is_interrupted() -> None:
    """Off unless declared: the caller waits until a chat is over."""
    centre = busy("chat-1", "chat-2", in_force=urgent(interrupts=()))
    centre.rings("call")
    assert centre.offered_to("call") == []


def test_a_call_is_offered_over_chats_and_they_go_on_until_it_is_accepted() -> None:
    """The offer alone interrupts nobody; it says that it is the last resort."""
    centre = busy("chat-1", "chat-2")
    centre.rings("call")
    assert centre.offered_to("call") == ["amy"]
    assert states(centre, "chat-1", "chat-2") == [S.ACTIVE, S.ACTIVE]
    choice = centre.facts(f.OfferIssued)[-1].choice
    assert (choice.rule, choice.eligible) == ("interrupting", 1)
    centre.declines("amy")
    assert states(centre, "chat-1", "chat-2") == [S.ACTIVE, S.ACTIVE]


def test_accepting_sets_the_work_aside_and_closing_takes_it_up_again() -> None:
    """Both chats are on system hold while Amy is on the call, and are hers again, at their units, when it is over."""
    centre = busy("chat-1", "chat-2")
    centre.rings("call")
    picks_up(centre)
    assert states(centre, "call", "chat-1", "chat-2") == [S.ACTIVE, S.HELD, S.HELD]
    assert [fact.interrupted_by for fact in centre.facts(f.InteractionHeld)] == [centre.id("call")] * 2
    assert used(centre) == 100
    centre.finishes("amy", "call")
    assert states(centre, "chat-1", "chat-2") == [S.ACTIVE, S.ACTIVE]
    assert [fact.units for fact in centre.facts(f.InteractionResumed)] == [50, 50]
    assert centre.facts(f.CapacityExceeded) == []


def test_somebody_with_room_goes_before_any_interruption() -> None:
    """Bob is idle, so nobody's chat is interrupted, though Amy has less work behind her."""
    centre = busy("chat-1", "chat-2", in_force=urgent("amy", "bob"))
    centre.at_work("bob")
    centre.rings("call")
    assert centre.offered_to("call") == ["bob"]


def test_no_more_is_interrupted_than_need_be_and_the_latest_first() -> None:
    """A call of half an agent pushes one chat aside, that of the later customer."""
    centre = busy("chat-1", "chat-2", in_force=urgent(call=50))
    centre.rings("call")
    picks_up(centre)
    assert states(centre, "chat-1", "chat-2") == [S.ACTIVE, S.HELD]


def test_what_is_set_aside_is_not_given_away() -> None:
    """With a light call there would be units left, but Amy's own chat comes back: no mail takes its place."""
    centre = busy("chat-1", "chat-2", in_force=urgent(call=10))
    centre.rings("call")
    picks_up(centre)
    assert used(centre) == 60
    centre.arrives("mail", "mail")
    assert centre.offered_to("mail") == []
    centre.finishes("amy", "call")
    assert centre.facts(f.CapacityExceeded) == []


def test_a_call_is_never_interrupted() -> None:
    """The second caller waits: on the line is on the line."""
    centre = busy(in_force=urgent())
    centre.rings("call")
    picks_up(centre)
    centre.rings("second")
    assert centre.offered_to("second") == []


@pytest.mark.parametrize("thread", ["form-1", "form-2"])
def test_only_channels_that_are_named_yield(thread: str) -> None:
    """Forms are not named: an agent full of them is full."""
    centre = busy("form-a", "form-b", thread, "form-c")
    centre.rings("call")
    assert centre.offered_to("call") == []


def test_wrap_up_is_never_interrupted() -> None:
    """Amy wraps up one of two chats: the call waits until she has finished."""
    centre = busy("chat-1", "chat-2", in_force=urgent(wrap_up=60.0))
    centre.completes("amy", "chat-1")
    centre.rings("call")
    assert centre.offered_to("call") == []
    centre.says("amy", a.FinishWrapUp(interaction_id=centre.id("chat-1")))
    assert centre.offered_to("call") == ["amy"]


def test_work_on_hold_is_not_interrupted() -> None:
    """Amy has put a customer on hold herself, and owes them that she comes back."""
    centre = busy("chat-1", "chat-2")
    centre.says("amy", a.HoldInteraction(interaction_id=centre.id("chat-1")))
    centre.rings("call")
    assert centre.offered_to("call") == []
    centre.says("amy", a.ResumeInteraction(interaction_id=centre.id("chat-1")))
    assert centre.offered_to("call") == ["amy"]


def test_nothing_is_interrupted_twice() -> None:
    """Two light calls push one chat aside each; a third finds nothing left to push aside."""
    centre = busy("chat-1", "chat-2", in_force=urgent(call=50))
    for call in ("one", "two", "three"):
        centre.rings(call)
        if centre.offers("amy"):
            picks_up(centre, call)
    assert states(centre, "one", "two", "three", "chat-1", "chat-2") == [S.ACTIVE, S.ACTIVE, S.QUEUED, S.HELD, S.HELD]
    centre.finishes("amy", "one")
    assert states(centre, "chat-1", "chat-2") == [S.HELD, S.ACTIVE]


def test_interruptions_nest() -> None:
    """A call over a chat over a mail: each gives back what it pushed aside, the innermost first."""
    channels = (
        ChannelPlan(channel=VOICE, interrupts=(CHAT,)),
        ChannelPlan(channel=CHAT, interrupts=(EMAIL,)),
        ChannelPlan(channel=EMAIL),
    )
    centre = busy("mail-1", "chat-1", in_force=replace(urgent(), channels=channels))
    centre.rings("call")
    picks_up(centre)
    assert states(centre, "mail-1", "chat-1", "call") == [S.HELD, S.HELD, S.ACTIVE]
    centre.finishes("amy", "call")
    assert states(centre, "mail-1", "chat-1") == [S.HELD, S.ACTIVE]
    centre.finishes("amy", "chat-1")
    assert states(centre, "mail-1") == [S.ACTIVE]


def test_the_wrap_up_of_the_call_belongs_to_it() -> None:
    """The chats wait until the wrap-up is over, and come back when it is."""
    centre = busy("chat-1", in_force=replace(urgent(call=100, wrap_up=30.0)))
    centre.rings("call")
    picks_up(centre)
    centre.completes("amy", "call")
    assert states(centre, "chat-1") == [S.HELD]
    centre.wait(30.0)
    assert states(centre, "chat-1") == [S.ACTIVE]


@pytest.mark.parametrize("how", ["not_connected", "transferred", "customer_left"])
def test_however_the_call_goes_the_work_comes_back(how: str) -> None:
    """A line that never came, a transfer, a caller who hung up: in the same decision the chat goes on."""
    centre = busy("chat-1", in_force=urgent("amy"))
    centre.rings("call")
    if how == "not_connected":
        centre.accepts("amy")
        assert states(centre, "chat-1") == [S.HELD]
        centre.wait(PoolLimits().connect_seconds)
    else:
        picks_up(centre)
        if how == "transferred":
            centre.says("amy", a.TransferInteraction(interaction_id=centre.id("call"), queue="billing"))
        else:
            centre.leaves("call", "phone")
    assert states(centre, "chat-1") == [S.ACTIVE]


def test_an_interrupted_customer_may_leave() -> None:
    """It ends as a chat on hold does, and its units are not given to anybody before the call is over."""
    centre = busy("chat-1", "chat-2", in_force=urgent(wrap_up=500.0))
    centre.rings("call")
    picks_up(centre)
    centre.leaves("chat-1")
    assert states(centre, "chat-1", "chat-2") == [S.COMPLETED, S.HELD]
    assert used(centre) == 100
    centre.completes("amy", "call")
    centre.says("amy", a.FinishWrapUp(interaction_id=centre.id("call")))
    assert states(centre, "chat-1", "chat-2") == [S.COMPLETED, S.ACTIVE]
    assert centre.facts(f.CapacityExceeded) == []


def test_an_agent_may_write_to_and_resume_what_was_interrupted() -> None:
    """Amy answers the chat during the call by her own choice: allowed, and written down that she carries too much."""
    centre = busy("chat-1", "chat-2")
    centre.rings("call")
    picks_up(centre)
    name = centre.id("chat-1")
    centre.says("amy", a.SendMessage(interaction_id=name, message_id="m", content=text("one moment")))
    assert centre.answer() is RefusalReason.UNSPECIFIED
    assert states(centre, "chat-1") == [S.HELD]
    centre.says("amy", a.ResumeInteraction(interaction_id=name))
    assert states(centre, "chat-1") == [S.ACTIVE]
    [over] = centre.facts(f.CapacityExceeded)
    assert (over.agent_id, over.interaction_id, over.units_over) == ("amy", name, 50)


def test_an_agent_who_is_lost_gives_the_interrupted_back() -> None:
    """Row 10: the chats wait for somebody else at their age; the call is kept while its leg is up."""
    centre = busy("chat-1", "chat-2")
    centre.rings("call")
    picks_up(centre)
    centre.tell("amy", a.SessionClosed(session_id="amy-1", reason=SessionCloseReason.STREAM_LOST))
    centre.wait(60.0)
    assert states(centre, "call", "chat-1", "chat-2") == [S.ACTIVE, S.QUEUED, S.QUEUED]


def test_one_owner_all_along() -> None:
    """Row 5: what is interrupted still belongs to Amy, and Bob can neither be offered it nor take it."""
    centre = busy("chat-1", "chat-2", in_force=urgent("amy", "bob"))
    centre.rings("call")
    picks_up(centre)
    centre.at_work("bob")
    assert centre.offers("bob") == []
    centre.says("bob", a.ResumeInteraction(interaction_id=centre.id("chat-1")))
    assert centre.answer() is RefusalReason.NOT_YOUR_INTERACTION


def test_room_that_is_lost_before_the_call_is_accepted_is_written_down() -> None:
    """A chat went into its wrap-up while the phone rang: Amy takes the call all the same, and carries 50 too many."""
    centre = busy("chat-1", "chat-2", in_force=urgent(wrap_up=60.0))
    centre.rings("call")
    centre.completes("amy", "chat-1")
    picks_up(centre)
    assert states(centre, "chat-1", "chat-2") == [S.COMPLETED, S.HELD]
    [over] = centre.facts(f.CapacityExceeded)
    assert (over.interaction_id, over.units_over) == (centre.id("call"), 50)


def test_fewer_units_by_a_new_plan_are_written_down_at_the_sign_in() -> None:
    """Row 6: Amy may carry less from now on; nothing is taken from her, and nothing new comes."""
    centre = busy("chat-1", "chat-2")
    centre.publish(replace(urgent(call=50), version=2, agents=(replace(agent("amy", billing=1), units=60),)))
    assert centre.facts(f.CapacityExceeded) == []
    centre.signs_in("amy", session="amy-2")
    [over] = centre.facts(f.CapacityExceeded)
    assert (over.interaction_id, over.units_over) == ("", 40)
    centre.signs_in("amy", session="amy-3")
    assert len(centre.facts(f.CapacityExceeded)) == 1
    centre.arrives("mail", "mail")
    assert centre.offered_to("mail") == []


def test_interrupted_work_is_not_the_agents_time() -> None:
    """During the call Amy's load is that of the call, not of the chats that wait for it."""
    centre = busy("chat-1", "chat-2")
    centre.rings("call")
    picks_up(centre)
    centre.wait(900.0)
    centre.finishes("amy", "call")
    known = centre.agent("amy")
    assert known is not None
    assert max(span.load for span in known.spans) == pytest.approx(1.0)


def test_interruptions_survive_a_restart() -> None:
    """From a snapshot it is known who interrupted whom, and what comes back when."""
    centre = busy("chat-1", "chat-2")
    centre.rings("call")
    picks_up(centre)
    centre.engine.restore(list(centre.engine.rows()), centre.engine.decided_at)
    assert states(centre, "chat-1", "chat-2") == [S.HELD, S.HELD]
    centre.finishes("amy", "call")
    assert states(centre, "chat-1", "chat-2") == [S.ACTIVE, S.ACTIVE]


def test_whose_work_is_interrupted_is_decided_by_least_work() -> None:
    """Amy has been busy for an hour and Bob for a minute: Bob's chats wait, not Amy's again."""
    centre = busy("chat-1", "chat-2", in_force=urgent("amy", "bob"))
    centre.at_work("bob")
    centre.wait(3_000.0)
    for thread in ("chat-3", "chat-4"):
        centre.arrives(thread)
        centre.accepts("bob")
    centre.rings("call")
    assert centre.offered_to("call") == ["bob"]


def two_at_once() -> Centre:
    """Calls are held out to two at once; Bob, who is idle, has the offer of one, and Amy is full of chats."""
    usual = urgent("amy", "bob", wrap_up=60.0)
    general = replace(usual.queues[0], offers_at_once=2)
    centre = busy("chat-1", "chat-2", in_force=replace(usual, queues=(general, usual.queues[1])))
    centre.at_work("bob")
    centre.rings("one")
    return centre


def test_a_second_offer_is_no_reason_to_interrupt() -> None:
    """Bob may take the call: that a plan holds it out to two does not cost anybody else their chats."""
    centre = two_at_once()
    assert centre.offered_to("one") == ["bob"]
    assert centre.offers("amy") == []


def test_whoever_nobody_was_offered_goes_before_a_second_offer() -> None:
    """Amy could push her chat aside now: not for the call that Bob holds, but for the next, which nobody holds."""
    centre = two_at_once()
    centre.completes("amy", "chat-1")
    centre.rings("two")
    assert centre.offered_to("two") == []
    centre.says("amy", a.FinishWrapUp(interaction_id=centre.id("chat-1")))
    assert (centre.offered_to("one"), centre.offered_to("two")) == (["bob"], ["amy"])


@pytest.mark.parametrize("dormant_units", [0, 10])
def test_what_a_conversation_interrupted_goes_on_when_that_falls_asleep(dormant_units: int) -> None:
    """The customer of the chat has gone silent, perhaps for good: the mail does not wait a day for them."""
    usual = urgent()
    chat = ChannelPlan(
        channel=CHAT, units=50, interrupts=(EMAIL,), dormant_after_seconds=300.0, dormant_units=dormant_units
    )
    mail = ChannelPlan(channel=EMAIL, units=50, at_once=2)
    centre = busy("mail-1", "mail-2", in_force=replace(usual, channels=(chat, mail)))
    centre.arrives("chat")
    centre.accepts("amy")
    assert states(centre, "chat", "mail-1", "mail-2") == [S.ACTIVE, S.ACTIVE, S.HELD]
    words = a.SendMessage(interaction_id=centre.id("chat"), message_id="m", content=text("and you?"))
    centre.says("amy", words)
    centre.wait(300)
    assert states(centre, "chat", "mail-1", "mail-2") == [S.DORMANT, S.ACTIVE, S.ACTIVE]
    assert [fact.units_over for fact in centre.facts(f.CapacityExceeded)] == [10] * bool(dormant_units)
    # Whoever speaks again finds Amy's hands full, and is offered to her over the same mail.
    centre.event(e.MessageReceived(message_id="c", content=text("here I am")), "chat")
    assert centre.offered_to("chat") == ["amy"]
    centre.accepts("amy")
    assert states(centre, "chat", "mail-1", "mail-2") == [S.ACTIVE, S.ACTIVE, S.HELD]
