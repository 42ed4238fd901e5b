"""A ladder lets those who wait need less: in steps, in order, and without losing their place."""

from dataclasses import replace

import pytest

from kindline.language.agents import AgentStatus, SessionClosed, SessionCloseReason, SetStatus, TransferInteraction
from kindline.language.facts import CustomerInformed, Fact, InteractionRelaxed, OfferIssued
from kindline.language.facts.waiting import RelaxedCause
from kindline.language.plan import Plan
from kindline.language.queue_rules import LadderStep
from kindline.language.snapshot import InteractionState as S
from kindline.routing.domain.engine import Engine
from tests.given import SHARDS, Centre, agent, needs, plan, queue

CREW = (
    replace(agent("amy", languages=["lv"], billing=4), queues=("general",)),
    replace(agent("bob", languages=["en"], billing=1), queues=("general",)),
    replace(agent("cy", languages=["lv", "en"], billing=3), queues=("billing",)),
)
STEPS = (
    LadderStep(after_seconds=30, lower_skills=needs(billing=1).skills, announce="a-moment"),
    LadderStep(after_seconds=60, drop_language=True, raise_priority=2),
    LadderStep(after_seconds=120, drop_skills=("billing",), add_queue="billing", offer_call_back=True),
)


def under(*steps: LadderStep, **other: object) -> Plan:
    """A plan whose general queue has this ladder, and three agents of whom each can do something else."""
    general = queue(ladder=steps, needs=needs("lv", billing=3))
    return replace(plan(agents=CREW, queues=(general, queue("billing"))), **other)  # type: ignore[arg-type]


def steps_of(facts: list[Fact]) -> list[tuple[int, RelaxedCause]]:
    """The steps taken, with why."""
    return [(fact.step, fact.cause) for fact in facts if isinstance(fact, InteractionRelaxed)]


def test_a_step_is_taken_when_its_time_has_come_and_the_customer_is_offered_to_whoever_can_serve_it_now() -> None:
    """Bob knows little of billing and no Latvian; after a minute he will do, and not a second before."""
    centre = Centre(under(*STEPS))
    centre.at_work("bob")
    centre.arrives("t1")
    assert steps_of(centre.wait(29.9)) == []
    facts = centre.wait(0.1)
    assert steps_of(facts) == [(1, RelaxedCause.TIME)]
    assert [fact.announcement for fact in facts if isinstance(fact, CustomerInformed)] == ["a-moment"]
    assert centre.interaction("t1").relaxed == InteractionRelaxed(
        pool=centre.pool, interaction_id=centre.id("t1"), step=1, cause=RelaxedCause.TIME,
        needs=needs("lv", billing=1), priority=0,
    )  # fmt: skip
    assert steps_of(centre.wait(29.9)) == []
    assert steps_of(centre.wait(0.1)) == [(2, RelaxedCause.TIME)]
    assert centre.offered_to("t1") == ["bob"]


def test_nobody_loses_their_place_by_needing_less() -> None:
    """Who came first is served first, though it was their needs that changed; a raised priority goes before all."""
    centre = Centre(under(LadderStep(after_seconds=10, drop_language=True, drop_skills=("billing",))))
    centre.arrives("first")
    centre.wait(5)
    centre.arrives("second", queue="billing")
    centre.wait(60)
    assert centre.interaction("first").queued == centre.facts(type(centre.interaction("first").queued))[0]
    centre.publish(under(version=2))
    centre.at_work("bob")
    assert centre.offered_to("first") == ["bob"]


def test_a_raised_priority_goes_before_those_who_came_earlier() -> None:
    """Two minutes in the queue of the impatient are worth more than three in another."""
    raising = queue(ladder=(LadderStep(after_seconds=120, raise_priority=1),))
    centre = Centre(plan(queues=(raising, queue("billing"))))
    centre.arrives("early", queue="billing")
    centre.wait(10)
    centre.arrives("late")
    centre.wait(120)
    centre.at_work("bob")
    assert centre.offered_to("late") == ["bob"]


def test_a_queue_is_added_whose_agents_serve_only_that() -> None:
    """Cy serves billing only, until the third step lets Cy serve customers of the general queue too."""
    centre = Centre(under(*STEPS))
    centre.at_work("cy")
    centre.arrives("t1")
    centre.wait(119.9)
    assert centre.state("t1") is S.QUEUED
    facts = centre.wait(0.1)
    assert [fact.announcement for fact in facts if isinstance(fact, CustomerInformed)] == ["call_back_offered"]
    row = centre.interaction("t1")
    assert centre.offered_to("t1") == ["cy"]
    assert row.relaxed is not None
    assert (row.relaxed.call_back_offered, row.relaxed.also_queues, row.relaxed.priority) == (True, ("billing",), 2)
    assert row.queued is not None
    assert row.queued.queue == "general"


def test_what_a_step_has_given_stays_given_by_the_steps_after_it() -> None:
    """A call-back offered, a queue added and a priority raised hold when the next step adds another queue."""
    steps = (
        LadderStep(after_seconds=5, add_queue="billing", offer_call_back=True, announce="call-you", raise_priority=1),
        LadderStep(after_seconds=6, add_queue="third", raise_priority=2),
        LadderStep(after_seconds=7, add_queue="billing", announce="still-here"),
    )
    centre = Centre(plan(queues=(queue(ladder=steps, weight=3), queue("billing"), queue("third"))))
    centre.arrives("t1", priority=1)
    centre.wait(7)
    relaxed = centre.interaction("t1").relaxed
    assert relaxed is not None
    assert (relaxed.also_queues, relaxed.priority, relaxed.call_back_offered) == (("billing", "third"), 7, True)
    assert [fact.announcement for fact in centre.facts(CustomerInformed)] == ["call-you", "still-here"]


def test_what_customers_themselves_asked_for_is_relaxed_too_and_never_becomes_more() -> None:
    """A customer who asks for sales 2 and English is eased by the same steps; a lower step never asks for more."""
    steps = (LadderStep(after_seconds=5, lower_skills=needs(billing=2).skills, drop_skills=("sales",)),)
    centre = Centre(plan(queues=(queue(ladder=steps, needs=needs(billing=1)), queue("billing"))))
    centre.arrives("t1", needing=needs("en", sales=2))
    centre.wait(5)
    relaxed = centre.interaction("t1").relaxed
    assert relaxed is not None
    assert relaxed.needs == needs("en", billing=1)


def test_when_nobody_who_could_serve_is_signed_in_the_step_is_taken_at_once() -> None:
    """Nobody speaks Latvian tonight: the customer is offered to Bob with the first breath, for the announced reason."""
    centre = Centre(under(LadderStep(when_nobody=True, drop_language=True, lower_skills=needs(billing=1).skills)))
    centre.at_work("bob")
    facts = centre.arrives("t1")
    assert steps_of(facts) == [(1, RelaxedCause.NOBODY)]
    assert centre.offered_to("t1") == ["bob"]


def test_an_agent_on_a_break_or_at_work_is_somebody_and_one_who_is_offline_is_nobody() -> None:
    """While Amy is on a break her customers wait for her; when she goes offline they need not."""
    centre = Centre(
        under(LadderStep(when_nobody=True, after_seconds=600, drop_language=True, drop_skills=("billing",)))
    )
    centre.at_work("amy", "bob")
    centre.says("amy", SetStatus(status=AgentStatus.BREAK))
    assert steps_of(centre.arrives("t1")) == []
    assert steps_of(centre.wait(60)) == []
    centre.says("amy", SetStatus(status=AgentStatus.OFFLINE))
    assert steps_of(centre.wait(0)) == [(1, RelaxedCause.NOBODY)]
    centre.wait(0)
    assert centre.offered_to("t1") == ["bob"]


@pytest.mark.parametrize("how", ["signs out", "is lost", "leaves the plan"])
def test_when_the_last_who_could_serve_goes_those_who_wait_are_helped_at_once(how: str) -> None:
    """Amy goes home, her machine dies or she leaves the plan: the Latvian customers are Bob's now, the others wait."""
    centre = Centre(under(LadderStep(when_nobody=True, drop_language=True, drop_skills=("billing",))))
    centre.at_work("amy", "bob", "cy")
    centre.says("amy", SetStatus(status=AgentStatus.BREAK))
    for name in ("t1", "t2"):
        centre.arrives(name)
    centre.says("cy", SetStatus(status=AgentStatus.BREAK))
    centre.arrives("t3", queue="billing", needing=needs("en", billing=2))
    before = len(centre.facts(InteractionRelaxed))
    if how == "signs out":
        centre.tell("amy", SessionClosed(session_id="amy-1", reason=SessionCloseReason.SIGNED_OUT))
    elif how == "is lost":
        centre.tell("amy", SessionClosed(session_id="amy-1", reason=SessionCloseReason.STREAM_LOST))
        assert steps_of(centre.wait(19)) == []
        centre.wait(1)
    else:
        centre.publish(
            under(
                *centre_plan(centre).queues[0].ladder, version=2, agents=(replace(CREW[0], agent_id="zoe"), *CREW[1:])
            )
        )
    centre.wait(0)
    relaxed = centre.facts(InteractionRelaxed)[before:]
    assert [fact.interaction_id for fact in relaxed] == [centre.id("t1"), centre.id("t2")]
    assert centre.offered_to("t1") == ["bob"]


def centre_plan(centre: Centre) -> Plan:
    """The plan in force."""
    found = centre.engine.plan(centre.pool)
    assert found is not None
    return found


def test_only_as_many_steps_are_taken_for_want_of_people_as_bring_somebody() -> None:
    """The first step brings Bob, so the language of the second is not given up for nothing."""
    bob = agent("bob", languages=["lv"], billing=1)
    steps = (
        LadderStep(after_seconds=300, lower_skills=needs(billing=1).skills),
        LadderStep(after_seconds=600, when_nobody=True, drop_language=True),
    )
    centre = Centre(under(*steps, agents=(CREW[0], bob)))
    centre.at_work("bob")
    assert steps_of(centre.arrives("t1")) == [(1, RelaxedCause.NOBODY)]
    assert centre.offered_to("t1") == ["bob"]


def test_a_later_step_that_is_due_brings_the_earlier_ones_along() -> None:
    """A step for want of people that never came is taken with the one after it, in order."""
    steps = (LadderStep(when_nobody=True, announce="alone"), LadderStep(after_seconds=10, drop_language=True))
    centre = Centre(under(*steps))
    centre.at_work("amy")
    centre.says("amy", SetStatus(status=AgentStatus.BREAK))
    assert steps_of(centre.arrives("t1")) == []
    assert steps_of(centre.wait(10)) == [(1, RelaxedCause.TIME), (2, RelaxedCause.TIME)]


def test_an_offer_in_flight_is_not_disturbed_and_what_came_due_meanwhile_is_taken_if_it_fails() -> None:
    """Amy is offered the customer at twenty-five seconds; the step of thirty waits until she has declined."""
    centre = Centre(under(*STEPS))
    centre.arrives("t1")
    centre.wait(25)
    centre.at_work("amy")
    assert steps_of(centre.wait(10)) == []
    centre.declines("amy")
    assert steps_of(centre.wait(0)) == [(1, RelaxedCause.TIME)]


def test_steps_taken_stay_when_an_agent_is_lost_and_another_queue_begins_its_own_ladder() -> None:
    """Who was served by Bob and lost him needs no more Latvian than before; transferred, a new visit begins."""
    centre = Centre(under(*STEPS))
    centre.at_work("bob")
    centre.arrives("t1")
    centre.wait(60)
    centre.accepts("bob")
    centre.tell("bob", SessionClosed(session_id="bob-1", reason=SessionCloseReason.SIGNED_OUT))
    row = centre.interaction("t1")
    assert (row.state, row.relaxed and row.relaxed.step, row.joined_at) == (S.QUEUED, 2, row.received.arrived_at)
    centre.at_work("bob")
    centre.accepts("bob")
    centre.wait(5)
    centre.says("bob", TransferInteraction(interaction_id=centre.id("t1"), queue="general"))
    row = centre.interaction("t1")
    assert (row.relaxed, row.joined_at) == (None, centre.now)
    assert row.queued is not None
    assert row.queued.waiting_since == row.received.arrived_at
    assert steps_of(centre.wait(29.9)) == []
    assert steps_of(centre.wait(0.1)) == [(1, RelaxedCause.TIME)]


def test_a_snapshot_between_two_steps_changes_nothing() -> None:
    """An engine that begins from a snapshot takes the same steps at the same times, for time and for want of people."""
    steps = (*STEPS[:2], LadderStep(when_nobody=True, drop_skills=("billing",)))
    centre = Centre(under(*steps))
    centre.at_work("amy", "bob")
    centre.says("amy", SetStatus(status=AgentStatus.BREAK))
    for name in ("t1", "t2", "t3"):
        centre.arrives(name, age=3.0)
        centre.wait(7)
    centre.wait(20)
    other = Engine(centre.shard, SHARDS)
    other.restore(list(centre.engine.rows()), centre.engine.decided_at)
    assert other.next_due() == centre.engine.next_due()
    seen, decided = len(centre.inputs), len(centre.log)
    centre.says("bob", SetStatus(status=AgentStatus.BREAK))
    centre.wait(40)
    centre.says("bob", SetStatus(status=AgentStatus.OFFLINE))
    centre.says("amy", SetStatus(status=AgentStatus.OFFLINE))
    centre.wait(30)
    assert [other.decide(given, now) for now, given in centre.inputs[seen:]] == [
        list(facts) for _, facts in centre.log[decided:]
    ]
    assert other.fingerprint() == centre.engine.fingerprint()
    causes = [fact.cause for fact in centre.facts(InteractionRelaxed)]
    assert {RelaxedCause.TIME, RelaxedCause.NOBODY} == set(causes)
    assert len(causes) == 9


def test_a_new_plan_goes_on_at_the_same_number() -> None:
    """Steps are counted, so a corrected ladder does not begin again for those who wait."""
    centre = Centre(under(*STEPS))
    centre.arrives("t1")
    centre.wait(30)
    centre.publish(under(LadderStep(after_seconds=1, announce="hello"), replace(STEPS[1], after_seconds=45), version=2))
    assert steps_of(centre.wait(14.9)) == []
    assert steps_of(centre.wait(0.1)) == [(2, RelaxedCause.TIME)]


def test_very_many_who_are_left_alone_are_helped_in_batches_that_fit_into_a_record() -> None:
    """The last agent goes home and a thousand wait: each decision helps some, oldest first, until all are helped."""
    centre = Centre(under(LadderStep(when_nobody=True, drop_language=True)))
    centre.at_work("amy")
    centre.says("amy", SetStatus(status=AgentStatus.BREAK))
    for number in range(1_000):
        centre.arrives(f"t{number}")
    decided = len(centre.log)
    centre.says("amy", SetStatus(status=AgentStatus.OFFLINE))
    centre.wait(0)
    sizes = [len(facts) for _, facts in centre.log[decided:]]
    assert max(sizes) <= 200
    names = [fact.interaction_id for fact in centre.facts(InteractionRelaxed)]
    assert names == [centre.id(f"t{number}") for number in range(1_000)]


def test_of_very_many_whose_step_is_due_in_one_instant_whoever_came_first_is_served_first() -> None:
    """After an outage a rush is taken in at once: what one decision cannot do for all is done in their order."""
    for crowd in (51, 120, 300):
        centre = Centre(under(LadderStep(after_seconds=10, drop_language=True, drop_skills=("billing",))))
        centre.at_work("bob")
        for number in range(crowd):
            centre.arrives(f"t{number}", age=float(crowd - number))
        facts = centre.wait(10)
        assert [fact.interaction_id for fact in facts if isinstance(fact, OfferIssued)] == [centre.id("t0")]


def test_offers_say_that_they_were_made_by_relaxed_needs() -> None:
    """The offer names the customer's own queue, whichever queue the agent serves."""
    centre = Centre(under(*STEPS))
    centre.at_work("cy")
    centre.arrives("t1")
    centre.wait(120)
    assert [(offer.agent_id, offer.queue) for offer in centre.facts(OfferIssued)] == [("cy", "general")]
