"""Time that passed while nobody decided: whoever became free in it is found by the next owner."""

from kindline.language.facts import OfferIssued
from kindline.routing.domain.engine import Engine
from tests.given import SHARDS, Centre, agent, plan


def test_a_back_off_that_ended_while_nobody_decided_is_noticed_by_the_next_owner() -> None:
    """The last heartbeat of an owner may pass the end of a back-off; the customer is offered all the same."""
    centre = Centre(plan(agents=(agent("amy", billing=3),)))
    centre.at_work("amy")
    centre.arrives("t1")
    centre.declines("amy")
    assert centre.offered_to("t1") == []
    centre.now += 31
    reader = Engine(centre.shard, SHARDS)
    for decided_at, facts in centre.log:
        reader.apply(facts, decided_at)
    reader.apply((), centre.now)
    centre.engine = reader
    centre.resume(0.5)
    assert centre.offered_to("t1") == ["amy"]
    assert len(centre.facts(OfferIssued)) == 2
