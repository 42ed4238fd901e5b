"""Customers who wait are told their place and an honest range, when they join and every so often."""

from dataclasses import replace
from itertools import pairwise
from math import inf
from random import Random

import pytest

from kindline.language.agents import CompleteInteraction
from kindline.language.announcements import DELAYED, OVERTAKEN
from kindline.language.facts import CustomerInformed
from kindline.language.facts.waiting import WaitEstimator
from kindline.language.plan import Plan
from kindline.language.queue_rules import LadderStep, OverflowAction, OverflowCause, OverflowRule
from kindline.routing.domain.engine import Engine
from tests.given import SHARDS, Centre, agent, plan, queue

EVERY = 30.0
ENOUGH = 40


def telling(**changes: object) -> Plan:
    """A plan whose general queue tells its wait every half minute."""
    general = replace(queue(wrap_up_seconds=0.0), tell_wait_every_seconds=EVERY, **changes)  # type: ignore[arg-type]
    return plan(queues=(general, queue("billing")))


def serving(count: int, seconds: float, centre: Centre | None = None) -> Centre:
    """A centre in which Amy has served so many, each so long after the one before; two more wait, one is with her."""
    centre = centre or Centre(telling())
    centre.at_work("amy")
    centre.arrives("s0")
    centre.accepts("amy")
    centre.arrives("s1")
    for number in range(count):
        centre.wait(seconds / 2)
        centre.arrives(f"s{number + 2}")
        centre.wait(seconds / 2)
        centre.finishes("amy", f"s{number}")
        centre.accepts("amy")
    return centre


def told(centre: Centre, thread: str) -> list[CustomerInformed]:
    """What a customer was told, in order."""
    return [fact for fact in centre.facts(CustomerInformed) if fact.interaction_id == centre.id(thread)]


def test_who_finds_an_agent_at_once_is_told_nothing() -> None:
    """Nobody hears of a queue they are not in."""
    centre = Centre(telling())
    centre.at_work("amy")
    centre.arrives("t1")
    centre.wait(5.0)
    centre.accepts("amy")
    centre.wait(90.0)
    assert told(centre, "t1") == []


def test_who_waits_is_told_their_place_when_they_join_and_every_half_minute() -> None:
    """Two wait for Amy: each is told their place at once, and again on the half minute, until she has time."""
    centre = Centre(telling())
    centre.at_work("amy")
    centre.arrives("t0")
    centre.accepts("amy")
    centre.arrives("t1")
    centre.arrives("t2")
    assert [[fact.position for fact in told(centre, name)] for name in ("t1", "t2")] == [[1], [2]]
    centre.wait(29.9)
    assert len(told(centre, "t2")) == 1
    centre.wait(0.1)
    assert [fact.position for fact in told(centre, "t2")] == [2, 2]
    centre.finishes("amy", "t0")
    centre.accepts("amy")
    centre.wait(60.0)
    assert [fact.position for fact in told(centre, "t2")] == [2, 2, 1, 1]
    assert len(told(centre, "t1")) == 2


def test_without_ground_only_the_place_is_told() -> None:
    """In a queue that nobody has waited in yet no wait is promised."""
    centre = Centre(telling())
    centre.arrives("t1")
    assert [(fact.position, fact.expected_wait) for fact in told(centre, "t1")] == [(1, None)]


def test_with_ground_a_range_is_told_that_holds_what_the_wait_has_been() -> None:
    """After forty who waited a minute and a half each, the next one is told a range around that."""
    centre = serving(ENOUGH, 60.0)
    centre.wait(30.0)
    centre.arrives("next")
    expected = told(centre, "next")[0].expected_wait
    assert expected is not None
    assert 60.0 <= expected.least_seconds <= 90.0 <= expected.most_seconds <= 120.0
    assert expected.estimator in set(WaitEstimator) - {WaitEstimator.UNSPECIFIED}


def test_who_was_offered_at_once_and_not_taken_is_told_when_nobody_else_is_there() -> None:
    """Amy declines: from now on the customer waits, and hears it in the same moment."""
    centre = Centre(telling())
    centre.at_work("amy")
    centre.arrives("t1")
    assert told(centre, "t1") == []
    centre.declines("amy")
    assert [fact.position for fact in told(centre, "t1")] == [1]


def test_a_worse_place_is_told_with_a_word() -> None:
    """Somebody more urgent comes: the place gets worse, and the customer hears why."""
    centre = Centre(telling())
    centre.arrives("t1")
    centre.arrives("urgent", priority=5)
    centre.wait(EVERY)
    assert [(fact.position, fact.announcement) for fact in told(centre, "t1")] == [(1, ""), (2, OVERTAKEN)]
    assert [(fact.position, fact.announcement) for fact in told(centre, "urgent")] == [(1, ""), (1, "")]


def test_a_promise_that_can_no_longer_be_kept_is_taken_back_with_regret() -> None:
    """Amy goes on a call that does not end: nobody is told a later end while the promise may hold, then all is told."""
    centre = serving(ENOUGH, 60.0)
    centre.wait(30.0)
    centre.arrives("next")
    promise = told(centre, "next")[0].expected_wait
    assert promise is not None
    centre.wait(promise.most_seconds + 2 * EVERY)
    ends = [
        (at + fact.expected_wait.most_seconds, fact.announcement)
        for at, facts in centre.log
        for fact in facts
        if isinstance(fact, CustomerInformed) and fact.interaction_id == centre.id("next") and fact.expected_wait
    ]
    later = [word for (before, _), (end, word) in pairwise(ends) if end > before]
    assert later
    assert set(later) == {DELAYED}


def test_nobody_is_told_anything_after_they_left() -> None:
    """Who hangs up hears no more of the queue."""
    centre = Centre(telling())
    centre.arrives("t1")
    centre.leaves("t1")
    centre.wait(120.0)
    assert len(told(centre, "t1")) == 1


def test_a_step_of_the_ladder_that_raises_priority_moves_the_place_that_is_told() -> None:
    """After ten seconds a customer goes before the one who came earlier with as much need."""
    centre = Centre(telling(ladder=(LadderStep(after_seconds=45.0, raise_priority=3),)))
    centre.arrives("early")
    centre.wait(20.0)
    centre.arrives("late", priority=1)
    assert [fact.position for fact in told(centre, "late")] == [1]
    centre.wait(25.0)
    assert told(centre, "early")[-1].announcement == OVERTAKEN
    centre.wait(20.0)
    assert told(centre, "early")[-1].position == 1


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_restart_changes_nothing_that_customers_are_told(cut: int) -> None:
    """From a snapshot taken anywhere, and the facts after it, the same is told at the same time."""
    centre = Centre(telling())
    reader = Engine(centre.shard, SHARDS)
    serving(25, 45.0, centre)
    place = len(centre.log) * cut // 60
    for at, facts in centre.log[:place]:
        reader.apply(facts, at)
    second = Engine(centre.shard, SHARDS)
    second.restore(list(reader.rows()), reader.decided_at)
    assert second.fingerprint() == reader.fingerprint()
    for at, facts in centre.log[place:]:
        second.apply(facts, at)
    assert second.fingerprint() == centre.engine.fingerprint()
    assert second.next_due() == centre.engine.next_due()
    again = Engine(centre.shard, SHARDS)
    again.restore(list(second.rows()), second.decided_at)
    said = [engine.decide(given, at + 40.0) for engine in (centre.engine, again) for at, given in centre.inputs[-1:]]
    assert said[0] == said[1]


def test_another_plan_may_end_the_telling_and_begin_it_again() -> None:
    """A plan that does not tell says nothing more; under the next one whoever waits is told again."""
    centre = Centre(telling())
    centre.arrives("t1")
    centre.publish(replace(telling(), version=2, queues=(queue(), queue("billing"))))
    centre.wait(120.0)
    assert len(told(centre, "t1")) == 1
    centre.publish(replace(telling(), version=3))
    centre.wait(EVERY)
    assert [fact.position for fact in told(centre, "t1")] == [1, 1, 1]


def test_no_end_that_was_told_moves_back_without_a_word() -> None:
    """Amy is quick and slow by turns: the ends that customers are told only come closer, or move back with regret."""
    dice = Random(11)
    centre = Centre(telling())
    centre.at_work("amy")
    for number in range(300):
        if number < 270 and dice.random() < 0.55:
            centre.arrives(f"t{number}")
        elif held := centre.engine.work_of(centre.pool, "amy"):
            centre.says("amy", CompleteInteraction(interaction_id=held[0].received.interaction_id))
        if centre.offers("amy"):
            centre.accepts("amy")
        centre.wait(dice.expovariate(1 / dice.choice((5, 60))))
    ends: dict[str, float] = {}
    kept_back = regrets = 0
    for at, facts in centre.log:
        for fact in facts:
            if isinstance(fact, CustomerInformed):
                before = ends.get(fact.interaction_id)
                kept_back += before is not None and fact.expected_wait is None
                if fact.expected_wait is not None:
                    ends[fact.interaction_id] = end = at + fact.expected_wait.most_seconds
                    broken = before is not None and at + fact.expected_wait.least_seconds > before
                    assert (fact.announcement == DELAYED) == broken
                    assert broken or before is None or end <= before
                    regrets += broken
    assert kept_back > 0
    assert regrets > 0


def sent_on() -> Centre:
    """Bob is quick and Amy slow; whoever has waited 45 s for Bob waits on for Amy, and both queues tell their wait."""
    onward = {"cause": OverflowCause.WAITED, "action": OverflowAction.TO_QUEUE, "queue": "billing"}
    general = queue(wrap_up_seconds=0.0, overflow=(OverflowRule(**onward, after_seconds=45.0),))  # type: ignore[arg-type]
    both = (general, queue("billing", wrap_up_seconds=0.0))
    crew = (replace(agent("amy", billing=3), queues=("billing",)), replace(agent("bob"), queues=("general",)))
    centre = Centre(plan(queues=tuple(replace(each, tell_wait_every_seconds=EVERY) for each in both), agents=crew))
    centre.at_work("amy")
    centre.at_work("bob")
    for step in range(300):
        centre.arrives(f"t{step}")
        for name, every in (("bob", 2), ("amy", 5)):
            if step % every == 0 and (held := centre.engine.work_of(centre.pool, name)):
                centre.says(name, CompleteInteraction(interaction_id=held[0].received.interaction_id))
            if centre.offers(name):
                centre.accepts(name)
        centre.wait(10.0)
    return centre


def test_an_end_that_was_told_stands_in_the_queue_to_which_a_customer_is_sent_on() -> None:
    """Whoever waits too long for quick Bob waits on for slow Amy: a later end is told with regret, or not at all."""
    centre = sent_on()
    ends: dict[str, tuple[float, str]] = {}
    moved = 0
    for at, facts in centre.log:
        for fact in facts:
            if isinstance(fact, CustomerInformed) and fact.expected_wait is not None:
                end, where = ends.get(fact.interaction_id, (inf, ""))
                later = at + fact.expected_wait.most_seconds
                assert later <= end or fact.announcement == DELAYED
                moved += where == "general" and fact.queue == "billing"
                ends[fact.interaction_id] = later, fact.queue
    assert moved > 0


def test_when_somebody_leaves_the_line_moves_up() -> None:
    """The first of three hangs up: the others are one place further."""
    centre = Centre(telling())
    for name in ("t1", "t2", "t3"):
        centre.arrives(name)
    centre.leaves("t1")
    centre.wait(EVERY)
    assert [[fact.position for fact in told(centre, name)] for name in ("t2", "t3")] == [[2, 1], [3, 2]]


def test_places_are_counted_anew_under_another_plan() -> None:
    """A new plan keeps everybody's place in line, and the places that are told."""
    centre = Centre(telling())
    for name in ("t1", "t2", "t3"):
        centre.arrives(name)
    centre.publish(replace(telling(), version=2))
    centre.wait(EVERY)
    assert [told(centre, name)[-1].position for name in ("t1", "t2", "t3")] == [1, 2, 3]
