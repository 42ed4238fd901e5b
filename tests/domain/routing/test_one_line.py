"""One line of chat through the engine, and the same state from the facts, from rows, and from both."""

from kindline.language import agents as a
from kindline.language.facts import InteractionAnswered, InteractionClosed, MessageSent, OfferIssued
from kindline.language.snapshot import InteractionState as S
from kindline.routing.domain.engine import Engine
from tests.domain.routing.days import busy_day
from tests.given import POOL, SHARDS, Centre, plan, text


def a_morning() -> Centre:
    """A few contacts, in every state that is easily reached."""
    centre = Centre(plan())
    centre.at_work("amy", "bob")
    centre.arrives("t1")
    centre.accepts("amy")
    centre.says("amy", a.SendMessage(interaction_id=centre.id("t1"), message_id="m1", content=text("hello")))
    centre.arrives("t2")
    centre.arrives("t3")
    centre.wait(2.5)
    centre.leaves("t9")
    centre.completes("amy", "t1")
    return centre


def test_a_customer_is_queued_offered_accepted_answered_completed_and_closed() -> None:
    """A customer who writes is offered at once, answered, served to the end, and the agent is free again."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    assert centre.state("t1") is S.OFFERED
    assert centre.offered_to("t1") == ["amy"]
    centre.accepts("amy")
    assert centre.state("t1") is S.ACTIVE
    centre.says("amy", a.SendMessage(interaction_id=centre.id("t1"), message_id="m1", content=text("hello")))
    centre.completes("amy", "t1")
    assert centre.state("t1") is S.COMPLETED
    centre.says("amy", a.FinishWrapUp(interaction_id=centre.id("t1")))
    assert centre.state("t1") is S.CLOSED
    assert len(centre.facts(MessageSent)) == len(centre.facts(InteractionAnswered)) == 1
    assert len(centre.facts(InteractionClosed)) == 1
    assert centre.engine.work_of(POOL, "amy") == ()


def test_who_came_first_is_served_first_by_whoever_is_free_first() -> None:
    """The capacity that comes free goes at once to the customer who waits longest."""
    centre = Centre(plan())
    centre.at_work("amy")
    for thread in ("t1", "t2", "t3"):
        centre.arrives(thread)
        centre.wait(1)
    centre.accepts("amy")
    centre.finishes("amy", "t1")
    assert [offer.interaction_id for offer in centre.facts(OfferIssued)] == [centre.id("t1"), centre.id("t2")]


def test_folding_the_facts_again_gives_the_same_state() -> None:
    """An engine that only read the decisions knows what the one that decided knows."""
    centre = a_morning()
    reader = Engine(centre.shard, SHARDS)
    for decided_at, facts in centre.log:
        reader.apply(facts, decided_at)
    assert reader.fingerprint() == centre.engine.fingerprint()


def test_a_snapshot_and_what_came_after_it_give_the_same_state() -> None:
    """Starting from any snapshot and reading on gives the same state as reading everything."""
    centre = a_morning()
    for end in range(len(centre.log)):
        first = Engine(centre.shard, SHARDS)
        for decided_at, facts in centre.log[:end]:
            first.apply(facts, decided_at)
        second = Engine(centre.shard, SHARDS)
        second.restore(list(first.rows()), first.decided_at)
        assert second.fingerprint() == first.fingerprint()
        assert second.next_due() == first.next_due()
        for decided_at, facts in centre.log[end:]:
            second.apply(facts, decided_at)
        assert second.fingerprint() == centre.engine.fingerprint()


def test_whoever_takes_over_from_a_snapshot_decides_as_if_nothing_had_happened() -> None:
    """At any moment of a busy day a restored engine answers what comes next just as the old one did."""
    centre = busy_day(80)
    for start in range(0, len(centre.log), 9):
        before = Engine(centre.shard, SHARDS)
        for decided_at, facts in centre.log[:start]:
            before.apply(facts, decided_at)
        after = Engine(centre.shard, SHARDS)
        after.restore(list(before.rows()), before.decided_at)
        for (now, given), (_, facts) in zip(centre.inputs[start:], centre.log[start:], strict=True):
            assert tuple(after.decide(given, now)) == facts
