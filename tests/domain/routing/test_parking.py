"""Events that overtook their interaction: all are taken in when it opens, in order, and no decision is too large."""

from kindline.language import events as e
from kindline.language.facts import EventRecorded, InputDeadLettered
from kindline.language.snapshot import InteractionState as S
from kindline.ledger.owned.gathering import encoded
from kindline.routing.domain.engine import Engine
from tests.given import SHARDS, Centre, plan

LARGEST_RECORD = 4 << 20
LARGE = "x" * 200_000


def recorded(centre: Centre) -> list[str]:
    """The steps of the voice menu that were taken in, in order."""
    events = [fact.event.event for fact in centre.facts(EventRecorded)]
    return [event.step.strip("x") for event in events if isinstance(event, e.IvrStepEntered)]


def steps_come_early(centre: Centre, number: int, padding: str = "") -> list[str]:
    """So many steps of a menu overtake their call, in the reverse of the order in which they happened."""
    for step in reversed(range(number)):
        centre.event(e.IvrStepEntered(step=f"{step:03}{padding}"), "t1", age=1.0 + (number - step) / 100)
    return [f"{step:03}" for step in range(number)]


def test_a_contact_opens_however_much_came_before_it() -> None:
    """Six megabytes of early events do not cost the customer their place: they are taken in bit by bit, in order."""
    centre = Centre(plan())
    steps = steps_come_early(centre, 30, LARGE)
    opening = centre.arrives("t1")
    assert centre.state("t1") is S.QUEUED
    assert len(encoded(opening, LARGEST_RECORD)) < LARGEST_RECORD / 2
    decisions = len(centre.log)
    centre.wait(0.001)
    assert recorded(centre) == steps
    assert len(centre.log) - decisions > 3
    for _, facts in centre.log:
        encoded(facts, LARGEST_RECORD)
    assert centre.facts(InputDeadLettered) == []


def test_small_events_that_came_early_are_all_taken_in_at_once_after_the_opening() -> None:
    """Even those of one instant, whose order is that of their coming."""
    centre = Centre(plan())
    for step in range(30):
        centre.event(e.IvrStepEntered(step=f"{step:03}"), "t1")
    centre.arrives("t1")
    centre.wait(0.001)
    assert recorded(centre) == [f"{step:03}" for step in range(30)]


def test_what_comes_while_early_events_are_taken_in_waits_its_turn() -> None:
    """A hang-up just after the opening does not overtake what the caller did before."""
    centre = Centre(plan())
    steps_come_early(centre, 20)
    centre.arrives("t1")
    centre.leaves("t1")
    assert centre.state("t1") is S.QUEUED
    centre.wait(0.001)
    assert centre.state("t1") is S.ABANDONED
    taken = [type(fact.event.event) for fact in centre.facts(EventRecorded)]
    assert taken == [e.InteractionStarted, *[e.IvrStepEntered] * 20, e.CustomerLeft]


def test_early_events_of_a_contact_that_ended_do_not_end_the_next_one() -> None:
    """Twenty hang-ups that came early are those of one contact, though the customer comes back before all are read."""
    centre = Centre(plan())
    for _ in range(20):
        centre.leaves("t1")
    centre.arrives("t1")
    first = centre.id("t1")
    assert centre.state("t1") is S.ABANDONED
    centre.arrives("t1")
    centre.wait(0.001)
    assert centre.state("t1") is S.QUEUED
    assert {fact.interaction_id for fact in centre.facts(EventRecorded) if not fact.opening} == {first}
    assert len(centre.facts(EventRecorded)) == 22


def test_an_engine_that_takes_over_amid_early_events_goes_on_alike() -> None:
    """Read from the log or from a snapshot, the state is the same, and so is what is decided next."""
    centre = Centre(plan())
    steps = steps_come_early(centre, 30)
    centre.arrives("t1")
    follower, restored = Engine(centre.shard, SHARDS), Engine(centre.shard, SHARDS)
    for decided_at, facts in centre.log:
        follower.apply(facts, decided_at)
    restored.restore(list(centre.engine.rows()), centre.engine.decided_at)
    for engine in (follower, restored):
        assert engine.fingerprint() == centre.engine.fingerprint()
        assert engine.next_due() == centre.engine.next_due()
    centre.engine = restored
    centre.wait(0.001)
    assert recorded(centre) == steps
