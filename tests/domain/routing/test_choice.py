"""Which of those who can serve is chosen: each queue goes by its own rule, and the offer says which and by what."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Unpack

import pytest

from kindline.language import agents as a
from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel
from kindline.language.facts.offers import Choice
from kindline.language.plan import ChannelPlan, OrderPlan, Plan, QueuePlan
from kindline.language.queue_rules import AgentChoice
from kindline.routing.domain.engine import Engine
from tests.domain.routing.days import busy_day
from tests.domain.routing.test_matching import check_every_offer
from tests.given import SHARDS, Centre, PlanChanges, agent, needs, plan

RULES = [rule for rule in AgentChoice if rule]


def choosing(rule: AgentChoice, **changes: Unpack[PlanChanges]) -> Plan:
    """A plan whose general queue goes by a rule."""
    queues = (QueuePlan(name="general", choice=rule), QueuePlan(name="billing", needs=needs(billing=1)))
    return replace(plan(**changes), queues=queues)


def choice(centre: Centre, thread: str) -> tuple[str, Choice]:
    """Who got the last offer of a thread, and why."""
    offer = [fact for fact in centre.facts(f.OfferIssued) if fact.interaction_id == centre.id(thread)][-1]
    return offer.agent_id, offer.choice


def test_the_longest_idle_is_whoever_had_nothing_to_do_for_longest() -> None:
    """Who finished first is asked first, however much they worked before, and the offer tells for how long."""
    centre = Centre(choosing(AgentChoice.LONGEST_IDLE))
    centre.at_work("amy", "bob", "cy")
    for thread in ("t1", "t2", "t3"):
        centre.arrives(thread)
        centre.accepts(centre.offered_to(thread)[0])
        centre.wait(1)
    assert [offer.agent_id for offer in centre.facts(f.OfferIssued)] == ["amy", "bob", "cy"]
    centre.wait(1_800)
    centre.finishes("cy", "t3")
    centre.wait(60)
    centre.finishes("amy", "t1")
    centre.wait(60)
    centre.finishes("bob", "t2")
    centre.arrives("t4")
    who, why = choice(centre, "t4")
    assert (who, why.rule, why.score) == ("cy", "longest_idle", 120.0)
    centre.arrives("t5")
    assert centre.offered_to("t5") == ["amy"]


def test_a_change_of_status_does_not_make_anybody_less_idle() -> None:
    """A word with the neighbour costs nobody their turn: a break without work leaves the idle clock alone."""
    centre = Centre(choosing(AgentChoice.LONGEST_IDLE))
    for name in ("amy", "bob"):
        centre.at_work(name)
        centre.wait(10)
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK))
    centre.wait(5)
    centre.says("amy", a.SetStatus(status=AgentStatus.AVAILABLE))
    centre.arrives("t1")
    assert centre.offered_to("t1") == ["amy"]


def an_offer_that_came_to_nothing() -> Centre:
    """Amy talks for 70 s, and who else she was asked to take gives up; then somebody comes, and Bob is idle for 15."""
    two = (ChannelPlan(channel=Channel.CHAT, units=50, at_once=2),)
    centre = Centre(choosing(AgentChoice.LONGEST_IDLE, channels=two))
    centre.at_work("amy")
    centre.arrives("t1")
    centre.accepts("amy")
    centre.wait(60)
    centre.arrives("t2")
    assert centre.offered_to("t2") == ["amy"]
    centre.at_work("bob")
    centre.wait(10)
    centre.finishes("amy", "t1")
    centre.leaves("t2")
    centre.wait(5)
    centre.arrives("t3")
    return centre


def test_work_that_ends_while_an_offer_is_out_ends_what_was_idle_before_it() -> None:
    """That an offer came to nothing does not make an agent idle for all the time in which they talked."""
    who, why = choice(an_offer_that_came_to_nothing(), "t3")
    assert (who, why.score) == ("bob", 15.0)


def test_whoever_has_least_in_hand_comes_next_when_nobody_is_idle() -> None:
    """With room for several chats, the next goes to the agent who has fewest, before anybody is filled up."""
    half = (ChannelPlan(channel=Channel.CHAT, units=30, at_once=3),)
    centre = Centre(choosing(AgentChoice.LONGEST_IDLE, channels=half))
    centre.at_work("amy", "bob", "cy")
    for number in range(6):
        centre.arrives(f"t{number}")
        centre.wait(1)
    spread = Counter(offer.agent_id for offer in centre.facts(f.OfferIssued))
    assert spread == {"amy": 2, "bob": 2, "cy": 2}


def test_the_best_skilled_gets_it_and_among_equals_whoever_worked_least() -> None:
    """The one with most beyond what is needed is asked first; the mean of that is the score the offer tells."""
    able = (agent("amy", billing=3), agent("bob", billing=5, sales=1), agent("cy", billing=4, sales=4))
    centre = Centre(choosing(AgentChoice.BEST_SKILL, agents=able))
    centre.at_work("amy", "bob", "cy")
    centre.arrives("t1", needing=needs(billing=2))
    who, why = choice(centre, "t1")
    assert (who, why.rule, why.score) == ("bob", "best_skill", 3.0)
    centre.arrives("t2", needing=needs(billing=2, sales=1))
    who, why = choice(centre, "t2")
    assert (who, why.score) == ("cy", 2.5)
    centre.arrives("t3", needing=needs(billing=2))
    assert centre.offered_to("t3") == ["amy"]
    centre.arrives("t4", needing=needs(billing=4))
    assert centre.offered_to("t4") == []


def test_without_needs_nobody_is_better_skilled() -> None:
    """What anybody can do goes to whoever worked least, even where skill would decide."""
    able = (agent("amy", billing=5), agent("bob"))
    centre = Centre(choosing(AgentChoice.BEST_SKILL, agents=able))
    centre.at_work("bob")
    centre.wait(1)
    centre.at_work("amy")
    centre.arrives("t1")
    assert choice(centre, "t1")[0] == "bob"
    assert choice(centre, "t1")[1].score == 0.0


def test_in_turn_everybody_gets_one_before_anybody_gets_two() -> None:
    """Round robin goes round, and whoever has just come takes the next place, not all that was missed."""
    centre = Centre(choosing(AgentChoice.ROUND_ROBIN))
    centre.at_work("amy", "bob")
    order = []
    for number in range(6):
        if number == 4:
            centre.at_work("cy")
        centre.wait(5)
        centre.arrives(f"t{number}")
        who = centre.offered_to(f"t{number}")[0]
        order.append(who)
        centre.accepts(who)
        centre.finishes(who, f"t{number}")
    assert order == ["amy", "bob", "amy", "bob", "cy", "amy"]


def test_each_queue_goes_by_its_own_rule() -> None:
    """Two queues of one crew choose differently at the same moment, and each offer names its rule."""
    able = (agent("amy", billing=1), agent("bob", billing=5))
    queues = (
        QueuePlan(name="general"),
        QueuePlan(name="billing", needs=needs(billing=1), choice=AgentChoice.BEST_SKILL),
    )
    centre = Centre(plan(queues=queues, agents=able))
    centre.at_work("amy")
    centre.wait(1)
    centre.at_work("bob")
    centre.arrives("t1", "billing-chat")
    assert choice(centre, "t1")[0] == "bob"
    assert choice(centre, "t1")[1].rule == "best_skill"
    centre.arrives("t2")
    assert choice(centre, "t2")[1].rule == "least_work"


ORDER = OrderPlan(priority_per_minute=1.0)


def queues_by(rule: AgentChoice) -> tuple[QueuePlan, ...]:
    """The queues of a busy day, which all go by one rule."""
    return tuple(
        QueuePlan(name=name, choice=rule, wrap_up_seconds=0.0, longest_wait_seconds=1e6)
        for name in ("general", "billing")
    )


def a_day_by(rule: AgentChoice) -> Centre:
    """A busy day on which every queue goes by one rule."""
    return busy_day(140, queues=queues_by(rule), order=ORDER)


@pytest.mark.parametrize("rule", RULES)
def test_by_every_rule_every_choice_is_that_of_a_plain_scan(rule: AgentChoice) -> None:
    """Whatever a queue goes by, each offer of a busy day goes to whom a scan over everybody names."""
    assert check_every_offer(a_day_by(rule)) > 60


@pytest.mark.parametrize("rule", RULES)
def test_by_every_rule_who_is_interrupted_is_who_has_least_work(rule: AgentChoice) -> None:
    """Whatever a queue goes by, a chat that finds nobody free interrupts the mail of whoever was given least so far."""
    chat = ChannelPlan(channel=Channel.CHAT, units=60, at_once=1, interrupts=(Channel.EMAIL,))
    mail = ChannelPlan(channel=Channel.EMAIL, units=50, at_once=2)
    centre = busy_day(140, queues=queues_by(rule), order=ORDER, channels=(chat, mail))
    assert check_every_offer(centre) > 60
    assert sum(fact.choice.rule == "interrupting" for fact in centre.facts(f.OfferIssued)) > 5


@pytest.mark.parametrize("rule", RULES)
def test_by_every_rule_whoever_takes_over_chooses_the_same(rule: AgentChoice) -> None:
    """An owner who begins from a snapshot in the middle of the day chooses as the one before would have."""
    centre = a_day_by(rule)
    for start in range(40, len(centre.log), 61):
        before = Engine(centre.shard, SHARDS)
        for decided_at, facts in centre.log[:start]:
            before.apply(facts, decided_at)
        after = Engine(centre.shard, SHARDS)
        after.restore(list(before.rows()), before.decided_at)
        for (now, given), (_, facts) in zip(centre.inputs[start:], centre.log[start:], strict=True):
            assert tuple(after.decide(given, now)) == facts


def test_the_first_to_log_in_is_not_flooded() -> None:
    """Who signs in first takes what they can hold, and the rest waits for the others (chatwoot #11034)."""
    half = (ChannelPlan(channel=Channel.CHAT, units=50, at_once=2),)
    centre = Centre(choosing(AgentChoice.LONGEST_IDLE, channels=half))
    for number in range(6):
        centre.arrives(f"t{number}")
    centre.at_work("amy", "bob", "cy")
    assert Counter(offer.agent_id for offer in centre.facts(f.OfferIssued)) == {"amy": 2, "bob": 2, "cy": 2}
