"""The agent a customer is meant to meet again is waited for while there is hope, and costs nobody their place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.language import agents as a
from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.agents import AgentStatus, SessionCloseReason
from kindline.language.facts.waiting import PreferenceEndedReason as Ended
from kindline.language.plan import OrderPlan, Plan, QueuePlan
from kindline.language.queue_rules import OverflowAction, OverflowCause, OverflowRule, PreferencePlan, Preferred
from kindline.language.snapshot import InteractionState as S
from kindline.language.snapshot import LastAgentRow
from kindline.routing.domain import last_agents
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.last_agents import LastAgents
from tests.given import SHARDS, Centre, agent, needs, plan

DAY = 86_400.0


def preferring(prefer: Preferred = Preferred.LAST_AGENT, seconds: float = 60.0, days: int = 0) -> Plan:
    """A plan whose general queue waits for an agent at first."""
    preference = PreferencePlan(prefer=prefer, for_seconds=seconds, remember_days=days)
    general = QueuePlan(name="general", preference=preference, wrap_up_seconds=0.0)
    able = (agent("amy", billing=3), agent("bob", billing=3), agent("cy"))
    return plan(queues=(general, QueuePlan(name="billing", needs=needs(billing=1))), agents=able)


def comes(centre: Centre, thread: str, customer: str = "ann", *, owner: str = "", priority: int = 0) -> None:
    """A customer who is known by name comes."""
    centre.event(e.InteractionStarted(customer=customer, account_owner=owner, priority=priority), thread)


def after_a_talk_with_amy(in_force: Plan | None = None) -> Centre:
    """Ann was served by amy, and it is over; bob has joined since."""
    centre = Centre(in_force or preferring())
    centre.at_work("amy")
    comes(centre, "first")
    centre.accepts("amy")
    centre.completes("amy", "first")
    assert centre.state("first") is S.CLOSED
    centre.at_work("bob")
    centre.wait(1)
    return centre


def keep_busy(centre: Centre, agent_id: str, thread: str = "other") -> None:
    """An agent is given somebody else to talk to."""
    comes(centre, thread, customer="", owner=agent_id, priority=9)
    while centre.offered_to(thread) != [agent_id]:
        centre.declines(centre.offered_to(thread)[0])
    centre.accepts(agent_id)


def ends(centre: Centre) -> list[Ended]:
    """Why nobody in particular was waited for any more, in order."""
    return [fact.reason for fact in centre.facts(f.PreferenceEnded)]


def test_a_customer_who_comes_back_meets_the_same_agent() -> None:
    """The last agent gets the customer again though another has less to do, and the offer says why."""
    centre = after_a_talk_with_amy()
    comes(centre, "again")
    assert centre.offered_to("again") == ["amy"]
    assert centre.facts(f.OfferIssued)[-1].choice.rule == "preferred_agent"
    comes(centre, "somebody-else", customer="zoe")
    assert centre.offered_to("somebody-else") == ["bob"]
    assert ends(centre) == []


def test_the_busy_agent_is_waited_for_and_then_anybody_serves() -> None:
    """Though bob is free the customer waits for amy, as long as the plan says and no longer; the place is kept."""
    centre = after_a_talk_with_amy()
    keep_busy(centre, "amy")
    comes(centre, "again")
    assert centre.offered_to("again") == []
    centre.wait(59.9)
    assert centre.offered_to("again") == []
    centre.wait(0.2)
    assert centre.offered_to("again") == ["bob"]
    assert ends(centre)[-1] is Ended.TIME
    assert not centre.interaction("again").preferring


def test_whoever_is_waited_for_gets_the_customer_the_moment_they_are_free() -> None:
    """When amy is free within the time, the customer who waits for her is hers."""
    centre = after_a_talk_with_amy()
    keep_busy(centre, "amy")
    comes(centre, "again")
    centre.wait(10)
    centre.completes("amy", "other")
    assert centre.offered_to("again") == ["amy"]
    centre.accepts("amy")
    assert not centre.interaction("again").preferring
    centre.wait(100)
    assert ends(centre) == []


def test_an_agent_who_is_away_is_not_waited_for() -> None:
    """The previous agent only if they are available, else the queue at once (chatwoot #9587)."""
    centre = after_a_talk_with_amy()
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK))
    comes(centre, "again")
    assert centre.offered_to("again") == ["bob"]
    assert ends(centre) == [Ended.UNAVAILABLE]


def test_with_no_time_to_wait_the_agent_must_be_free_at_once() -> None:
    """The previous agent only if they are under their cap, else the queue at once (chatwoot #9587)."""
    centre = after_a_talk_with_amy(preferring(seconds=0.0))
    comes(centre, "again")
    assert centre.offered_to("again") == ["amy"]
    centre.accepts("amy")
    comes(centre, "and-again")
    centre.wait(0)
    assert centre.offered_to("and-again") == ["bob"]
    assert ends(centre) == [Ended.TIME]


def test_an_agent_who_leaves_is_waited_for_no_more() -> None:
    """A sign-out, or a line that breaks, sets the customer free at once."""
    for leave in (
        a.SessionClosed(session_id="amy-1", reason=SessionCloseReason.SIGNED_OUT),
        a.SessionClosed(session_id="amy-1", reason=SessionCloseReason.STREAM_LOST),
    ):
        centre = after_a_talk_with_amy()
        keep_busy(centre, "amy")
        comes(centre, "again")
        centre.at_work("cy")
        assert centre.offered_to("again") == []
        centre.tell("amy", leave)
        assert ends(centre) == [Ended.UNAVAILABLE]
        assert centre.offered_to("again") in (["bob"], ["cy"])


def test_an_agent_who_cannot_serve_it_is_not_waited_for() -> None:
    """A customer who needs what the last agent cannot do goes to somebody who can."""
    centre = after_a_talk_with_amy()
    started = e.InteractionStarted(customer="ann", needs=needs(billing=3))
    centre.event(started, "again")
    assert centre.offered_to("again") == ["amy"]
    centre = Centre(preferring(prefer=Preferred.ACCOUNT_OWNER))
    centre.at_work("cy", "bob")
    centre.event(replace(started, account_owner="cy"), "owned")
    assert centre.offered_to("owned") == ["bob"]
    assert ends(centre) == [Ended.UNAVAILABLE]


def test_an_agent_who_does_not_take_it_is_waited_for_no_more() -> None:
    """A decline, or silence, opens the customer to everybody, at their place in line."""
    for declines in (True, False):
        centre = after_a_talk_with_amy()
        comes(centre, "again")
        if declines:
            centre.declines("amy")
        else:
            centre.wait(21)
        assert ends(centre) == [Ended.NOT_TAKEN]
        assert centre.offered_to("again") == ["bob"]


def test_the_account_owner_is_whom_the_opening_event_names() -> None:
    """A customer whose account belongs to somebody meets them, whoever served them last."""
    centre = Centre(preferring(prefer=Preferred.ACCOUNT_OWNER))
    centre.at_work("amy", "bob")
    comes(centre, "t1", owner="bob")
    assert centre.offered_to("t1") == ["bob"]
    comes(centre, "t2", customer="zoe", owner="nobody-we-know")
    assert centre.offered_to("t2") == ["amy"]
    assert centre.interaction("t1").account_owner == "bob"


def test_waiting_for_somebody_costs_no_place_in_line() -> None:
    """When the time is over the customer stands where they would have stood, before all who came after."""
    centre = after_a_talk_with_amy()
    keep_busy(centre, "amy")
    keep_busy(centre, "bob", "busy-too")
    comes(centre, "again")
    centre.wait(1)
    comes(centre, "later", customer="zoe")
    centre.wait(60)
    assert ends(centre) == [Ended.TIME]
    centre.completes("bob", "busy-too")
    assert centre.offered_to("again") == ["bob"]


def test_among_equals_the_agents_own_customer_goes_first_but_not_before_the_more_important_or_starving() -> None:
    """For amy, who waits for her alone goes before an older customer of the same priority, and before no other."""
    for priority, ceiling, first in ((0, 3_600.0, "again"), (1, 3_600.0, "older"), (0, 5.0, "older")):
        in_force = replace(preferring(), order=OrderPlan(starvation_seconds=ceiling))
        centre = after_a_talk_with_amy(in_force)
        keep_busy(centre, "amy")
        keep_busy(centre, "bob", "busy-too")
        comes(centre, "older", customer="zoe", priority=priority)
        centre.wait(4)
        comes(centre, "again")
        centre.wait(2)
        centre.completes("amy", "other")
        assert centre.offered_to(first) == ["amy"], (priority, ceiling)


def test_whoever_passes_a_customer_on_does_not_get_them_back_by_preference() -> None:
    """A transfer is to somebody else: the agent who made it is not waited for."""
    centre = after_a_talk_with_amy()
    comes(centre, "again")
    centre.accepts("amy")
    centre.says("amy", a.TransferInteraction(interaction_id=centre.id("again"), queue="general"))
    assert centre.offered_to("again") == ["bob"]


def passed_on() -> Centre:
    """Amy has given Ann, whom she knows, to billing, where nobody has time; in 40 s general takes her. Bob is free."""
    away = OverflowRule(cause=OverflowCause.WAITED, action=OverflowAction.TO_QUEUE, queue="general", after_seconds=40)
    in_force = preferring()
    billing = replace(in_force.queues[1], overflow=(away,), needs=needs(billing=4))
    expert = agent("dee", billing=5)
    in_force = replace(in_force, queues=(in_force.queues[0], billing), agents=(*in_force.agents, expert))
    centre = after_a_talk_with_amy(in_force)
    comes(centre, "again")
    centre.accepts("amy")
    centre.says("amy", a.TransferInteraction(interaction_id=centre.id("again"), queue="billing"))
    keep_busy(centre, "amy")
    return centre


@pytest.mark.parametrize("restarts", [False, True])
def test_who_passed_a_customer_on_is_not_waited_for_in_the_queue_after_the_next_either(restarts: bool) -> None:  # noqa: FBT001
    """Ann is Bob's at once when general takes her, also where another owner decides by then."""
    centre = passed_on()
    if restarts:
        centre.restarts()
    centre.wait(40)
    assert centre.facts(f.InteractionQueued)[-1].queue == "general"
    assert centre.offered_to("again") == ["bob"]


def test_who_has_just_let_a_customer_go_is_not_waited_for_in_the_next_queue() -> None:
    """Amy, whose customer Ann is, leaves the offer; the next queue does not wait until Amy may be asked again."""
    away = OverflowRule(cause=OverflowCause.WAITED, action=OverflowAction.TO_QUEUE, queue="general", after_seconds=10)
    in_force = preferring(prefer=Preferred.ACCOUNT_OWNER)
    billing = replace(in_force.queues[1], overflow=(away,), needs=needs(billing=3))
    only_amy = (in_force.agents[0], agent("bob"))
    centre = Centre(replace(in_force, queues=(in_force.queues[0], billing), agents=only_amy))
    centre.at_work("amy", "bob")
    centre.event(e.InteractionStarted(customer="ann", account_owner="amy"), "t1", "billing-chat")
    centre.declines("amy")
    centre.wait(10)
    assert centre.facts(f.InteractionQueued)[-1].queue == "general"
    assert centre.offered_to("t1") == ["bob"]


def test_of_very_many_who_wait_for_somebody_no_more_whoever_came_first_is_served_first() -> None:
    """A whole batch waited for amy until one instant; when it has come, bob is asked to take the first of them."""
    centre = Centre(preferring(prefer=Preferred.ACCOUNT_OWNER))
    centre.at_work("amy")
    keep_busy(centre, "amy")
    centre.at_work("bob")
    for number in range(300):
        comes(centre, f"t{number}", owner="amy")
    facts = centre.wait(60)
    ended = [fact.interaction_id for fact in facts if isinstance(fact, f.PreferenceEnded)]
    assert ended == [centre.id(f"t{number}") for number in range(300)]
    assert [fact.interaction_id for fact in facts if isinstance(fact, f.OfferIssued)] == [centre.id("t0")]


def test_customers_are_remembered_for_as_many_days_as_the_plan_says() -> None:
    """After the days the plan gives, and for customers without a name, the choice is as for anybody."""
    for days, who in ((2.9, ["amy"]), (3.1, ["bob"])):
        centre = after_a_talk_with_amy(preferring(days=3))
        keep_busy(centre, "amy")
        centre.completes("amy", "other")
        centre.wait(days * DAY, presence=False)
        for name in ("amy", "bob"):
            centre.signs_in(name, session=f"{name}-2")
        for name in ("bob", "amy"):
            centre.says(name, a.SetStatus(status=AgentStatus.AVAILABLE))
        comes(centre, "again")
        assert centre.offered_to("again") == who
    centre = after_a_talk_with_amy()
    comes(centre, "nameless", customer="")
    assert centre.facts(f.InteractionQueued)[-1].preferred_agent_id == ""


def test_no_more_customers_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The customer who was served longest ago is forgotten first."""
    monkeypatch.setattr(last_agents, "MOST_CUSTOMERS", 3)
    memory = LastAgents()
    memory.adopt(preferring())
    for number, customer in enumerate(("a", "b", "c", "a", "d")):
        memory.served(customer, f"agent-{number}", float(number))
    assert [row.customer for row in memory.roll] == ["c", "a", "d"]
    assert memory.of("a", 0.0) == "agent-3"
    memory.adopt(plan())
    assert list(memory.roll) == []


def test_a_preference_survives_a_restart_and_a_take_over() -> None:
    """Whoever takes over knows who is waited for and until when, who served whom, and decides the same."""
    centre = after_a_talk_with_amy()
    keep_busy(centre, "amy")
    comes(centre, "again")
    comes(centre, "leaves")
    centre.leaves("leaves")
    centre.wait(30)
    assert any(isinstance(row, LastAgentRow) for row in centre.engine.rows())
    for end in range(len(centre.log)):
        reader = Engine(centre.shard, SHARDS)
        for decided_at, facts in centre.log[:end]:
            reader.apply(facts, decided_at)
        restored = Engine(centre.shard, SHARDS)
        restored.restore(list(reader.rows()), reader.decided_at)
        assert restored.fingerprint() == reader.fingerprint()
        assert restored.next_due() == reader.next_due()
        for one in (reader, restored):
            for (now, given), (_, facts) in zip(centre.inputs[end:], centre.log[end:], strict=True):
                assert tuple(one.decide(given, now)) == facts
            assert one.fingerprint() == centre.engine.fingerprint()


def test_a_new_owner_sets_free_who_waits_for_somebody_in_the_order_of_the_one_before() -> None:
    """Zoe came first and Ann waits for amy for longer; when amy goes on a break any owner says it of Zoe first."""
    away = OverflowRule(cause=OverflowCause.WAITED, action=OverflowAction.TO_QUEUE, queue="general", after_seconds=5)
    in_force = preferring(prefer=Preferred.ACCOUNT_OWNER)
    centre = Centre(replace(in_force, queues=(in_force.queues[0], replace(in_force.queues[1], overflow=(away,)))))
    centre.at_work("amy")
    keep_busy(centre, "amy")
    centre.event(e.InteractionStarted(customer="zoe", account_owner="amy"), "zoe", "billing-chat")
    comes(centre, "ann", owner="amy")
    centre.wait(5)
    after = Engine(centre.shard, SHARDS)
    after.restore(list(centre.engine.rows()), centre.engine.decided_at)
    facts = centre.says("amy", a.SetStatus(status=AgentStatus.BREAK))
    now, given = centre.inputs[-1]
    assert after.decide(given, now) == facts
    ended = [fact.interaction_id for fact in facts if isinstance(fact, f.PreferenceEnded)]
    assert ended == [centre.id("zoe"), centre.id("ann")]


def test_another_plan_sets_free_who_waits_for_somebody_who_is_gone() -> None:
    """When the agent who is waited for leaves the plan, the customer is anybody's."""
    centre = after_a_talk_with_amy()
    keep_busy(centre, "amy")
    comes(centre, "again")
    usual = preferring()
    centre.publish(replace(usual, version=2, agents=usual.agents[1:]))
    assert ends(centre) == [Ended.UNAVAILABLE]
    assert centre.offered_to("again") == ["bob"]
