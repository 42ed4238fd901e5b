"""Conversations that sleep: a silent customer costs their agent a fraction, and wakes to them if they are free."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.language import agents as a
from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.agents import AgentStatus, SessionCloseReason
from kindline.language.content import Channel
from kindline.language.facts.agents import RoutingState
from kindline.language.facts.interactions import CloseReason, QueuedReason
from kindline.language.plan import ChannelPlan, Plan, PoolLimits
from kindline.language.queue_rules import PreferencePlan, Preferred
from kindline.language.snapshot import InteractionState as S
from tests.domain.routing.recount import assert_hands_are_what_the_interactions_say
from tests.given import Centre, agent, plan, queue, text

SILENCE = 300.0


def sleepy(*, dormant_after_seconds: float = SILENCE, dormant_units: int = 10) -> Plan:
    """Two chats fill Amy or Bob; one whose customer is silent for five minutes costs ten of a hundred units."""
    chat = ChannelPlan(
        channel=Channel.CHAT,
        units=50,
        at_once=2,
        dormant_after_seconds=dormant_after_seconds,
        dormant_units=dormant_units,
    )
    mail = ChannelPlan(channel=Channel.EMAIL, units=100)
    form = ChannelPlan(channel=Channel.WEB_HOOK, units=50, at_once=2)
    return plan(
        channels=(chat, mail, form),
        agents=(agent("amy", billing=1), agent("bob", billing=1)),
        queues=(queue(), plan().queues[1]),
        limits=PoolLimits(longest_work_seconds=3_600.0),
    )


def talking(*threads: str, in_force: Plan | None = None) -> Centre:
    """Amy talks with these customers and has said the last word to each."""
    centre = Centre(in_force or sleepy())
    centre.at_work("amy")
    for thread in threads:
        centre.arrives(thread)
        centre.accepts("amy")
        replies(centre, thread)
    return centre


def replies(centre: Centre, thread: str) -> None:
    """Amy says something."""
    message = f"m{len(centre.inputs)}"
    centre.says("amy", a.SendMessage(interaction_id=centre.id(thread), message_id=message, content=text("and you?")))


def speaks(centre: Centre, thread: str) -> None:
    """The customer says something."""
    centre.event(e.MessageReceived(message_id=f"c{len(centre.inputs)}", content=text("here I am")), thread)


def carried(centre: Centre, thread: str) -> tuple[S, int]:
    """Where a conversation stands, and the units it takes."""
    assert_hands_are_what_the_interactions_say(centre)
    row = centre.interaction(thread)
    return row.state, row.units


def routing_state(centre: Centre) -> RoutingState:
    """What the engine makes of Amy."""
    known = centre.agent("amy")
    assert known is not None
    return known.routing_state


def test_a_silent_customer_falls_asleep_at_the_very_moment() -> None:
    """Five minutes after Amy's last word the chat sleeps and costs ten units, not a moment earlier."""
    centre = talking("kim")
    deadline = centre.interaction("kim").deadline
    centre.wait(SILENCE - 0.1)
    assert carried(centre, "kim") == (S.ACTIVE, 50)
    centre.wait(0.1)
    assert carried(centre, "kim") == (S.DORMANT, 10)
    [slept] = centre.facts(f.InteractionSlept)
    assert (slept.units, slept.deadline) == (10, deadline)


def test_a_customer_who_waits_for_an_answer_never_sleeps() -> None:
    """Kim spoke last; however long Amy is silent, the chat stays awake and costs what it costs."""
    centre = talking("kim")
    centre.wait(200.0)
    speaks(centre, "kim")
    centre.wait(3_000.0)
    assert carried(centre, "kim") == (S.ACTIVE, 50)


def test_a_customer_who_was_never_answered_does_not_sleep() -> None:
    """Amy accepted and has said nothing yet: it is Kim who waits."""
    centre = Centre(sleepy())
    centre.at_work("amy")
    centre.arrives("kim")
    centre.accepts("amy")
    centre.wait(1_000.0)
    assert carried(centre, "kim") == (S.ACTIVE, 50)


def test_the_silence_begins_with_the_last_word() -> None:
    """Amy asks again after four minutes: five minutes begin anew."""
    centre = talking("kim")
    centre.wait(240.0)
    replies(centre, "kim")
    centre.wait(240.0)
    assert centre.state("kim") is S.ACTIVE
    centre.wait(60.0)
    assert centre.state("kim") is S.DORMANT


def test_a_channel_without_the_setting_never_sleeps() -> None:
    """No seconds, no sleep: it is off unless a plan asks for it."""
    centre = talking("kim", in_force=sleepy(dormant_after_seconds=0))
    centre.wait(3_000.0)
    assert carried(centre, "kim") == (S.ACTIVE, 50)


def test_a_plan_that_lets_chats_sleep_reaches_those_under_way() -> None:
    """The silence so far counts under the new plan, and a plan that forbids sleep wakes nobody by itself."""
    centre = talking("kim", in_force=sleepy(dormant_after_seconds=0))
    centre.wait(1_000.0)
    centre.publish(replace(sleepy(), version=2))
    centre.wait(0.0)
    assert carried(centre, "kim") == (S.DORMANT, 10)
    centre.publish(replace(sleepy(dormant_after_seconds=0), version=3))
    centre.wait(10.0)
    assert carried(centre, "kim") == (S.DORMANT, 10)


def test_silent_chats_make_room_for_those_who_speak() -> None:
    """Row 19: two chats fill Amy; when one falls asleep the next customer need not wait, and none is over her limit."""
    centre = talking("kim", "lee")
    centre.arrives("mo")
    assert centre.offered_to("mo") == []
    speaks(centre, "lee")
    centre.wait(SILENCE)
    assert centre.state("kim") is S.DORMANT
    # 50 + 10 are taken, and a chat takes 50: one sleeper alone does not make room, nothing is overdrawn.
    assert centre.offered_to("mo") == []
    replies(centre, "lee")
    centre.wait(SILENCE)
    assert centre.offered_to("mo") == ["amy"]
    assert_hands_are_what_the_interactions_say(centre)


def test_sleep_may_cost_nothing() -> None:
    """Row 19: at no cost a silent chat leaves room for a mail that takes all of Amy."""
    centre = talking("kim", in_force=sleepy(dormant_units=0))
    centre.arrives("mail", "mail")
    assert centre.offered_to("mail") == []
    centre.wait(SILENCE)
    assert centre.offered_to("mail") == ["amy"]


def test_sleepers_do_not_count_as_chats_at_once() -> None:
    """Two at once are two who are awake."""
    centre = talking("kim", "lee", in_force=sleepy(dormant_units=0))
    centre.wait(SILENCE)
    for thread in ("mo", "nell"):
        centre.arrives(thread)
        centre.accepts("amy")
    centre.arrives("olive")
    assert centre.offered_to("olive") == []
    assert len(centre.engine.work_of(centre.pool, "amy")) == 4
    assert_hands_are_what_the_interactions_say(centre)


@pytest.mark.parametrize(
    "happening", [e.MessageReceived(content=text("hi")), e.MessageReceived(), e.InteractionStarted()]
)
def test_a_customer_who_speaks_wakes_to_their_agent(happening: e.InteractionHappening) -> None:
    """Amy has room: Kim is with her at once, at full cost, by words, without words, or by coming in again."""
    centre = talking("kim")
    centre.wait(SILENCE)
    centre.event(happening, "kim")
    assert carried(centre, "kim") == (S.ACTIVE, 50)
    assert centre.interaction("kim").agent_id == "amy"
    [resumed] = centre.facts(f.InteractionResumed)
    assert resumed.units == 50
    centre.wait(1_000.0)
    assert centre.state("kim") is S.ACTIVE


def test_what_a_sleeper_takes_already_counts_as_room_for_it() -> None:
    """A form takes 50 and sleeping Kim 10: the other 40 and Kim's own 10 are the 50 that waking takes."""
    centre = talking("kim")
    centre.wait(SILENCE)
    centre.arrives("form", "form")
    centre.accepts("amy")
    speaks(centre, "kim")
    assert carried(centre, "kim") == (S.ACTIVE, 50)


def test_an_agents_words_do_not_wake_a_sleeper() -> None:
    """Amy may remind Kim; as long as Kim is silent nobody works on it."""
    centre = talking("kim")
    centre.wait(SILENCE)
    replies(centre, "kim")
    assert carried(centre, "kim") == (S.DORMANT, 10)


def test_a_sleeper_whose_agent_is_full_goes_to_the_queue_at_its_age() -> None:
    """Amy is full when Kim speaks: Kim is queued at the age of the first hello, and nobody is overdrawn."""
    centre = talking("kim", in_force=sleepy(dormant_units=0))
    came = centre.interaction("kim").received.arrived_at
    centre.wait(SILENCE)
    for thread in ("lee", "mo"):
        centre.arrives(thread)
        centre.accepts("amy")
    centre.arrives("late")
    speaks(centre, "kim")
    queued = centre.facts(f.InteractionQueued)[-1]
    assert (queued.reason, queued.from_agent_id, queued.waiting_since) == (QueuedReason.WOKEN, "amy", came)
    assert centre.facts(f.CapacityExceeded) == []
    centre.finishes("amy", "lee")
    assert centre.offered_to("kim") == ["amy"]
    assert centre.offered_to("late") == []
    assert_hands_are_what_the_interactions_say(centre)


@pytest.mark.parametrize("full, preferred", [(True, "amy"), (False, "")])
def test_a_queue_that_prefers_an_agent_waits_for_the_one_who_is_full(full: bool, preferred: str) -> None:  # noqa: FBT001
    """Kim waits for Amy a while though Bob is idle, if Amy is there and full; nobody waits for one on a break."""
    preference = PreferencePlan(prefer=Preferred.LAST_AGENT, for_seconds=60.0)
    usual = sleepy(dormant_units=0)
    queues = (replace(usual.queues[0], preference=preference), usual.queues[1])
    centre = talking("kim", in_force=replace(usual, queues=queues))
    centre.wait(SILENCE)
    for thread in ("lee", "mo") if full else ():
        centre.arrives(thread)
        centre.accepts("amy")
    if not full:
        centre.says("amy", a.SetStatus(status=AgentStatus.BREAK))
    centre.at_work("bob")
    speaks(centre, "kim")
    assert centre.facts(f.InteractionQueued)[-1].preferred_agent_id == preferred
    assert centre.offered_to("kim") == ([] if full else ["bob"])
    centre.wait(60.0)
    assert centre.offered_to("kim") == ["bob"]


@pytest.mark.parametrize("status", [AgentStatus.BREAK, AgentStatus.OFFLINE])
def test_whoever_is_on_a_break_is_not_called_back_by_a_sleeper(status: AgentStatus) -> None:
    """Row 10: Kim speaks while Amy is away, and Bob is offered the chat at its age, left out nobody."""
    centre = talking("kim")
    centre.wait(SILENCE)
    centre.says("amy", a.SetStatus(status=status))
    centre.at_work("bob")
    assert centre.state("kim") is S.DORMANT
    speaks(centre, "kim")
    assert centre.facts(f.InteractionQueued)[-1].reason is QueuedReason.WOKEN
    assert centre.offered_to("kim") == ["bob"]


def test_sleepers_do_not_hold_an_agent_back_from_a_break() -> None:
    """Amy asked for a break when her work ends: it ends when the last chat falls asleep."""
    centre = talking("kim", "lee")
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK, when_work_ends=True))
    centre.completes("amy", "lee")
    centre.wait(SILENCE)
    known = centre.agent("amy")
    assert known is not None
    assert (known.status, routing_state(centre)) == (AgentStatus.BREAK, RoutingState.INACTIVE)
    assert centre.state("kim") is S.DORMANT


def test_with_only_sleepers_the_work_has_ended_already() -> None:
    """A break when the work ends begins at once, if all that is left sleeps."""
    centre = talking("kim")
    centre.wait(SILENCE)
    assert routing_state(centre) is RoutingState.IDLE
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK, when_work_ends=True))
    known = centre.agent("amy")
    assert known is not None
    assert (known.status, known.next_status) == (AgentStatus.BREAK, AgentStatus.UNSPECIFIED)


def test_a_sleeper_makes_nobody_busy() -> None:
    """Who is idle for longest counts from the moment the last conversation fell asleep."""
    centre = talking("kim")
    centre.wait(SILENCE)
    known = centre.agent("amy")
    assert known is not None
    assert known.idle_since == centre.now


@pytest.mark.parametrize("reason", [SessionCloseReason.SIGNED_OUT, SessionCloseReason.STREAM_LOST])
def test_an_agent_who_is_gone_keeps_sleepers_until_they_speak(reason: SessionCloseReason) -> None:
    """Row 10: the awake chat is queued for somebody else; the sleeper only when its customer speaks."""
    centre = talking("kim", "lee")
    speaks(centre, "lee")
    centre.wait(SILENCE)
    centre.tell("amy", a.SessionClosed(session_id="amy-1", reason=reason))
    centre.wait(60.0)
    assert (centre.state("kim"), centre.state("lee")) == (S.DORMANT, S.QUEUED)
    speaks(centre, "kim")
    assert centre.state("kim") is S.QUEUED
    centre.at_work("bob")
    assert centre.offered_to("kim") == ["bob"]
    assert_hands_are_what_the_interactions_say(centre)


def test_an_agent_who_is_back_finds_their_sleepers() -> None:
    """Amy signs in the next hour, and Kim wakes to her as if she had never been away."""
    centre = talking("kim")
    centre.wait(SILENCE)
    centre.tell("amy", a.SessionClosed(session_id="amy-1", reason=SessionCloseReason.SIGNED_OUT))
    centre.wait(600.0)
    centre.signs_in("amy", session="amy-2")
    centre.says("amy", a.SetStatus(status=AgentStatus.AVAILABLE))
    speaks(centre, "kim")
    assert carried(centre, "kim") == (S.ACTIVE, 50)


def test_a_sleeper_ends_when_its_customer_leaves_without_wrap_up() -> None:
    """Nobody worked on it: there is nothing to wrap up, and Amy's break stays a break."""
    centre = talking("kim")
    centre.wait(SILENCE)
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK))
    centre.leaves("kim")
    assert centre.facts(f.InteractionClosed)[-1].reason is CloseReason.NO_WRAP_UP
    assert routing_state(centre) is RoutingState.INACTIVE


def test_an_agent_may_end_a_sleeper_and_wraps_it_up() -> None:
    """Amy closes the matter herself: that is work, with its wrap-up."""
    centre = talking("kim")
    centre.wait(SILENCE)
    centre.completes("amy", "kim")
    assert carried(centre, "kim") == (S.COMPLETED, 10)
    assert routing_state(centre) is RoutingState.WRAP_UP


def test_a_sleeper_lasts_no_longer_than_any_work() -> None:
    """An hour after it was answered it ends, asleep or not."""
    centre = talking("kim")
    centre.wait(3_600.0)
    assert centre.state("kim") is S.EXPIRED


def test_a_new_agent_has_not_said_the_last_word() -> None:
    """After a transfer Kim waits for Bob's first words, whatever Amy said before."""
    centre = talking("kim")
    centre.says("amy", a.TransferInteraction(interaction_id=centre.id("kim"), queue="billing"))
    centre.at_work("bob")
    centre.accepts("bob")
    centre.wait(2_000.0)
    assert carried(centre, "kim") == (S.ACTIVE, 50)


def test_sleepers_and_silence_survive_a_restart() -> None:
    """From a snapshot the sleeper sleeps on, and whoever was about to fall asleep does so at the same moment."""
    centre = talking("kim")
    centre.wait(SILENCE)
    centre.arrives("lee")
    centre.accepts("amy")
    replies(centre, "lee")
    centre.wait(100.0)
    before = centre.engine.next_due()
    centre.engine.restore(list(centre.engine.rows()), centre.engine.decided_at)
    assert centre.engine.next_due() == before
    assert carried(centre, "kim") == (S.DORMANT, 10)
    centre.wait(SILENCE - 100.0)
    assert carried(centre, "lee") == (S.DORMANT, 10)
    speaks(centre, "kim")
    assert carried(centre, "kim") == (S.ACTIVE, 50)


def test_only_the_awake_count_as_work() -> None:
    """An hour with one sleeper counts a tenth of an hour as work: Amy is not spared by customers who are silent."""
    centre = talking("kim")
    centre.wait(SILENCE)
    centre.wait(1_200.0)
    centre.leaves("kim")
    known = centre.agent("amy")
    assert known is not None
    asleep = [span for span in known.spans if span.to_time - span.from_time > 900]
    assert [span.load for span in asleep] == pytest.approx([0.1])
