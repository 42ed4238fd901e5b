"""Plans change while people work: what is new counts from now, what is gone drains, what is wrong changes nothing."""

from dataclasses import replace
from time import perf_counter

from kindline.language.agents import SessionClosed, SessionCloseReason
from kindline.language.facts import InputDeadLettered, PlanAdopted
from kindline.language.facts.agents import RoutingState
from kindline.language.facts.inputs import DeadLetterReason
from kindline.language.plan import EntryPointPlan
from kindline.language.snapshot import InteractionState as S
from kindline.routing.domain.engine import Engine
from tests.given import SHARDS, Centre, agent, plan, queue


def test_only_a_newer_plan_comes_into_force() -> None:
    """The same plan again changes nothing, an older one neither, and other content needs a higher version."""
    first = plan(version=2)
    centre = Centre(first)
    assert centre.publish(first) == []
    assert centre.publish(replace(first, version=1)) == []
    centre.publish(replace(first, time_zone="Asia/Shanghai"))
    assert [fact.reason for fact in centre.facts(InputDeadLettered)] == [DeadLetterReason.INVALID_PLAN]
    centre.publish(replace(first, version=3, time_zone="Asia/Shanghai"))
    assert len(centre.facts(PlanAdopted)) == 2


def test_an_invalid_plan_is_refused_with_what_is_wrong() -> None:
    """A plan with an unknown skill never comes into force, and people read where the mistake is."""
    centre = Centre(plan())
    centre.publish(plan(version=2, agents=(agent("amy", flying=3),)))
    refused = centre.facts(InputDeadLettered)[0]
    assert refused.reason is DeadLetterReason.INVALID_PLAN
    assert "flying" in refused.detail
    assert centre.engine.plan(centre.pool) == plan()


def test_what_an_agent_can_do_changes_with_their_next_sign_in() -> None:
    """Nobody is given strange work in the middle of their shift."""
    centre = Centre(plan())
    centre.at_work("bob")
    centre.arrives("t1", "billing-chat")
    centre.publish(plan(version=2, agents=(agent("amy", billing=3), agent("bob", billing=3))))
    assert centre.state("t1") is S.QUEUED
    centre.tell("bob", SessionClosed(session_id="bob-1", reason=SessionCloseReason.SIGNED_OUT))
    centre.at_work("bob")
    assert centre.offered_to("t1") == ["bob"]


def test_a_queue_that_is_removed_drains() -> None:
    """Whoever waits in it is still served, even by agents of other queues, and nobody new comes in."""
    centre = Centre(plan())
    centre.arrives("t1", "billing-chat")
    usual = plan()
    points = tuple(point for point in usual.entry_points if point.queue == "general")
    served = tuple(replace(one, queues=("general",)) for one in usual.agents)
    centre.publish(plan(version=2, queues=(queue(),), entry_points=points, agents=served))
    centre.at_work("amy")
    assert centre.offered_to("t1") == ["amy"]
    centre.arrives("t2", queue="billing")
    assert [fact.reason for fact in centre.facts(InputDeadLettered)] == [DeadLetterReason.INVALID_FIELD]


def test_an_agent_who_is_removed_finishes_and_gets_nothing_new() -> None:
    """Work in hand is finished, and then it is over."""
    centre = Centre(plan())
    centre.at_work("bob")
    centre.arrives("t1")
    centre.accepts("bob")
    centre.arrives("t2")
    centre.publish(plan(version=2, agents=(agent("amy", billing=1),)))
    found = centre.agent("bob")
    assert found is not None
    assert found.routing_state is RoutingState.DRAINING
    centre.finishes("bob", "t1")
    assert centre.state("t1") is S.CLOSED
    assert centre.state("t2") is S.QUEUED
    found = centre.agent("bob")
    assert found is not None
    assert found.routing_state is RoutingState.INACTIVE


def test_an_agent_who_left_the_plan_can_come_back_to_finish_their_work() -> None:
    """A stream that breaks does not take the work from them, and presence is not refused once a second for ever."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("t1")
    centre.accepts("amy")
    centre.publish(plan(version=2, agents=(agent("bob", billing=3),)))
    centre.tell("amy", SessionClosed(session_id="amy-1", reason=SessionCloseReason.STREAM_LOST))
    centre.signs_in("amy")
    assert centre.facts(InputDeadLettered) == []
    centre.wait(60)
    centre.finishes("amy", "t1")
    assert centre.state("t1") is S.CLOSED
    centre.arrives("t2")
    assert centre.offered_to("t2") == []
    centre.signs_in("amy", session="amy-2")
    assert [fact.reason for fact in centre.facts(InputDeadLettered)] == [DeadLetterReason.UNKNOWN_AGENT]


def test_a_plan_full_of_mistakes_is_refused_in_few_words() -> None:
    """However many mistakes it has, the refusal fits into a decision, and people read the first of them."""
    centre = Centre(plan())
    agents = tuple(replace(agent(f"a{number}"), queues=("nowhere",)) for number in range(5_000))
    centre.publish(plan(version=2, agents=agents))
    [refused] = centre.facts(InputDeadLettered)
    assert "nowhere" in refused.detail
    assert len(refused.detail) < 10_000


def with_and_without_chat() -> tuple[tuple[EntryPointPlan, ...], tuple[EntryPointPlan, ...]]:
    """The entrances of the usual plan, chat with an account of its own; and the same without chat."""
    named = tuple(replace(one, account="site") if one.name == "chat" else one for one in plan().entry_points)
    return named, tuple(one for one in named if one.name != "chat")


def test_whoever_came_by_an_entrance_that_is_gone_is_still_found() -> None:
    """An entry point leaves the plan while a customer waits: their hang-up still reaches them, also after a restart."""
    named, fewer = with_and_without_chat()
    for restarted in (False, True):
        centre = Centre(plan(entry_points=named))
        centre.arrives("t1")
        centre.publish(plan(version=2, entry_points=fewer))
        if restarted:
            centre.engine = restored(centre)
        centre.leaves("t1")
        assert centre.state("t1") is S.ABANDONED
        centre.leaves("t2")
        assert [fact.reason for fact in centre.facts(InputDeadLettered)] == [DeadLetterReason.UNKNOWN_ENTRY_POINT]


def test_an_entrance_that_comes_and_goes_finds_those_who_are_there() -> None:
    """Whoever came by an entry point that goes, returns and goes again is found while they are there, and not after."""
    named, fewer = with_and_without_chat()
    for restarted in (False, True):
        centre = Centre(plan(entry_points=named))
        centre.arrives("t1")
        centre.arrives("t2")
        centre.publish(plan(version=2, entry_points=fewer))
        centre.publish(plan(version=3, entry_points=named))
        centre.leaves("t1")
        centre.arrives("t3")
        centre.publish(plan(version=4, entry_points=fewer))
        if restarted:
            centre.engine = restored(centre)
        for thread in ("t2", "t3"):
            centre.leaves(thread)
            assert centre.state(thread) is S.ABANDONED
        for thread in ("t1", "t2", "t3"):
            centre.leaves(thread)
        unknown = [fact.reason for fact in centre.facts(InputDeadLettered)]
        assert unknown == [DeadLetterReason.UNKNOWN_ENTRY_POINT] * 3


def test_events_from_nowhere_cost_the_same_however_many_wait() -> None:
    """A source that is set up wrongly does not slow down those who wait: nobody looks through all of them for it."""
    few, many = seconds_for_events_from_nowhere(waiting=1), seconds_for_events_from_nowhere(waiting=2_000)
    assert many < 10 * few


def seconds_for_events_from_nowhere(*, waiting: int) -> float:
    """The best of several rounds of events with an entry point that the plan does not have."""
    centre = Centre(plan())
    for number in range(waiting):
        centre.arrives(f"t{number}")
    rounds = []
    for _ in range(5):
        began = perf_counter()
        for _ in range(20):
            centre.leaves("nobody", "nowhere")
        rounds.append(perf_counter() - began)
    return min(rounds)


def restored(centre: Centre) -> Engine:
    """Another engine that begins with the snapshot of this one."""
    engine = Engine(centre.shard, SHARDS)
    engine.restore(list(centre.engine.rows()), centre.engine.decided_at)
    return engine
