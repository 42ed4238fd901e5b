"""What agents hold: units and numbers, interruptions and sleepers; a log that breaks one of the promises is named."""

from __future__ import annotations

from dataclasses import replace

from kindline.language import agents as a
from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel
from kindline.language.facts.interactions import QueuedReason
from kindline.language.plan import AgentChannelLimit, ChannelPlan, Plan
from kindline.language.queue_rules import OverflowAction, OverflowCause, OverflowRule
from tests.domain.audit.recorded import audited, beating, changed, found, judged, under, with_last, without
from tests.domain.routing.test_capacity_limits import centre_with, comes, limited
from tests.domain.routing.test_dormant import SILENCE, sleepy, speaks, talking
from tests.domain.routing.test_interrupting import busy, picks_up, urgent
from tests.given import POOL, Centre, agent, plan, queue


def of_chats(**changes: float) -> ChannelPlan:
    """Chats under the plan of the sleepers, with something else in it."""
    return replace(sleepy().channels[0], **changes)  # type: ignore[arg-type]


def with_channel(one: Plan, other: ChannelPlan) -> Plan:
    """The plan with another word on one channel."""
    rows = tuple(other if row.channel is other.channel else row for row in one.channels)
    return replace(one, channels=rows)


def test_three_limits_are_told_apart() -> None:
    """The agent's own limit goes before the queue's, and that before the channel's: each alone makes a log wrong."""
    centre = centre_with(limited())
    assert len(comes(centre, "billing-chat", 3)) == 3
    assert judged(centre) == {}
    assert found(audited(under(centre.log, lambda _: limited(of_billing=2)))) == {"I2": 1}
    assert found(audited(under(centre.log, lambda _: limited(of_billing=2, chat=3)))) == {}
    assert found(audited(under(centre.log, lambda _: limited(of_billing=9, chat=1)))) == {"I2": 2}
    assert found(audited(under(centre.log, lambda _: limited(chat=0)))) == {"I2": 3, "able": 3}


def test_an_offer_that_takes_other_units_than_the_plan_says_is_found() -> None:
    """An offer is no place to haggle over the price."""
    centre = centre_with(limited())
    centre.arrives("one")
    assert found(audited(with_last(centre.log, f.OfferIssued, units=1))) == {"I2": 1}


def on_the_line() -> Centre:
    """Amy talks with two by chat, then takes a call, which interrupts both."""
    centre = busy("chat-1", "chat-2")
    centre.rings("call")
    picks_up(centre)
    return centre


def test_an_interruption_by_the_plan_has_nothing_to_complain_of() -> None:
    """From the offer over the chats to their return."""
    centre = on_the_line()
    centre.finishes("amy", "call")
    assert judged(centre) == {}


def test_an_interruption_that_the_plan_does_not_know_is_found() -> None:
    """Without a word in the plan the offer is above the units, and nobody may be put on hold for it."""
    log = under(on_the_line().log, lambda _: urgent(interrupts=()))
    assert found(audited(log)) == {"I2": 1, "choice": 1, "interrupted": 2}


def test_an_interruption_while_somebody_has_room_is_found() -> None:
    """Interrupting is the last resort."""
    centre = busy("chat-1", "chat-2", in_force=urgent("amy", "bob"))
    centre.rings("call")
    assert centre.offered_to("call") == ["amy"]
    at, bob = centre.now, f.AgentSignedIn(pool=POOL, agent_id="bob", session_id="b", replica_id="r")
    ready = f.AgentStatusDeclared(
        pool=POOL,
        agent_id="bob",
        status=AgentStatus.AVAILABLE,
        reason_code="",
        next_status=AgentStatus.UNSPECIFIED,
        next_reason_code="",
    )
    assert found(audited([*centre.log[:-1], (at, (bob, ready)), centre.log[-1]])) == {"I2": 1}


def test_somebody_who_is_not_resumed_is_found() -> None:
    """When the call is over, whoever it interrupted goes on in the same decision."""
    centre = on_the_line()
    centre.finishes("amy", "call")
    assert found(audited(without(centre.log, f.InteractionResumed))) == {"interrupted": 2}


def test_the_wrong_one_interrupted_is_found() -> None:
    """The latest comer yields first."""
    centre = busy("chat-1", "chat-2", in_force=urgent(call=50))
    centre.rings("call")
    picks_up(centre)
    assert judged(centre) == {}
    log = with_last(centre.log, f.InteractionHeld, interaction_id=centre.id("chat-1"))
    assert found(audited(log)) == {"interrupted": 1}


def above_her_units() -> Centre:
    """Amy is interrupted by a call, takes one of her chats up again herself, and so holds more than she can."""
    centre = on_the_line()
    centre.says("amy", a.ResumeInteraction(interaction_id=centre.id("chat-1")))
    assert [fact.units_over for fact in centre.facts(f.CapacityExceeded)] == [50]
    return centre


def test_more_than_an_agent_can_hold_is_told_exactly() -> None:
    """It is no violation when it is said; unsaid or said wrongly it is."""
    centre = above_her_units()
    assert judged(centre) == {}
    assert found(audited(without(centre.log, f.CapacityExceeded))) == {"exceeded": 1}
    assert found(audited(with_last(centre.log, f.CapacityExceeded, units_over=49))) == {"exceeded": 1}


def test_fewer_units_than_are_held_are_told() -> None:
    """An agent who signs in again with fewer units holds too much, and somebody says so."""
    usual = urgent(call=50)
    centre = busy("chat-1", "chat-2", in_force=usual)
    centre.publish(replace(usual, version=2, agents=(replace(usual.agents[0], units=60),)))
    centre.signs_in("amy", session="amy-2")
    assert judged(centre) == {}
    assert found(audited(without(centre.log, f.CapacityExceeded))) == {"exceeded": 1}


def asleep() -> Centre:
    """Kim has said nothing for five minutes."""
    centre = talking("kim")
    centre.wait(SILENCE)
    return centre


def test_a_sleeper_by_the_plan_has_nothing_to_complain_of() -> None:
    """From falling asleep to waking, with Amy and without room."""
    centre = asleep()
    speaks(centre, "kim")
    assert judged(centre) == {}


def test_sleep_that_comes_too_early_or_where_nothing_sleeps_is_found() -> None:
    """A minute more in the plan, or none at all, and this sleep was wrong."""
    longer = of_chats(dormant_after_seconds=SILENCE + 60.0)
    never = of_chats(dormant_after_seconds=0.0)
    cheaper = of_chats(dormant_units=5)
    for other in (longer, never, cheaper):
        log = under(asleep().log, lambda one, other=other: with_channel(one, other))  # type: ignore[misc]
        assert found(audited(log)) == {"sleepers": 1}


def test_sleep_of_a_customer_who_waits_for_an_answer_is_found() -> None:
    """Had Amy never said a word, Kim would not be asleep."""
    assert found(audited(without(asleep().log, f.MessageSent))) == {"sleepers": 1}


def test_a_sleeper_that_takes_too_little_room_is_found() -> None:
    """A sleeping unit that is counted as nothing lets in one too many: the sums are the auditor's own."""
    centre = talking("kim", "lee")
    centre.wait(SILENCE)
    assert len(centre.facts(f.InteractionSlept)) == 2
    for thread in ("third", "fourth"):
        centre.arrives(thread)
        if centre.offered_to(thread):
            centre.accepts("amy")
    held = centre.engine.work_of(POOL, "amy")
    assert len(held) == 3, "two sleepers of ten units each leave room for one chat of fifty"
    offer = next(fact for fact in reversed(centre.facts(f.OfferIssued)))
    wrong = replace(offer, interaction_id=centre.id("fourth"), offer_id=f"{centre.id('fourth')}.1")
    assert found(audited([*centre.log, (centre.now, (wrong,))])) == {"I2": 1}


def test_a_customer_who_wakes_to_the_queue_beside_their_free_agent_is_found() -> None:
    """Kim speaks, Amy has room: Kim is hers again, and nobody else's."""
    centre = asleep()
    speaks(centre, "kim")
    row = centre.interaction("kim")
    assert row.queued is not None
    woken = replace(row.queued, segment=2, reason=QueuedReason.WOKEN, from_agent_id="amy")
    log = changed(centre.log, lambda fact: woken if isinstance(fact, f.InteractionResumed) else fact)
    assert found(audited(log))["sleepers"] == 1


def test_waking_to_an_agent_who_is_away_is_found() -> None:
    """Nobody's break is taken from them by a customer who wakes."""
    centre = asleep()
    speaks(centre, "kim")
    away = f.AgentStatusDeclared(
        pool=POOL,
        agent_id="amy",
        status=AgentStatus.BREAK,
        reason_code="",
        next_status=AgentStatus.UNSPECIFIED,
        next_reason_code="",
    )
    log = [*centre.log[:-1], (centre.now, (away,)), centre.log[-1]]
    assert found(audited(log)) == {"I2": 1}


def test_a_break_that_waits_for_a_sleeper_is_found() -> None:
    """Amy asked for a break when her work ends; with only Kim asleep it has ended."""
    centre = talking("kim")
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK, when_work_ends=True))
    centre.wait(SILENCE)
    known = centre.agent("amy")
    assert known is not None
    assert known.status is AgentStatus.BREAK
    assert judged(centre) == {}
    begins = centre.facts(f.AgentStatusDeclared)[-1]
    log = changed(centre.log, lambda fact: None if fact is begins else fact)
    assert found(audited(log)) == {"sleepers": 1}


def test_an_offer_in_the_same_breath_as_an_interruption_is_no_excess() -> None:
    """Amy's mail yields to a chat, and at once a call is held out to her over that chat: nothing is left untold."""
    channels = (
        ChannelPlan(channel=Channel.VOICE, interrupts=(Channel.CHAT,)),
        ChannelPlan(channel=Channel.CHAT, interrupts=(Channel.EMAIL,)),
        ChannelPlan(channel=Channel.EMAIL),
    )
    centre = busy("mail-1", in_force=replace(urgent(), channels=channels))
    centre.arrives("chat-1")
    centre.rings("call")
    assert centre.offered_to("call") == []
    centre.accepts("amy")
    assert centre.offered_to("call") == ["amy"]
    assert judged(centre) == {}


def test_an_own_limit_of_none_is_a_limit() -> None:
    """An agent may keep a channel to nothing at all."""
    centre = centre_with(limited())
    centre.arrives("one")
    limit = AgentChannelLimit(channel=Channel.CHAT, at_once=0)
    log = under(centre.log, lambda one: replace(one, agents=(replace(one.agents[0], limits=(limit,)),)))
    assert found(audited(log)) == {"I2": 1, "able": 1}


def test_whoever_has_too_few_units_helps_nobody() -> None:
    """Amy is there, but a call takes more than she can hold: to send callers on is right, to let them wait is not."""
    cause, action = OverflowCause.NOBODY_ON_STAY, OverflowAction.DEFLECT
    door = queue(overflow=(OverflowRule(cause=cause, action=action, after_seconds=5.0),))
    half = replace(agent("amy"), units=50)
    centre = Centre(plan(queues=(door, queue("billing")), agents=(half, agent("bob"))))
    centre.at_work("amy")
    centre.arrives("one", "phone")
    centre.wait(10.0)
    assert len(centre.facts(f.InteractionDeflected)) == 1
    assert judged(centre) == {}
    assert found(audited(beating(without(centre.log, f.InteractionDeflected)))) == {"overflow": 1}
