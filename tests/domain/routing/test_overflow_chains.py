"""Overflow from queue to queue: along a chain, never in a circle, and at the end by one rule that is named."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from kindline.language.agents import TransferInteraction
from kindline.language.events import HandoverRequested
from kindline.language.facts import InteractionDeflected
from kindline.language.facts.interactions import DeflectedReason
from kindline.language.queue_rules import OverflowAction, OverflowRule, QueueLimits
from tests.domain.routing.test_overflow import FULL, WAITED, come, deflect, queued, to, under
from tests.given import Centre, needs, queue


def test_a_chain_of_full_queues_ends_where_there_is_room_or_by_the_rule_of_the_last() -> None:
    """General overflows to billing, billing to a third; when all are full the third's rule decides."""
    rules = (to("billing", FULL),), (to("third", FULL),), (deflect(FULL, "all-full"),)
    names = ("general", "billing", "third")
    one = QueueLimits(most_waiting=1)
    centre = Centre(under(*(queue(name, limits=one, overflow=rule) for name, rule in zip(names, rules, strict=True))))
    come(centre, 4)
    assert [queued(centre, f"chat-{number}").queue for number in range(3)] == list(names)
    assert queued(centre, "chat-2").overflowed_from == "general"
    assert centre.interaction("chat-2").overflowed_from == ("general",)
    [fact] = centre.facts(InteractionDeflected)
    assert (fact.cause, fact.announcement) == ("third: full", "all-full")


def test_a_rule_of_ones_own_goes_before_the_end_that_another_queue_has_in_store() -> None:
    """Billing would send them away; general had rather they left a message."""
    message = OverflowRule(cause=FULL, action=OverflowAction.LEAVE_MESSAGE, announce="after-the-tone")
    one = QueueLimits(most_waiting=1)
    general = queue(limits=one, overflow=(to("billing", FULL), message))
    centre = Centre(under(general, queue("billing", limits=one, overflow=(deflect(FULL),))))
    come(centre, 3)
    [fact] = centre.facts(InteractionDeflected)
    assert (fact.reason, fact.cause) == (DeflectedReason.LEAVE_MESSAGE, "general: full")


def test_nobody_comes_back_to_a_queue_that_they_overflowed_from_even_when_the_plan_changes_between() -> None:
    """General sent them to billing; a new plan sends from billing to general, but not those it came from."""
    centre = Centre(under(queue(overflow=(to("billing", WAITED, 10),))))
    centre.arrives("t1")
    centre.wait(10)
    assert queued(centre, "t1").queue == "billing"
    back = under(queue(), queue("billing", overflow=(to("general", WAITED, 10),)))
    centre.publish(replace(back, version=2))
    centre.arrives("t2", "billing-chat")
    centre.wait(20)
    assert [queued(centre, name).queue for name in ("t1", "t2")] == ["billing", "general"]


def test_a_chain_is_followed_five_times_and_no_further() -> None:
    """Behind the fifth queue nobody looks for a sixth: there they join, full or not."""
    names = ["general", "q1", "q2", "q3", "q4", "q5", "q6", "billing"]
    one = QueueLimits(most_waiting=1)
    queues = [queue(name, limits=one, overflow=(to(after, FULL),)) for name, after in pairwise(names)]
    centre = Centre(under(*queues, queue("billing")))
    come(centre, 8)
    assert [queued(centre, f"chat-{number}").queue for number in range(8)] == [*names[:6], "q5", "q5"]


def test_who_comes_back_to_an_earlier_queue_only_by_way_of_another_stays_there() -> None:
    """Billing sends to a third queue, which is full and would send to general: not those who came from there."""
    centre = Centre(under(queue(overflow=(to("billing", WAITED, 10),))))
    centre.arrives("t1")
    centre.wait(10)
    third = queue("third", limits=QueueLimits(most_waiting=1), overflow=(to("general", FULL),))
    centre.publish(replace(under(queue(), queue("billing", overflow=(to("third", WAITED, 20),)), third), version=2))
    centre.arrives("in the way", queue="third")
    centre.arrives("t2", "billing-chat")
    centre.wait(20)
    assert [queued(centre, name).queue for name in ("t1", "t2")] == ["third", "general"]
    assert centre.interaction("t1").overflowed_from == ("general", "billing")


def test_of_two_queues_that_turn_a_customer_away_the_first_has_the_last_word() -> None:
    """General tries billing and then a third queue; both are full, and what billing says is what the customer hears."""
    one = QueueLimits(most_waiting=1)
    general = queue(limits=one, overflow=(to("billing", FULL), to("third", FULL)))
    others = [queue(name, limits=one, overflow=(deflect(FULL, f"{name}-full"),)) for name in ("billing", "third")]
    centre = Centre(under(general, *others))
    come(centre, 4)
    assert [queued(centre, f"chat-{number}").queue for number in range(3)] == ["general", "billing", "third"]
    assert [fact.announcement for fact in centre.facts(InteractionDeflected)] == ["billing-full"]


def test_who_was_served_begins_anew_when_they_are_passed_on() -> None:
    """They overflowed from general once; passed on to billing, which is full, they may come to general again."""
    general = queue(limits=QueueLimits(most_waiting=1), overflow=(to("third", FULL),))
    centre = Centre(under(general, queue("billing"), queue("third")))
    come(centre, 1)
    centre.arrives("t1", priority=9)
    centre.at_work("amy")
    centre.accepts("amy")
    assert centre.interaction("t1").overflowed_from == ("general",)
    centre.leaves("chat-0")
    billing = queue("billing", limits=QueueLimits(most_waiting=1, transfer_buffer=0.0), overflow=(to("general", FULL),))
    centre.publish(replace(under(queue(), billing, queue("third")), version=2))
    centre.arrives("in the way", "billing-chat")
    centre.says("amy", TransferInteraction(interaction_id=centre.id("t1"), queue="billing"))
    assert queued(centre, "t1").queue == "general"
    assert centre.interaction("t1").overflowed_from == ("billing",)


@pytest.mark.parametrize("restarts", [False, True])
def test_a_plan_that_changes_a_queue_leaves_nothing_on_those_who_then_overflow_from_it(restarts: bool) -> None:  # noqa: FBT001
    """The queue they waited in weighs more now, and asks for other skills: neither comes along to the next queue."""
    centre = Centre(under(queue(needs=needs(billing=1), weight=5, overflow=(to("billing", WAITED, 10),))))
    centre.arrives("t1", priority=4)
    centre.arrives("t2", held_by_bot=True)
    centre.event(HandoverRequested(needs=needs("en", billing=1), priority=7), "t2")
    other = under(queue(needs=needs(sales=1), weight=1_000, overflow=(to("billing", WAITED, 10),)))
    centre.publish(replace(other, version=2))
    if restarts:
        centre.restarts()
    centre.wait(10)
    one, two = queued(centre, "t1"), queued(centre, "t2")
    assert (one.queue, one.needs, one.priority) == ("billing", needs(), 4)
    assert (two.queue, two.needs, two.priority) == ("billing", needs("en", billing=1), 7)


def test_the_priority_a_bot_gave_is_kept_by_who_is_passed_on() -> None:
    """The bot said seven; so it is in the next queue too, while what the bot took it for is the agent's to say."""
    centre = Centre(under(queue(wrap_up_seconds=0.0)))
    centre.at_work("zoe")
    centre.arrives("t1", held_by_bot=True)
    centre.event(HandoverRequested(needs=needs(sales=1), priority=7), "t1")
    centre.accepts("zoe")
    centre.says("zoe", TransferInteraction(interaction_id=centre.id("t1"), queue="billing"))
    assert (queued(centre, "t1").needs, queued(centre, "t1").priority) == (needs(), 7)
