"""Everybody's desk rings at once, and it costs nobody anything: one takes the customer, all others are free again."""

from dataclasses import replace

from kindline.language import facts as f
from kindline.language.agents import AcceptOffer, DeclineOffer
from kindline.language.facts.agents import RefusalReason, RoutingState
from kindline.language.facts.offers import OfferExpiryCause
from kindline.language.plan import Plan
from kindline.language.snapshot import InteractionState as S
from tests.domain.routing.recount import assert_hands_are_what_the_interactions_say
from tests.given import Centre, agent, plan, queue

EVERYBODY = ("amy", "bob", "cy", "dot", "eve")


def ringing(**other: float) -> Plan:
    """Five agents, and a queue whose customers are offered to all of them at once."""
    general = queue(offers_at_once=5, wrap_up_seconds=0.0, **other)  # type: ignore[arg-type]
    return replace(plan(queues=(general, queue("billing")), agents=tuple(agent(name) for name in EVERYBODY)))


def at_work(**other: float) -> Centre:
    """All five wait for the first customer."""
    centre = Centre(ringing(**other))
    centre.at_work(*EVERYBODY)
    return centre


def free(centre: Centre) -> list[str]:
    """Those with nothing in hand and nothing in their way."""
    rows = [centre.agent(name) for name in EVERYBODY]
    return [row.agent_id for row in rows if row is not None and row.routing_state is RoutingState.IDLE]


def test_one_takes_it_and_the_others_are_free_in_the_same_breath() -> None:
    """Of five desks that ring, Bob's is first: four stop ringing, owe nothing, and have the next customer at once."""
    centre = at_work()
    centre.arrives("first")
    assert sorted(centre.offered_to("first")) == list(EVERYBODY)
    centre.arrives("second")
    assert centre.offered_to("second") == []
    facts = centre.accepts("bob")
    assert [fact.agent_id for fact in facts if isinstance(fact, f.OfferRescinded)] != []
    assert centre.interaction("first").agent_id == "bob"
    assert sorted(centre.offered_to("second")) == ["amy", "cy", "dot", "eve"]
    assert centre.interaction("first").back_offs == ()
    for name in ("amy", "cy", "dot", "eve"):
        row = centre.agent(name)
        assert row is not None
        assert row.missed_offers == 0
    assert_hands_are_what_the_interactions_say(centre)


def test_the_second_to_take_it_is_told_that_it_is_gone() -> None:
    """Two hands reach for the same customer: the first has them, the second hears so and loses nothing."""
    centre = at_work()
    centre.arrives("first")
    bobs, cys = centre.offers("bob")[0], centre.offers("cy")[0]
    centre.says("bob", AcceptOffer(offer_id=bobs))
    centre.says("cy", AcceptOffer(offer_id=cys))
    assert centre.answer() is RefusalReason.OFFER_GONE
    assert centre.interaction("first").agent_id == "bob"
    assert free(centre) == ["amy", "cy", "dot", "eve"]


def test_who_declines_stops_ringing_and_the_others_ring_on() -> None:
    """A no of one agent is not a no of the house, and is not asked again at once."""
    centre = at_work()
    centre.arrives("first")
    centre.says("amy", DeclineOffer(offer_id=centre.offers("amy")[0]))
    assert sorted(centre.offered_to("first")) == ["bob", "cy", "dot", "eve"]
    assert centre.state("first") is S.OFFERED


def test_a_customer_who_hangs_up_stops_every_desk() -> None:
    """No desk rings for somebody who is gone, and nobody stays reserved for them."""
    centre = at_work()
    centre.arrives("first")
    centre.leaves("first")
    assert centre.state("first") is S.ABANDONED
    assert free(centre) == list(EVERYBODY)
    assert_hands_are_what_the_interactions_say(centre)


def test_a_customer_whom_nobody_takes_rings_again_at_their_old_place_and_not_without_a_pause() -> None:
    """All five let it go by: they are asked again after the pause, not in a loop, and the customer keeps their age."""
    centre = at_work(offer_seconds=10.0, back_off_seconds=30.0)
    centre.arrives("first")
    arrived = centre.interaction("first").received.arrived_at
    centre.wait(10.0)
    assert centre.offered_to("first") == []
    assert free(centre) == list(EVERYBODY)
    assert len(centre.facts(f.OfferIssued)) == 5
    centre.wait(29.0)
    assert len(centre.facts(f.OfferIssued)) == 5
    centre.wait(1.0)
    assert sorted(centre.offered_to("first")) == list(EVERYBODY)
    queued = centre.interaction("first").queued
    assert queued is not None
    assert queued.waiting_since == arrived


def test_an_outage_is_held_against_nobody_whose_desk_rang_before_another() -> None:
    """Amy's desk rings, ten seconds later Bob's too, and for five seconds nobody decides: both missed nothing."""
    centre = Centre(ringing())
    centre.at_work("amy")
    centre.arrives("first")
    centre.wait(10.0)
    centre.at_work("bob")
    centre.resume(5.0)
    centre.wait(20.0)
    outage = OfferExpiryCause.OUTAGE
    missed = [(fact.agent_id, fact.cause) for fact in centre.facts(f.OfferExpired)]
    assert missed == [("amy", outage), ("bob", outage)]


def test_a_rush_with_every_desk_ringing_leaves_nobody_stuck() -> None:
    """Thirty customers, each offered to all who are free: each has one owner, and five are free at the end."""
    centre = at_work()
    for number in range(30):
        centre.arrives(f"t{number}")
    for _ in range(100):
        for name in EVERYBODY:
            if centre.offers(name):
                centre.accepts(name)
                break
        for row in list(centre.engine.interactions()):
            if row.state is S.ACTIVE:
                centre.completes(row.agent_id, row.received.thread)
                break
    assert [centre.state(f"t{number}") for number in range(30)] == [S.CLOSED] * 30
    answers = [fact.interaction_id for fact in centre.facts(f.InteractionAnswered)]
    assert len(answers) == len(set(answers)) == 30
    assert free(centre) == list(EVERYBODY)
    assert_hands_are_what_the_interactions_say(centre)
