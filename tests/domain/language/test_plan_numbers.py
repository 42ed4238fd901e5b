"""The numbers of a plan: what cannot be counted with is refused before it is in force."""

import math
from dataclasses import fields, replace
from typing import Any

import pytest

from kindline.language.content import Channel
from kindline.language.plan import AgentChannelLimit, AgentPlan, PoolLimits, QueuePlan
from kindline.language.plan_checks import problems
from kindline.language.queue_rules import PreferencePlan, Preferred
from tests.given import plan, queue

DURATIONS = [field.name for field in fields(QueuePlan) if field.name.endswith("_seconds")]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -5.0, 1e300])
@pytest.mark.parametrize("limit", [field.name for field in fields(PoolLimits)])
def test_a_limit_that_is_no_duration_is_refused(limit: str, value: float) -> None:
    """A pool whose leases or parking never end, or end before they begin, never comes into force."""
    [problem] = problems(plan(limits=replace(PoolLimits(), **{limit: value})))
    assert problem.path == ("limits", limit)


@pytest.mark.parametrize("value", [math.nan, math.inf, -5.0, 1e300])
@pytest.mark.parametrize("duration", DURATIONS)
def test_a_queue_with_an_endless_duration_is_refused(duration: str, value: float) -> None:
    """An offer that never expires, or a wrap-up without an end, is told to the person who wrote the plan."""
    changes: dict[str, Any] = {duration: value}
    wrong = problems(plan(queues=(replace(queue(), **changes), plan().queues[1])))
    assert [problem.path for problem in wrong] == [("queues", 0, duration)]


@pytest.mark.parametrize("weight", [2**31 - 1, -(2**31)])
def test_a_weight_that_no_priority_can_be_added_to_is_refused(weight: int) -> None:
    """With such a weight every customer of the queue would be turned away, for their priority fits no number."""
    wrong = problems(plan(queues=(queue(weight=weight), plan().queues[1])))
    assert [problem.path for problem in wrong] == [("queues", 0, "weight")]


@pytest.mark.parametrize(
    "path",
    [
        "version",
        "queues.0.at_once",
        "queues.0.offers_at_once",
        "queues.0.limits.most_waiting",
        "queues.0.preference.remember_days",
        "agents.0.units",
        "agents.0.limits.0.at_once",
        "channels.0.units",
        "channels.0.at_once",
        "channels.0.missed_offers",
        "channels.0.dormant_units",
    ],
)
def test_a_number_beyond_what_can_be_published_is_refused(path: str) -> None:
    """Whoever checks a plan hears of it then, and not by a failure while it is applied."""
    first = replace(queue(), preference=PreferencePlan(prefer=Preferred.LAST_AGENT))
    limited = replace(plan().agents[0], limits=(AgentChannelLimit(channel=Channel.CHAT),))
    usual = plan(queues=(first, plan().queues[1]), agents=(limited, *plan().agents[1:]))
    wrong = changed(usual, path.split("."), 2**63 if path == "version" else 2**31)
    assert path in [".".join(map(str, problem.path)) for problem in problems(wrong)]


def changed(part: Any, path: list[str], value: int) -> Any:  # noqa: ANN401 - any part of a plan
    """A plan, or a part of one, in which one number differs."""
    if not path:
        return value
    if isinstance(part, tuple):
        return (changed(part[0], path[1:], value), *part[1:])
    return replace(part, **{path[0]: changed(getattr(part, path[0]), path[1:], value)})


def test_a_large_plan_with_many_mistakes_is_told_in_few_words() -> None:
    """Each mistake names some of what is known, not all of it: a thousand mistakes are no flood."""
    queues = tuple(queue(f"q{number}") for number in range(1_000))
    agents = tuple(AgentPlan(agent_id=f"a{number}", queues=("nowhere",)) for number in range(1_000))
    wrong = problems(plan(queues=queues, entry_points=(), agents=agents))
    assert len(wrong) == 1_000
    assert max(len(str(problem)) for problem in wrong) < 500
