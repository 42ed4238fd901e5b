"""How many an agent may hold at once: their own limit goes before the queue's, and the queue's before the channel's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.language import agents as a
from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.agents import AgentStatus, SessionCloseReason
from kindline.language.content import Channel
from kindline.language.plan import AgentChannelLimit, ChannelPlan, Plan, QueuePlan
from kindline.language.queue_rules import LadderStep
from tests.domain.routing.recount import assert_hands_are_what_the_interactions_say
from tests.given import Centre, agent, needs, plan

LIGHT = tuple(ChannelPlan(channel=channel, units=10, at_once=3) for channel in Channel if channel)


def limited(of_billing: int = 0, **own: int) -> Plan:
    """Amy alone, who takes three of each channel at once unless a limit says otherwise; `own` are hers by channel."""
    limits = tuple(AgentChannelLimit(channel=Channel[name.upper()], at_once=most) for name, most in own.items())
    queues = (QueuePlan(name="general", wrap_up_seconds=0.0), QueuePlan(name="billing", at_once=of_billing))
    return plan(agents=(replace(agent("amy", billing=3), limits=limits),), channels=LIGHT, queues=queues)


def centre_with(in_force: Plan) -> Centre:
    """Amy at work under a plan."""
    centre = Centre(in_force)
    centre.at_work("amy")
    return centre


def comes(centre: Centre, entrance: str, number: int) -> list[str]:
    """So many customers come by one entrance; who of them is offered to Amy."""
    threads = [f"{entrance}-{n}" for n in range(number)]
    for thread in threads:
        centre.arrives(thread, entrance)
    assert_hands_are_what_the_interactions_say(centre)
    return [thread for thread in threads if centre.offered_to(thread) == ["amy"]]


def test_without_any_other_limit_the_channels_counts() -> None:
    """Three chats at once, whichever queue they wait in, and the fourth waits."""
    centre = centre_with(limited())
    assert comes(centre, "chat", 2) == ["chat-0", "chat-1"]
    assert comes(centre, "billing-chat", 2) == ["billing-chat-0"]


def test_a_queues_limit_keeps_an_agent_free_for_other_queues() -> None:
    """Amy is given one of billing at once; two chats of the general queue still reach her."""
    centre = centre_with(limited(of_billing=1))
    assert comes(centre, "billing-chat", 3) == ["billing-chat-0"]
    assert comes(centre, "chat", 3) == ["chat-0", "chat-1"]


def test_a_queues_limit_goes_before_the_channels() -> None:
    """Five of billing at once are allowed by the queue, though no other queue may give Amy more than three chats."""
    centre = centre_with(limited(of_billing=5))
    assert comes(centre, "chat", 4) == ["chat-0", "chat-1", "chat-2"]
    assert comes(centre, "billing-chat", 6) == [f"billing-chat-{number}" for number in range(5)]


def test_an_agents_own_limit_goes_before_the_queues_and_the_channels() -> None:
    """Amy takes four chats by her own part of the plan, though billing says one and the channel three."""
    centre = centre_with(limited(of_billing=1, chat=4))
    assert comes(centre, "billing-chat", 5) == [f"billing-chat-{number}" for number in range(4)]
    assert comes(centre, "chat", 1) == []


def test_an_own_limit_of_none_means_none() -> None:
    """Amy never takes calls, however idle she is, and the offer of a mail says nothing of it."""
    amy_alone = limited(voice=0)
    centre = centre_with(replace(amy_alone, agents=(*amy_alone.agents, agent("bob"))))
    assert comes(centre, "phone", 1) == []
    assert comes(centre, "mail", 1) == ["mail-0"]


def test_nobody_is_free_by_numbers_alone_when_the_units_are_taken() -> None:
    """An own limit of twenty chats of ten units still ends at a hundred units."""
    centre = centre_with(limited(chat=20))
    assert len(comes(centre, "chat", 12)) == 10


def test_place_is_made_when_work_of_the_limited_queue_ends() -> None:
    """The next of billing is offered when the one before is closed, not when a chat of another queue is."""
    centre = centre_with(limited(of_billing=1))
    comes(centre, "billing-chat", 2)
    comes(centre, "chat", 1)
    for offer in centre.offers("amy"):
        centre.accepts("amy", offer)
    centre.finishes("amy", "chat-0")
    assert centre.offered_to("billing-chat-1") == []
    centre.finishes("amy", "billing-chat-0")
    assert centre.offered_to("billing-chat-1") == ["amy"]
    assert_hands_are_what_the_interactions_say(centre)


def test_it_is_told_that_capacity_left_somebody_out() -> None:
    """Bob is given the second billing matter, and the offer says that capacity left one agent out."""
    amy_and_bob = replace(limited(of_billing=1), agents=(agent("amy", billing=3), agent("bob", billing=1)))
    centre = Centre(amy_and_bob)
    centre.at_work("amy")
    comes(centre, "billing-chat", 1)
    centre.at_work("bob")
    centre.arrives("second", "billing-chat")
    assert centre.offered_to("second") == ["bob"]
    assert [(r.rule, r.agents) for r in centre.facts(f.OfferIssued)[-1].choice.removals] == [("capacity", 1)]


@pytest.mark.parametrize("before, after, offered", [(1, 0, 3), (0, 1, 1)])
def test_a_new_plan_changes_the_queues_limit_at_once(before: int, after: int, offered: int) -> None:
    """A queue's limit is that of the plan in force when the offer is made; what is held already is kept."""
    centre = centre_with(limited(of_billing=before))
    comes(centre, "billing-chat", 1)
    centre.publish(replace(limited(of_billing=after), version=2))
    centre.arrives("second", "billing-chat")
    centre.arrives("third", "billing-chat")
    assert len(centre.offers("amy")) == offered


def test_an_agents_own_limit_changes_at_the_next_sign_in() -> None:
    """Whoever is at work finishes the day under the part of the plan they began it with."""
    centre = centre_with(limited(chat=1))
    centre.publish(replace(limited(chat=2), version=2))
    comes(centre, "chat", 2)
    assert len(centre.offers("amy")) == 1
    centre.signs_in("amy", session="amy-2")
    assert len(centre.offers("amy")) == 2


def test_limits_of_queues_hold_after_a_restart() -> None:
    """Who is given what after a snapshot is what it would have been without one."""
    centre = centre_with(limited(of_billing=1))
    comes(centre, "billing-chat", 2)
    centre.engine.restore(list(centre.engine.rows()), centre.engine.decided_at)
    centre.resume(1.0)
    assert_hands_are_what_the_interactions_say(centre)
    assert centre.offered_to("billing-chat-1") == []
    centre.leaves("billing-chat-0", "billing-chat")
    assert centre.offered_to("billing-chat-1") == ["amy"]


@pytest.mark.parametrize("path", ["transferred", "handed over", "lost"])
def test_no_path_leads_round_a_limit(path: str) -> None:
    """Row 6: Amy holds her one matter of billing; neither a colleague, a bot nor a lost one gives her a second."""
    amy, bob = limited(of_billing=1).agents[0], agent("bob", billing=1)
    centre = Centre(replace(limited(of_billing=1), agents=(amy, bob)))
    centre.at_work("amy")
    comes(centre, "billing-chat", 1)
    centre.accepts("amy")
    thread, entrance = ("other", "chat") if path == "transferred" else ("other", "billing-chat")
    if path == "handed over":
        centre.arrives(thread, entrance, held_by_bot=True)
        centre.event(e.HandoverRequested(queue="billing"), thread, entrance)
    else:
        centre.says("amy", a.SetStatus(status=AgentStatus.BREAK))
        centre.at_work("bob")
        centre.arrives(thread, entrance)
        centre.accepts("bob")
        centre.says("amy", a.SetStatus(status=AgentStatus.AVAILABLE))
        if path == "transferred":
            centre.says("bob", a.TransferInteraction(interaction_id=centre.id(thread), queue="billing"))
        else:
            centre.tell("bob", a.SessionClosed(session_id="bob-1", reason=SessionCloseReason.SIGNED_OUT))
    assert centre.interaction(thread).queued is not None
    assert centre.offered_to(thread) == []
    assert_hands_are_what_the_interactions_say(centre)


def test_the_first_to_log_in_is_not_flooded() -> None:
    """Row 6: twenty wait in the morning; Amy, who comes first, is given what she may hold, and Bob what he may."""
    centre = Centre(replace(limited(), agents=(agent("amy"), agent("bob"), agent("dee", billing=1))))
    for number in range(20):
        centre.arrives(f"early-{number}", "chat")
    for agent_id in ("amy", "bob"):
        centre.at_work(agent_id)
        assert len(centre.offers(agent_id)) == 3
    assert_hands_are_what_the_interactions_say(centre)


def test_whoever_may_have_none_does_not_serve_the_channel() -> None:
    """A caller's ladder does not wait for Amy, who may have no calls: she counts as nobody there."""
    amy_alone = limited(voice=0)
    desk = QueuePlan(
        name="general", needs=needs(billing=1), ladder=(LadderStep(when_nobody=True, drop_skills=("billing",)),)
    )
    agents = (*amy_alone.agents, agent("bob"), agent("cy", billing=1))
    centre = Centre(replace(amy_alone, agents=agents, queues=(desk, amy_alone.queues[1])))
    centre.at_work("amy", "bob")
    assert comes(centre, "phone", 1) == []
    assert centre.offered_to("phone-0") == ["bob"]
    assert [(r.rule, r.agents) for r in centre.facts(f.OfferIssued)[-1].choice.removals] == [("channel", 1)]
