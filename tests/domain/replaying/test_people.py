"""On the virtual clock people do what their script says, to the second, and the engine decides as it always does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.commands.replaying.people import Habits, Stretch
from kindline.commands.replaying.simulation import ReplayBroken
from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.routing.domain.engine import Engine
from tests.domain.replaying.given import ALL_DAY, NINE, caller, morning, plan, until


def test_who_finds_an_agent_free_is_answered_at_once_and_served_as_long_as_they_talk() -> None:
    """A caller at 10 s who talks for 60 s is done at 70 s."""
    found = morning(plan(), [caller("one", after=10)])
    assert found.when(f.InteractionAnswered) == [10]
    assert found.when(f.InteractionCompleted) == [70]


def test_the_next_caller_waits_until_the_agent_is_free() -> None:
    """Two callers, one agent: the second is answered when the first is done."""
    found = morning(plan(), [caller("one"), caller("two", after=20)])
    assert found.when(f.InteractionAnswered, "two") == [60]


def test_a_caller_leaves_when_their_patience_ends_and_not_before() -> None:
    """Who would wait 30 s is gone at 30 s; who would wait 61 s is answered at 60 s."""
    found = morning(
        plan(), [caller("one"), caller("short", after=1, patience=30), caller("long", after=2, patience=61)]
    )
    assert found.when(f.InteractionAbandoned) == [31]
    assert found.when(f.InteractionAnswered, "long") == [60]


def test_an_answer_in_the_moment_in_which_patience_ends_is_an_answer() -> None:
    """Who would wait exactly until the agent is free is served."""
    found = morning(plan(), [caller("one"), caller("two", after=20, patience=40)])
    assert found.when(f.InteractionAnswered, "two") == [60]


def test_a_wrap_up_lasts_as_long_as_the_plan_allows_or_as_agents_take() -> None:
    """With 30 s of wrap-up the next caller waits 30 s longer; with agents who take 5 s, 5 s longer."""
    coming = [caller("one"), caller("two", after=1)]
    slow = morning(plan(wrap_up_seconds=30), coming)
    quick = morning(plan(wrap_up_seconds=30), coming, habits=Habits(wrap_up_seconds=5))
    assert slow.when(f.InteractionAnswered, "two") == [90]
    assert quick.when(f.InteractionAnswered, "two") == [65]


def test_an_agent_may_take_a_moment_to_accept() -> None:
    """With three seconds to each accept a caller who found an agent free is answered after three."""
    found = morning(plan(), [caller("one")], habits=Habits(accept_seconds=3))
    assert found.when(f.InteractionAnswered) == [3]


def test_nobody_is_answered_before_an_agent_comes() -> None:
    """A caller before opening time waits for the first agent."""
    working = [Stretch(agent_id="amy", begins_at=NINE + 100, ends_at=NINE + 200)]
    assert morning(plan(), [caller("early")], working).when(f.InteractionAnswered) == [100]


def test_the_last_agent_stays_until_nobody_waits() -> None:
    """One agent should go at 30 s, two callers wait: both are served, and then nobody is at work."""
    found = morning(plan(), [caller("one"), caller("two", after=20)], [until(ALL_DAY, 30)])
    assert found.when(f.InteractionAnswered) == [0, 60]
    agent = found.engine.agent("bank/calls", "amy")
    assert agent is not None
    assert agent.status is AgentStatus.OFFLINE


def test_who_is_not_the_last_goes_on_time() -> None:
    """With a colleague at work an agent goes at the end of their shift, whoever waits; the call in hand is finished."""
    working = [until(ALL_DAY, 30), replace(ALL_DAY, agent_id="bob")]
    coming = [caller(name, after=after) for name, after in (("one", 0), ("two", 1), ("three", 2))]
    found = morning(plan("amy", "bob"), coming, working)
    assert found.when(f.InteractionCompleted, "one") == [60]
    assert found.when(f.InteractionAnswered, "three") == [61]


def test_who_stayed_on_goes_when_the_next_agent_comes() -> None:
    """The last of a crew waits for the relief, and then takes no further call."""
    working = [until(ALL_DAY, 30), Stretch(agent_id="bob", begins_at=NINE + 50, ends_at=NINE + 1_000)]
    found = morning(plan("amy", "bob"), [caller("one"), caller("two", after=20), caller("three", after=21)], working)
    answered = [fact.agent_id for _, facts in found.log for fact in facts if isinstance(fact, f.InteractionAnswered)]
    assert answered == ["amy", "bob", "bob"]


def test_the_same_morning_gives_the_same_decisions_to_the_last_fact() -> None:
    """Two replays of one script write one and the same log."""
    coming = [caller(str(number), after=7.0 * number, patience=50) for number in range(40)]
    assert morning(plan(), coming).log == morning(plan(), coming).log


def test_what_a_replay_decided_can_be_folded_like_any_log() -> None:
    """An engine that only reads the decisions comes to the same state: they are the real ones."""
    coming = [caller(str(number), after=7.0 * number, patience=50) for number in range(40)]
    found = morning(plan("amy", "bob"), coming, [ALL_DAY, replace(ALL_DAY, agent_id="bob")])
    reader = Engine(0, 1)
    for at, facts in found.log:
        reader.apply(facts, at)
    assert reader.fingerprint() == found.engine.fingerprint()


def test_a_call_has_the_same_id_under_every_plan() -> None:
    """Two replays can be compared call by call."""
    one, other = (morning(plan(wrap_up_seconds=seconds), [caller("one")]).log for seconds in (0, 60))
    ids = [
        [fact.interaction_id for _, facts in log for fact in facts if isinstance(fact, f.InteractionReceived)]
        for log in (one, other)
    ]
    assert ids[0] == ids[1] != []


def test_a_plan_the_engine_refuses_stops_the_replay_with_its_reason() -> None:
    """A plan that is not valid is not played under."""
    with pytest.raises(ReplayBroken, match="INVALID_PLAN"):
        morning(replace(plan(), pool="nameless"), [caller("one")])


def test_work_that_lasts_longer_than_the_plan_allows_is_ended_by_it() -> None:
    """A conversation beyond the longest work is over when the plan says so, and the replay goes on."""
    long = replace(plan(), limits=replace(plan().limits, longest_work_seconds=100.0))
    found = morning(long, [caller("one", talks=1_000), caller("two", after=1)])
    assert found.when(f.InteractionExpired) == [100]
    assert found.when(f.InteractionAnswered, "two") == [100]
