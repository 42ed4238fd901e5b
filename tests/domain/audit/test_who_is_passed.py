"""Offers to the wrong one, or at the wrong time: the audit names each promise that a log breaks, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.facts.agents import Lease
from kindline.language.plan import OrderPlan, Plan, PoolLimits, QueuePlan
from kindline.language.queue_rules import AgentChoice
from tests.domain.audit.recorded import audited, beating, changed, found, judged, under, with_last, without
from tests.domain.routing.test_choice import an_offer_that_came_to_nothing
from tests.domain.routing.test_preference import passed_on
from tests.given import POOL, Centre, agent, needs, plan, queue

MINUTE = 60.0


def ordered(slope: float = 0.0, ceiling: float = 0.0) -> Plan:
    """A plan with Amy alone, in which waiting earns so much, and nobody is overtaken after so long."""
    order = OrderPlan(priority_per_minute=slope, starvation_seconds=ceiling)
    return replace(plan(agents=(agent("amy"),), queues=(queue(),), entry_points=plan().entry_points[:4]), order=order)


def two_wait(in_force: Plan, minutes: float = 10.0) -> Centre:
    """Somebody patient came long before somebody important, and then Amy comes to work."""
    centre = Centre(in_force)
    centre.arrives("patient", priority=1)
    centre.wait(minutes * MINUTE)
    centre.arrives("important", priority=5)
    centre.at_work("amy")
    return centre


def with_order(order: OrderPlan, centre: Centre) -> dict[str, int]:
    """What is found when the plan had said something else of the order."""
    return found(audited(under(centre.log, lambda one: replace(one, order=order))))


def test_a_right_order_has_nothing_to_complain_of() -> None:
    """Under each of these plans the engine serves whom it should, and the audit agrees."""
    for in_force in (ordered(), ordered(slope=1.0), ordered(ceiling=300.0), ordered(slope=0.1, ceiling=3_600.0)):
        assert judged(two_wait(in_force)) == {}


def test_somebody_important_who_was_passed_is_found() -> None:
    """Had they been more important still, somebody patient would not have gone first."""
    centre = two_wait(ordered(slope=1.0))
    important = centre.id("important")
    log = changed(
        centre.log,
        lambda fact: (
            replace(fact, priority=30)
            if isinstance(fact, f.InteractionQueued) and fact.interaction_id == important
            else fact
        ),
    )
    assert found(audited(log)) == {"order": 1}


def test_waiting_that_earned_nothing_is_found() -> None:
    """Where a minute of waiting earns a point, ten minutes go before four points."""
    centre = two_wait(ordered())
    assert with_order(OrderPlan(priority_per_minute=1.0, starvation_seconds=0.0), centre) == {"order": 1}


def test_waiting_that_earned_too_much_is_found() -> None:
    """Where it earns nothing, the patient must not go first either."""
    centre = two_wait(ordered(slope=1.0))
    assert with_order(OrderPlan(priority_per_minute=0.0, starvation_seconds=0.0), centre) == {"order": 1}


def test_somebody_who_starves_and_is_passed_is_found() -> None:
    """After the ceiling nobody who came later goes first, whatever their priority."""
    centre = two_wait(ordered())
    assert with_order(OrderPlan(starvation_seconds=599.0), centre) == {"ceiling": 1}
    assert with_order(OrderPlan(starvation_seconds=600.0), centre) == {}


def test_a_ceiling_that_is_not_in_the_plan_is_found() -> None:
    """Nobody jumps the line for having waited long where the plan has no ceiling."""
    centre = two_wait(ordered(ceiling=60.0))
    assert with_order(OrderPlan(starvation_seconds=0.0), centre) == {"order": 1}


def test_whoever_the_agent_cannot_serve_is_not_passed() -> None:
    """Somebody who needs another skill, or whom the agent has just declined, may be gone around."""
    centre = Centre(plan(agents=(agent("amy"), agent("bob", billing=1))))
    centre.arrives("needs billing", "billing-chat", priority=9)
    centre.arrives("one")
    centre.arrives("two")
    centre.at_work("amy")
    centre.declines("amy")
    assert centre.offered_to("two") == ["amy"]
    assert judged(centre) == {}


def offered() -> Centre:
    """Amy is offered somebody."""
    centre = Centre(ordered())
    centre.at_work("amy")
    centre.arrives("one")
    return centre


def test_an_offer_to_somebody_on_a_break_is_found() -> None:
    """A break is a break."""
    log = with_last(offered().log, f.AgentStatusDeclared, status=AgentStatus.BREAK)
    assert found(audited(log)) == {"willing": 1}


def test_an_offer_to_somebody_who_is_about_to_leave_is_found() -> None:
    """Whoever asked for a break when the work ends gets nothing new; with nothing in hand the break is due at once."""
    log = with_last(offered().log, f.AgentStatusDeclared, next_status=AgentStatus.BREAK)
    assert found(audited(log))["willing"] == 1


def test_an_offer_to_somebody_who_may_be_lost_is_found() -> None:
    """A suspected lease gets no new offers."""
    centre = offered()
    lost = f.AgentLeaseChanged(pool=POOL, agent_id="amy", session_id="amy-1", lease=Lease.SUSPECT)
    log = [*centre.log[:-1], (centre.now, (lost,)), centre.log[-1]]
    assert found(audited(log)) == {"willing": 1}


def test_an_offer_to_somebody_without_the_skill_is_found() -> None:
    """Nobody is offered what they cannot serve."""
    centre = offered()
    billing = QueuePlan(name="general", needs=needs(billing=1))
    log = with_last(centre.log, f.InteractionQueued, needs=billing.needs)
    assert found(audited(log)) == {"able": 1}


def test_an_offer_to_somebody_who_has_just_declined_is_found() -> None:
    """Whoever declines is left out for as long as the plan says."""
    centre = offered()
    centre.declines("amy")
    centre.wait(31.0)
    assert centre.offered_to("one") == ["amy"]
    assert judged(centre) == {}
    log = with_last(centre.log, f.OfferDeclined, back_off_until=centre.now + 1.0)
    assert found(audited(log)) == {"left_out": 1}


def test_an_offer_too_soon_after_the_last_is_found() -> None:
    """Between two assignments there is the gap that the plan gives."""
    centre = offered()
    centre.accepts("amy")
    centre.finishes("amy", "one")
    centre.arrives("two")
    assert centre.offered_to("two") == ["amy"]
    log = under(centre.log, lambda one: replace(one, limits=PoolLimits(assignment_gap_seconds=5.0)))
    assert found(audited(log)) == {"left_out": 1}


def test_somebody_who_waits_beside_a_free_agent_is_found() -> None:
    """A pair that nobody makes is named once, after a few batches; while Amy is away there is none."""
    centre = offered()
    assert found(audited(beating(without(centre.log, f.OfferIssued)))) == {"idle": 1}
    away = Centre(ordered())
    away.signs_in("amy")
    away.arrives("one")
    assert found(audited(beating(away.log))) == {}


def chosen(rule: AgentChoice) -> Centre:
    """A queue with a rule of choice, three agents who come one after the other, and five customers for them."""
    general = replace(queue(wrap_up_seconds=0.0), choice=rule, needs=needs(billing=1))
    crew = (agent("amy", billing=1), agent("bob", billing=3), agent("cy", billing=5))
    centre = Centre(replace(plan(agents=crew), queues=(general, queue("billing"))))
    for name in ("amy", "bob", "cy"):
        centre.at_work(name)
        centre.wait(10.0)
    for number in range(5):
        centre.arrives(f"t{number}")
        [who] = centre.offered_to(f"t{number}")
        centre.accepts(who)
        centre.wait(20.0)
        centre.completes(who, f"t{number}")
    return centre


@pytest.mark.parametrize("rule", [AgentChoice.LONGEST_IDLE, AgentChoice.BEST_SKILL, AgentChoice.ROUND_ROBIN])
def test_a_choice_by_another_rule_is_found(rule: AgentChoice) -> None:
    """By its own rule each day is right; where the plan had meant another, offers went to the wrong one."""
    centre = chosen(rule)
    assert judged(centre) == {}
    for other in (AgentChoice.LONGEST_IDLE, AgentChoice.BEST_SKILL, AgentChoice.ROUND_ROBIN):
        log = under(
            centre.log,
            lambda one, other=other: replace(one, queues=(replace(one.queues[0], choice=other), *one.queues[1:])),  # type: ignore[misc]
        )
        said = changed(
            log,
            lambda fact, other=other: (
                replace(fact, choice=replace(fact.choice, rule=other.name.lower()))  # type: ignore[misc]
                if isinstance(fact, f.OfferIssued)
                else fact
            ),
        )
        if other is rule:
            assert found(audited(said)) == {}
        elif AgentChoice.BEST_SKILL in {rule, other}:
            assert found(audited(said)).keys() == {"choice"}
        assert found(audited(log)).get("choice", 0) >= (5 if other is not rule else 0)


def test_nobody_is_blamed_for_idle_time_or_for_who_was_passed_on() -> None:
    """The audit reckons as the engine does where an offer came to nothing, and where an agent gave a customer away."""
    assert judged(an_offer_that_came_to_nothing()) == {}
    centre = passed_on()
    centre.wait(40)
    assert judged(centre) == {}
