"""Yesterday under another plan: the ledger's own log, played again by the real engine, beside what happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from kindline.commands.replay import replay
from kindline.language.agents import AgentStatus, SetStatus, TransferInteraction
from kindline.language.content import NO_NEEDS
from kindline.language.facts import Fact
from kindline.language.ids import shard_of
from kindline.language.plan import EntryPointPlan, Plan, QueuePlan
from kindline.rehearsal.domain.plan_document import plan_document
from tests.domain.explaining.ledger import Written, written
from tests.domain.replaying.given import ALL_DAY, NINE, caller, morning, plan
from tests.given import SHARDS, Centre, agent
from tests.given import plan as chat_plan

DAY = "%Y-%m-%dT%H:%M"


def said(ledger: Written, *arguments: str) -> Result:
    """What `kindline replay` says of a ledger."""
    return CliRunner().invoke(replay, list(arguments), obj=ledger.open, env={"COLUMNS": "160"})


def columns(ledger: Written, *arguments: str) -> list[dict[str, Any]]:
    """The columns of the table, for programs."""
    result = said(ledger, *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def values(column: dict[str, Any]) -> dict[str, Any]:
    """The figures of a column."""
    return {name: row["value"] for name, row in column["figures"].items()}


def file_of(in_force: Plan, file: Path) -> str:
    """The plan as a file."""
    with file.open("w", encoding="utf-8") as out:
        YAML(typ="safe", pure=True).dump(plan_document([in_force]), out)
    return str(file)


def ledger_of(in_force: Plan, log: Sequence[tuple[float, Sequence[Fact]]]) -> Written:
    """A ledger that holds this log."""
    found = Written(shard_of(in_force.pool, SHARDS))
    found.publish(in_force)
    found.claim()
    for at, facts in log:
        found.write(at, facts)
    return found


def busy(in_force: Plan) -> Written:
    """Forty callers of a morning, one every 20 s, who talk for a minute and wait no longer than 45 s; two agents."""
    coming = [caller(f"call-{number}", after=20.0 * number, patience=45.0) for number in range(40)]
    working = [ALL_DAY, replace(ALL_DAY, agent_id="bob")]
    return ledger_of(in_force, morning(in_force, coming, working).log)


def test_yesterday_under_yesterdays_plan_is_yesterday() -> None:
    """Played again under the plan in force, every figure comes out as it was."""
    log, again = columns(busy(plan("amy", "bob")))
    assert (log["name"], again["name"]) == ("the log", "the plan in force")
    assert values(log)["abandoned"] > 0
    assert values(again) == values(log)


def test_a_plan_with_more_wrap_up_costs_waiting_and_says_how_much(tmp_path: Path) -> None:
    """Two plans stand beside the log: the same, and one under which agents wrap up for half a minute."""
    usual = plan("amy", "bob")
    rest = plan("amy", "bob", wrap_up_seconds=30.0)
    files = [file_of(usual, tmp_path / "usual.yaml"), file_of(rest, tmp_path / "rest.yaml")]
    found = columns(busy(usual), "--plan", files[0], "--plan", files[1], "--wrap-up", "30")
    log, same, longer = (values(column) for column in found)
    assert [column["name"] for column in found] == ["the log", "usual", "rest"]
    assert same == log
    assert longer["served"] < log["served"]
    assert longer["promises_broken"] > log["promises_broken"]


def test_an_answered_caller_is_as_patient_as_others_who_left(tmp_path: Path) -> None:
    """With one agent instead of two, some of those who were served then leave, none before the 45 s of the others."""
    usual = plan("amy", "bob")
    alone = file_of(replace(usual, agents=usual.agents[:1]), tmp_path / "alone.yaml")
    log, other = (values(column) for column in columns(busy(usual), "--plan", alone))
    assert other["abandoned"] > 1.5 * log["abandoned"] > 0
    assert other["served"] + other["abandoned"] == 40
    assert other["long_wait"] == 45.0


def test_only_the_interactions_of_the_span_are_played() -> None:
    """Two minutes have six callers of forty, and agents are there as they were when the span begins."""
    begin, until = (datetime.fromtimestamp(NINE + minutes * 60 + 20, tz=UTC) for minutes in (10, 12))
    begin, until = begin.replace(second=0), until.replace(second=0)
    ledger = busy(plan("amy", "bob"))
    log, again = columns(ledger, "--from", begin.strftime(DAY), "--until", until.strftime(DAY))
    assert values(log)["calls"] == values(again)["calls"] == 6
    assert values(again)["served"] > 0
    result = said(ledger, "--from", "2001-01-01")
    assert result.exit_code == 0, result.output
    result = said(ledger, "--from", "2099-01-01")
    assert result.exit_code == 2
    assert "0 interactions in the span" in result.output


def chats() -> tuple[Plan, Centre]:
    """A chat that is transferred, one that is left, and an agent who goes on a break for a while."""
    in_force = chat_plan(agents=(agent("amy", billing=2), agent("bob")))
    centre = Centre(in_force)
    centre.at_work("bob")
    centre.arrives("one")
    centre.wait(4)
    centre.accepts("bob")
    centre.wait(60)
    centre.says("bob", TransferInteraction(interaction_id=centre.id("one"), queue="billing"))
    centre.at_work("amy")
    centre.wait(2)
    centre.accepts("amy")
    centre.says("bob", SetStatus(status=AgentStatus.BREAK))
    centre.arrives("two")
    centre.wait(30)
    centre.leaves("two")
    centre.wait(10)
    centre.finishes("amy", "one")
    centre.says("bob", SetStatus(status=AgentStatus.AVAILABLE))
    centre.arrives("one")
    centre.wait(1)
    for name in ("amy", "bob"):
        if centre.offers(name):
            centre.accepts(name)
            centre.wait(20)
            centre.finishes(name, "one")
    return in_force, centre


def test_transfers_breaks_and_threads_that_come_again_are_played_as_they_were() -> None:
    """One chat is transferred again, nobody is free for the other, and a second visit is one of its own."""
    in_force, centre = chats()
    ledger = written(centre)
    ledger.publish(in_force)
    log, again = (values(column) for column in columns(ledger))
    assert (log["calls"], log["served"], log["abandoned"], log["transfers"]) == (3, 2, 1, 1)
    assert (again["calls"], again["served"], again["abandoned"], again["transfers"]) == (3, 2, 1, 1)
    assert again["mean_wait"] == pytest.approx(log["mean_wait"], abs=0.01)


def test_a_second_agent_who_can_serve_them_changes_what_would_have_happened(tmp_path: Path) -> None:
    """Under a plan in which more agents have the skill, nobody waits for the one who had it."""
    in_force, centre = chats()
    ledger = written(centre)
    ledger.publish(in_force)
    everybody = replace(in_force, agents=(agent("amy", billing=2), agent("bob", billing=2)))
    _, other = columns(ledger, "--plan", file_of(everybody, tmp_path / "everybody.yaml"))
    assert values(other)["served"] == 2


@pytest.mark.parametrize(
    "change,words",
    [
        ({"pool": "other/calls"}, "the plan is for other/calls, the log is of bank/calls"),
        ({"entry_points": ()}, "customers came by voice-PS, which the plan does not have"),
        ({"agents": plan("zoe").agents}, "the plan names none of those who were there"),
    ],
)
def test_a_plan_of_another_house_is_explained(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    """A plan that cannot be played with the log is named, with what it lacks."""
    other = replace(plan("amy", "bob"), **change)
    if not other.entry_points:
        door = EntryPointPlan(name="front", channel=plan().entry_points[0].channel, queue="PS")
        other = replace(other, entry_points=(door,))
    result = said(busy(plan("amy", "bob")), "--plan", file_of(other, tmp_path / "other.yaml"))
    assert result.exit_code == 2
    assert words in result.output


def test_a_ledger_of_several_pools_asks_which() -> None:
    """Two pools are named, and one can be chosen; a third is not there."""
    ledger = busy(plan("amy", "bob"))
    ledger.publish(replace(plan("zoe"), pool="other/calls", queues=(QueuePlan(name="PS", needs=NO_NEEDS),)))
    result = said(ledger)
    assert (result.exit_code, "the ledger has 2 pools (bank/calls, other/calls)" in result.output) == (2, True)
    assert len(columns(ledger, "--pool", "bank/calls")) == 2
    assert "has no pool bank/loans" in said(ledger, "--pool", "bank/loans").output


def test_the_plan_in_force_is_written_to_begin_with(tmp_path: Path) -> None:
    """A person writes the plan, changes it and compares."""
    file = tmp_path / "mine.yaml"
    ledger = busy(plan("amy", "bob"))
    assert said(ledger, "--write-plan", str(file)).exit_code == 0
    [log, mine] = columns(ledger, "--plan", str(file))
    assert values(mine) == values(log)


def test_the_table_names_nobody() -> None:
    """What is printed has figures and no names of people."""
    result = said(busy(plan("amy", "bob")))
    assert result.exit_code == 0
    assert "40 interactions of bank/calls" in result.stdout
    assert "amy" not in result.output
