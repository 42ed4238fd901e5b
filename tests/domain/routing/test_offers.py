"""What becomes of offers: declined, gone by, taken back, lost to another, and what that means for the agent."""

from kindline.language import agents as a
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel
from kindline.language.facts import (
    AgentRoutingStateChanged,
    OfferExpired,
    OfferIssued,
    OfferRescinded,
    OfferRevoked,
)
from kindline.language.facts.agents import RefusalReason, RoutingState
from kindline.language.facts.offers import OfferExpiryCause, OfferRevokedReason
from kindline.language.plan import ChannelPlan
from kindline.language.snapshot import InteractionState as S
from kindline.routing.domain.engine import Engine
from tests.given import SHARDS, Centre, plan, queue


def routing_state(centre: Centre, agent_id: str) -> RoutingState:
    """What the engine makes of an agent."""
    found = centre.agent(agent_id)
    assert found is not None
    return found.routing_state


def test_a_declined_offer_goes_to_the_next_agent_at_the_customers_old_age() -> None:
    """Whoever declines is left out for a while, and the customer keeps their place."""
    centre = Centre(plan())
    centre.at_work("amy", "bob")
    centre.arrives("t1")
    first = centre.offered_to("t1")[0]
    centre.declines(first)
    assert centre.offered_to("t1") == [{"amy": "bob", "bob": "amy"}[first]]


def test_an_agent_alone_gets_a_declined_customer_back_after_the_back_off() -> None:
    """Nobody is shut out for good: after the back-off the same agent is asked again."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    centre.declines("amy")
    assert centre.state("t1") is S.QUEUED
    centre.wait(29)
    assert centre.state("t1") is S.QUEUED
    centre.wait(1)
    assert centre.offered_to("t1") == ["amy"]


def test_an_answer_to_an_offer_that_is_gone_is_refused() -> None:
    """An offer that went by cannot be accepted any more, even by the agent who was asked."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    offer = centre.offers("amy")[0]
    centre.wait(20)
    centre.accepts("amy", offer)
    assert centre.answer() is RefusalReason.OFFER_GONE
    centre.accepts("amy", "no such offer")
    assert centre.answer() is RefusalReason.OFFER_GONE


def test_an_offer_to_somebody_else_cannot_be_taken() -> None:
    """An agent accepts only what is offered to them."""
    centre = Centre(plan())
    centre.at_work("amy", "bob")
    centre.arrives("t1")
    asked = centre.offered_to("t1")[0]
    other = {"amy": "bob", "bob": "amy"}[asked]
    centre.accepts(other, centre.offers(asked)[0])
    assert centre.answer() is RefusalReason.OFFER_GONE


def test_three_missed_chats_in_a_row_take_an_agent_out_until_they_say_that_they_are_here() -> None:
    """Whoever does not respond is asked no more, and one click brings them back."""
    centre = Centre(plan(queues=(queue(back_off_seconds=1.0), queue("billing"))))
    centre.at_work("amy")
    centre.arrives("t1")
    centre.wait(64)
    assert [fact.cause for fact in centre.facts(OfferExpired)] == [OfferExpiryCause.NO_ANSWER] * 3
    assert routing_state(centre, "amy") is RoutingState.NOT_RESPONDING
    centre.wait(100)
    assert centre.state("t1") is S.QUEUED
    centre.says("amy", a.ClearNotResponding())
    assert centre.offered_to("t1") == ["amy"]
    assert routing_state(centre, "amy") is RoutingState.RESERVED


def test_an_accepted_offer_ends_the_row_of_missed_ones() -> None:
    """Two missed, one taken, two missed: nobody is taken out for that."""
    centre = Centre(plan(queues=(queue(back_off_seconds=1.0, wrap_up_seconds=0.0), queue("billing"))))
    centre.at_work("amy")
    centre.arrives("t1")
    centre.wait(43)
    centre.accepts("amy")
    centre.completes("amy", "t1")
    centre.arrives("t2")
    centre.wait(42.5)
    assert len(centre.facts(OfferExpired)) == 4
    assert routing_state(centre, "amy") is RoutingState.RESERVED


def test_the_losers_of_a_race_are_told_before_the_winner_owns_it() -> None:
    """When two agents are asked at once the first to accept has it, and the other's offer is rescinded."""
    centre = Centre(plan(queues=(queue(offers_at_once=2), queue("billing"))))
    centre.at_work("amy", "bob", "cy")
    centre.arrives("t1")
    asked = centre.offered_to("t1")
    assert len(asked) == 2
    centre.accepts(asked[1])
    assert [fact.agent_id for fact in centre.facts(OfferRescinded)] == [asked[0]]
    assert centre.interaction("t1").agent_id == asked[1]
    assert len(centre.facts(OfferIssued)) == 2


def test_a_break_takes_offers_back_without_penalty() -> None:
    """Whoever goes on a break loses the offer, not their good name, and the next agent is asked."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    centre.says("amy", a.SetStatus(status=AgentStatus.BREAK))
    assert [fact.reason for fact in centre.facts(OfferRevoked)] == [OfferRevokedReason.STATUS_CHANGED]
    assert routing_state(centre, "amy") is RoutingState.INACTIVE
    centre.at_work("bob")
    assert centre.offered_to("t1") == ["bob"]


def test_an_outage_counts_against_nobody() -> None:
    """An offer that was open while nobody decided is extended by the outage, and missing it is no miss."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    expires_at = centre.interaction("t1").offers[0].expires_at
    centre.now += 5
    centre.resume(60)
    assert centre.interaction("t1").offers[0].expires_at == expires_at + 60
    assert centre.state("t1") is S.OFFERED
    centre.wait(16)
    assert [fact.cause for fact in centre.facts(OfferExpired)] == [OfferExpiryCause.OUTAGE]
    found = centre.agent("amy")
    assert found is not None
    assert found.missed_offers == 0
    assert found.routing_state is RoutingState.RESERVED


def test_an_outage_makes_nobody_silent_who_missed_a_chat_before() -> None:
    """A chat that went by is one miss of three; a call that went by in an outage is none, though one would do."""
    centre = Centre(plan(channels=(ChannelPlan(channel=Channel.VOICE, units=100, missed_offers=1),)))
    centre.at_work("amy")
    centre.arrives("t1")
    centre.wait(21)
    centre.leaves("t1")
    centre.arrives("t2", "phone")
    centre.resume(60)
    centre.wait(20)
    causes = [OfferExpiryCause.NO_ANSWER, OfferExpiryCause.OUTAGE]
    assert [fact.cause for fact in centre.facts(OfferExpired)] == causes
    found = centre.agent("amy")
    assert found is not None
    assert (found.missed_offers, found.not_responding) == (1, False)


def test_a_plan_with_shorter_offers_is_no_outage() -> None:
    """Whoever lets an offer of the old length go by has missed it, and is left out for a while like anybody else."""
    billing = plan().queues[1]
    centre = Centre(plan(queues=(queue(offer_seconds=60.0), billing)))
    centre.at_work("amy")
    centre.arrives("t1")
    centre.publish(plan(version=2, queues=(queue(offer_seconds=20.0), billing)))
    centre.wait(59)
    assert centre.state("t1") is S.OFFERED
    centre.wait(2)
    assert [fact.cause for fact in centre.facts(OfferExpired)] == [OfferExpiryCause.NO_ANSWER]
    assert centre.state("t1") is S.QUEUED
    found = centre.agent("amy")
    assert found is not None
    assert found.missed_offers == 1


def test_every_offer_says_why_this_agent() -> None:
    """The offer names the rule, how many could have had it, what left the others out, and the plan's version."""
    centre = Centre(plan())
    centre.at_work("amy", "bob", "cy")
    centre.says("cy", a.SetStatus(status=AgentStatus.BREAK))
    centre.arrives("t1", "billing-chat")
    choice = centre.facts(OfferIssued)[0].choice
    assert (choice.rule, choice.eligible, choice.plan_version) == ("least_work", 1, 1)
    assert {removal.rule: removal.agents for removal in choice.removals} == {"skill": 1, "status": 1}
    assert len(centre.facts(AgentRoutingStateChanged)) > 0


def test_a_new_owner_takes_back_the_offers_of_an_agent_as_the_one_before_would_have() -> None:
    """Amy was asked for the second customer first; whoever decides that she is away, the first is told first."""
    two = (ChannelPlan(channel=Channel.CHAT, units=50, at_once=2),)
    centre = Centre(plan(channels=two))
    centre.arrives("t1")
    centre.arrives("t2", priority=9)
    centre.at_work("amy")
    assert [offer.interaction_id for offer in centre.facts(OfferIssued)] == [centre.id("t2"), centre.id("t1")]
    after = Engine(centre.shard, SHARDS)
    after.restore(list(centre.engine.rows()), centre.engine.decided_at)
    facts = centre.says("amy", a.SetStatus(status=AgentStatus.BREAK))
    now, given = centre.inputs[-1]
    assert after.decide(given, now) == facts
    assert [fact.interaction_id for fact in facts if isinstance(fact, OfferRevoked)] == [
        centre.id("t1"),
        centre.id("t2"),
    ]
