"""A transfer always comes out somewhere, by name: wherever it is sent, the customer is in a queue or with an agent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.language import facts as f
from kindline.language.agents import AcceptOffer, AgentStatus, SetStatus, TransferInteraction
from kindline.language.calendars import CalendarFrame, CalendarPlan, Weekday
from kindline.language.facts.agents import RefusalReason
from kindline.language.facts.interactions import QueuedReason
from kindline.language.queue_rules import OverflowAction, OverflowCause, OverflowRule, QueueLimits
from kindline.language.snapshot import InteractionState as S
from tests.given import Centre, agent, plan, queue

WEEK = tuple(day for day in Weekday if day)
NEVER = CalendarPlan(name="never", frames=(CalendarFrame(days=WEEK, opens="00:00", closes="00:01"),))


def sends_away(cause: OverflowCause) -> tuple[OverflowRule, ...]:
    """The rule by which new customers are sent away for a cause."""
    return (OverflowRule(cause=cause, action=OverflowAction.DEFLECT),)


def busy() -> Centre:
    """Bob talks with a customer; of the other queues one is full, one closed, one deserted, one has Amy."""
    queues = (
        queue(wrap_up_seconds=0.0),
        queue("full", limits=QueueLimits(most_waiting=1), overflow=sends_away(OverflowCause.FULL)),
        queue("closed", calendar="never", overflow=sends_away(OverflowCause.CLOSED)),
        queue("deserted", overflow=sends_away(OverflowCause.NOBODY_ON_JOIN)),
        queue("amys"),
        queue("billing"),
    )
    crew = (
        replace(agent("bob"), queues=("general", "full", "closed")),
        replace(agent("amy"), queues=("amys",)),
        replace(agent("cy"), queues=("deserted", "billing")),
    )
    centre = Centre(replace(plan(queues=queues, agents=crew), calendars=(NEVER,)))
    centre.at_work("bob")
    centre.arrives("one")
    centre.accepts("bob")
    centre.says("bob", SetStatus(status=AgentStatus.BREAK))
    centre.arrives("other", queue="full")
    centre.wait(100.0)
    return centre


@pytest.mark.parametrize("to", ["full", "closed", "deserted", "amys", "general"])
def test_whatever_the_target_looks_like_the_customer_waits_there_at_their_age(to: str) -> None:
    """Full, closed, deserted, or simply busy: who was served is sent away by nobody, and lost by nobody."""
    centre = busy()
    arrived = centre.interaction("one").received.arrived_at
    centre.says("bob", TransferInteraction(interaction_id=centre.id("one"), queue=to))
    assert centre.answer() is RefusalReason.UNSPECIFIED
    row = centre.interaction("one")
    assert row.queued is not None
    assert (row.state, row.agent_id, row.queued.queue) == (S.QUEUED, "", to)
    assert (row.queued.waiting_since, row.queued.reason) == (arrived, QueuedReason.TRANSFERRED)
    assert centre.engine.work_of(centre.pool, "bob") == ()
    assert centre.facts(f.InteractionDeflected) == []


def test_a_transfer_to_where_somebody_is_free_is_offered_in_the_same_breath() -> None:
    """Amy is free: the old owner is out and she is asked, in one decision, so that nobody has two owners or none."""
    centre = busy()
    centre.at_work("amy")
    facts = centre.says("bob", TransferInteraction(interaction_id=centre.id("one"), queue="amys"))
    kinds = [type(fact) for fact in facts if isinstance(fact, f.InteractionQueued | f.OfferIssued)]
    assert kinds == [f.InteractionQueued, f.OfferIssued]
    assert centre.offered_to("one") == ["amy"]


def test_a_transfer_to_nowhere_is_refused_and_the_customer_stays() -> None:
    """A queue that does not exist is named in the refusal, and Bob still has the customer."""
    centre = busy()
    centre.says("bob", TransferInteraction(interaction_id=centre.id("one"), queue="nowhere"))
    assert centre.answer() is RefusalReason.UNKNOWN_QUEUE
    assert centre.interaction("one").agent_id == "bob"
    assert centre.state("one") is S.ACTIVE


def test_the_target_may_decline_and_still_nobody_is_lost() -> None:
    """Amy leaves it: the customer waits on in her queue, and the agent who passed them on is out of it."""
    centre = busy()
    centre.at_work("amy")
    centre.says("bob", TransferInteraction(interaction_id=centre.id("one"), queue="amys"))
    offer = centre.offers("amy")[0]
    centre.declines("amy")
    assert centre.state("one") is S.QUEUED
    centre.says("amy", AcceptOffer(offer_id=offer))
    assert centre.answer() is RefusalReason.OFFER_GONE
    centre.wait(31.0)
    assert centre.offered_to("one") == ["amy"]
