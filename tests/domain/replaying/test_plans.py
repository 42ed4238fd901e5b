"""The three plans that ship for the bank of January 1999: one as its log suggests it, two that differ as they say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from kindline.commands.plan_file import read_plans
from kindline.commands.replay import replay
from kindline.commands.replay_reading import read_span
from kindline.language.plan import OrderPlan, Plan
from tests.domain.rehearsal.bank_log import JANUARY

PLANS = Path(__file__).parents[3] / "services/kindline/rehearsal/plans"
NAMES = ("as-logged", "ladder", "aging")


def shipped(name: str) -> Plan:
    """One of the plans."""
    [plan] = read_plans(PLANS / f"{name}.yaml")
    return plan


def nameless(plan: Plan) -> Plan:
    """The plan without names for show."""
    return replace(plan, agents=tuple(replace(agent, display_name="") for agent in plan.agents))


def there() -> None:
    """Skip where the month of data is not beside the project."""
    if not JANUARY.exists():
        pytest.skip("the month of data is not here")


def test_the_first_is_the_plan_that_the_month_suggests() -> None:
    """The file says what `kindline replay --write-plan` would write today."""
    there()
    span = read_span(JANUARY, (None, None), 1, Console(stderr=True))
    assert shipped("as-logged") == nameless(span.own_plan())


def test_the_others_differ_in_what_they_say_and_in_nothing_else() -> None:
    """Without their ladders, preference and order both are the first."""
    first = shipped("as-logged")
    ladder, aging = shipped("ladder"), shipped("aging")
    assert all(len(queue.ladder) == 2 and queue.preference for queue in ladder.queues)
    assert replace(ladder, queues=tuple(replace(q, ladder=(), preference=None) for q in ladder.queues)) == first
    assert aging.order.priority_per_minute > 0
    assert replace(aging, order=OrderPlan()) == first


def played(*arguments: str) -> list[dict[str, Any]]:
    """The log and the three plans, played over a span, for programs."""
    files = [argument for name in NAMES for argument in ("--plan", str(PLANS / f"{name}.yaml"))]
    result = CliRunner().invoke(replay, [str(JANUARY), *arguments, *files, "--json"])
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def figures(columns: Sequence[dict[str, Any]], name: str) -> list[float]:
    """One row of the table."""
    return [column["figures"][name]["value"] for column in columns]


def test_three_plans_of_a_busy_day_stand_side_by_side() -> None:
    """On the busiest Monday the ladder is climbed under its own plan only, and every caller has one end under each."""
    there()
    columns = played("--from", "1999-01-18", "--until", "1999-01-18T12:00")
    assert [column["name"] for column in columns] == ["the log", *NAMES]
    asked = figures(columns, "calls")
    assert len(set(asked)) == 1
    assert [s + a for s, a in zip(figures(columns, "served"), figures(columns, "abandoned"), strict=True)] == asked
    assert [steps > 0 for steps in figures(columns, "relaxed")] == [False, False, True, False]
    assert [met > 0 for met in figures(columns, "met")] == [False, False, True, False]
    assert len(set(figures(columns, "mean_wait"))) == 4
