"""An accelerated clock hurries customers and promises, but never the signs of life of those who serve."""

from __future__ import annotations

from kindline.language import agents as a
from kindline.language.facts import AgentLeaseChanged, CommandAnswered
from kindline.language.facts.agents import Lease
from kindline.routing.domain.engine import Engine
from tests.given import REPLICA, SHARDS, Centre, plan

PACE = 60.0


def hurried() -> Centre:
    """A centre whose business clock runs sixty times as fast."""
    centre = Centre(plan())
    engine = Engine(centre.shard, SHARDS, PACE)
    for decided_at, facts in centre.log:
        engine.apply(facts, decided_at)
    centre.engine = engine
    return centre


def leases(centre: Centre) -> list[Lease]:
    """Every change of a lease so far."""
    return [fact.lease for _, facts in centre.log for fact in facts if isinstance(fact, AgentLeaseChanged)]


def test_two_minutes_of_business_time_between_signs_of_life_are_two_seconds() -> None:
    """Presence says every two seconds of the wall that it lives; at speed 60 nobody is suspect for that."""
    centre = hurried()
    centre.at_work("amy")
    for _ in range(10):
        centre.wait(2.0 * PACE, presence=False)
        centre.tell("", a.ReplicaAlive(replica_id=REPLICA))
    assert leases(centre) == []


def test_a_replica_that_dies_is_missed_after_six_seconds_of_the_wall() -> None:
    """The grace is the same on any clock: suspect after six seconds, lost after twenty more."""
    centre = hurried()
    centre.at_work("amy")
    centre.wait(5.5 * PACE, presence=False)
    assert leases(centre) == []
    centre.wait(1.0 * PACE, presence=False)
    assert leases(centre) == [Lease.SUSPECT]
    centre.wait(20.0 * PACE, presence=False)
    assert leases(centre) == [Lease.SUSPECT, Lease.LOST]


def test_a_repeat_within_a_quarter_of_an_hour_of_the_wall_is_answered_as_before() -> None:
    """A front end that asks again after a pause is not told that its offer is gone."""
    centre = hurried()
    centre.at_work("amy")
    centre.arrives("one")
    offer, command_id = centre.offers("amy")[0], centre.command_id(0.0)
    centre.says("amy", a.AcceptOffer(offer_id=offer), command_id=command_id)
    centre.tell("", a.ReplicaAlive(replica_id=REPLICA))
    centre.wait(20.0 * PACE)
    again = centre.says("amy", a.AcceptOffer(offer_id=offer), command_id=command_id)
    assert [fact.refusal.name for fact in again if isinstance(fact, CommandAnswered)] == ["UNSPECIFIED"]


def test_a_restored_engine_keeps_its_pace() -> None:
    """A new owner judges signs of life as the one before."""
    centre = hurried()
    centre.at_work("amy")
    again = Engine(centre.shard, SHARDS, PACE)
    again.restore(list(centre.engine.rows()), centre.engine.decided_at)
    assert again.next_due() == centre.engine.next_due()
