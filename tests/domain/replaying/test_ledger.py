"""Yesterday under another plan: the ledger's own log, played again by the real engine, beside what happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from math import inf
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from kindline.commands.replay import replay
from kindline.commands.replaying.outcome import staged
from kindline.commands.replaying.people import Habits
from kindline.commands.replaying.recorded import Recorded, Script
from kindline.commands.replaying.span import span_of
from kindline.commands.replaying.tally import Tally
from kindline.language.agents import AgentStatus, SessionClosed, SessionCloseReason, SetStatus, TransferInteraction
from kindline.language.call_backs import CallBackAccepted
from kindline.language.content import NO_NEEDS
from kindline.language.events import HandoverRequested
from kindline.language.facts import (
    AgentLeaseChanged,
    CustomerInformed,
    Fact,
    InteractionAbandoned,
    InteractionAnswered,
    InteractionReceived,
)
from kindline.language.facts.interactions import AbandonedWhere
from kindline.language.facts.waiting import WaitEstimate, WaitEstimator
from kindline.language.ids import shard_of
from kindline.language.plan import EntryPointPlan, Plan, QueuePlan
from kindline.language.queue_rules import LadderStep
from kindline.rehearsal.domain.calls import LoggedCall
from kindline.rehearsal.domain.plan_document import plan_document
from tests.domain.explaining.ledger import Written, written
from tests.domain.explaining.test_every_offer import batch
from tests.domain.rehearsal.bank_log import january
from tests.domain.replaying.given import ALL_DAY, NINE, caller, morning, plan
from tests.given import SHARDS, Centre, agent, queue
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


def test_who_waits_when_the_log_ends_has_not_ended_otherwise() -> None:
    """Of a log that is read in the middle of a morning, those who still wait are told as such, and all add up."""
    usual = plan("amy")
    coming = [caller(f"call-{number}", after=20.0 * number) for number in range(10)]
    noon = [(at, facts) for at, facts in morning(usual, coming).log if at < NINE + 200]
    log, again = (values(column) for column in columns(ledger_of(usual, noon)))
    assert (log["calls"], log["served"], log["undecided"], log["ended_otherwise"]) == (10, 4, 6, 0)
    assert (again["served"], again["undecided"], again["ended_otherwise"]) == (10, 0, 0)


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


def test_a_customer_whom_a_bot_had_first_waits_from_the_hand_over_on() -> None:
    """Half a minute with the bot is no wait, in the log and when it is played again."""
    in_force = chat_plan()
    centre = Centre(in_force)
    centre.arrives("one", held_by_bot=True)
    centre.wait(30)
    centre.event(HandoverRequested(reason="asks for a person"), "one")
    centre.wait(10)
    centre.at_work("amy")
    centre.accepts("amy")
    centre.wait(5)
    centre.finishes("amy", "one")
    ledger = written(centre)
    ledger.publish(in_force)
    log, again = (values(column) for column in columns(ledger))
    assert log["mean_wait"] == again["mean_wait"] == pytest.approx(10.0)
    assert again["served"] == 1


def test_an_agent_who_was_lost_is_lost_again_and_somebody_else_goes_on() -> None:
    """Amy's line breaks in the middle of a chat, and Bob takes it up; played again, it is so again."""
    in_force = chat_plan()
    centre = Centre(in_force)
    centre.at_work("amy")
    centre.arrives("one")
    centre.accepts("amy")
    centre.wait(20)
    centre.tell("amy", SessionClosed(session_id="amy-1", reason=SessionCloseReason.STREAM_LOST))
    centre.wait(40)
    centre.at_work("bob")
    centre.accepts("bob")
    centre.wait(15)
    centre.finishes("bob", "one")
    assert centre.facts(AgentLeaseChanged)
    ledger = written(centre)
    ledger.publish(in_force)
    log, again = (values(column) for column in columns(ledger))
    assert again["served"] == log["served"] == 1
    assert again["mean_service"] == pytest.approx(log["mean_service"], abs=0.01)


def test_a_whole_monday_played_again_under_its_own_plan_comes_out_as_it_was() -> None:
    """The bank's busiest morning as a ledger: the waits of its callers come out within two in a hundred."""
    calls = [each for each in january() if isinstance(each, LoggedCall) and each.day == date(1999, 1, 18)]
    midnight = datetime(1999, 1, 18, tzinfo=UTC).timestamp()
    span = span_of(calls, midnight_of=lambda _: midnight, begin=midnight, until=midnight + 12 * 3_600, seed=1)
    in_force, log = span.own_plan(), list[tuple[float, Sequence[Fact]]]()
    staging = staged(span, in_force, Habits())
    staging.simulation.follow(lambda at, facts: log.append((at, tuple(facts))))
    staging.play()
    was, again = (values(column) for column in columns(ledger_of(in_force, log)))
    assert was["calls"] == again["calls"] > 400
    assert again["mean_wait"] == pytest.approx(was["mean_wait"], rel=0.02)
    assert again["served"] == pytest.approx(was["served"], rel=0.01)
    assert again["occupancy_median"] == pytest.approx(was["occupancy_median"], abs=0.01)


def test_an_interaction_keeps_its_name_when_it_is_played_again() -> None:
    """What a replay decides of an interaction can be laid beside what the ledger says of it."""
    in_force, centre = chats()
    recorded = Recorded(in_force.pool, 0.0, inf)
    for at, facts in centre.log:
        recorded.take(batch(at, facts))
    staging, found = Script.of(recorded, seed=1).staged(in_force), set[str]()
    staging.simulation.on(InteractionReceived, lambda fact: found.add(fact.interaction_id))
    staging.play()
    assert found == {fact.interaction_id for fact in centre.facts(InteractionReceived)}


def test_a_call_back_that_was_taken_is_taken_again_where_the_plan_offers_it() -> None:
    """Played again, the customer is called at the same minute; under a plan without call-backs they simply wait."""
    steps = (LadderStep(after_seconds=30.0, offer_call_back=True),)
    in_force = chat_plan(agents=(agent("amy"),), queues=(queue(ladder=steps), queue("billing")))
    centre = Centre(in_force)
    centre.arrives("one")
    centre.wait(40)
    centre.event(CallBackAccepted(wished_at=centre.now + 600), "one")
    centre.leaves("one")
    centre.wait(60)
    centre.at_work("amy")
    centre.wait(540)
    centre.accepts("amy")
    centre.wait(20)
    centre.finishes("amy", "one")
    waits: list[float] = []
    recorded = Recorded(in_force.pool, 0.0, inf)
    for at, facts in centre.log:
        recorded.take(batch(at, facts))
    script = Script.of(recorded, seed=1)
    for under in (in_force, replace(in_force, queues=(queue(), queue("billing")))):
        staging = script.staged(under)
        staging.simulation.on(InteractionAnswered, lambda fact: waits.append(fact.waited_seconds))
        staging.play()
    # Of a call-back the wait counts from the hour that was wished.
    assert waits == [pytest.approx(0.0, abs=1), pytest.approx(100.0, abs=1)]


def test_of_a_log_whose_beginning_is_gone_it_is_said_what_it_does_not_tell() -> None:
    """With Amy's sign-in deleted a replay would show an empty desk: it warns, and names who is missing."""
    in_force = plan("amy", "bob")
    coming = [caller(f"call-{number}", after=20.0 * number, patience=45.0) for number in range(40)]
    working = [ALL_DAY, replace(ALL_DAY, agent_id="bob", begins_at=NINE + 400.0)]
    log = morning(in_force, coming, working).log
    ledger = ledger_of(in_force, log)
    assert "is deleted" not in said(ledger).output
    # The claim stands first, and each batch after it.
    ledger.trim(1 + next(number for number, (at, _) in enumerate(log) if at > NINE + 300.0))
    result = said(ledger)
    assert result.exit_code == 0, result.output
    told = " ".join(result.output.split())
    assert "The log of bank/calls begins at 2001-09-09 01:52: what came before is deleted" in told
    assert "Of 1 agents who were given work it is not known when they came: amy" in told


def test_a_log_that_tells_of_nobody_is_not_played_and_it_is_said_why() -> None:
    """Everybody came before what is left of the log: there is nobody to play it with."""
    ledger = busy(plan("amy", "bob"))
    ledger.trim(ledger.end // 2)
    result = said(ledger)
    assert result.exit_code == 2
    assert "and 0 agents. The log of bank/calls begins at" in " ".join(result.output.split())


def test_a_told_wait_holds_when_the_answer_comes_before_its_end() -> None:
    """Of four told waits one holds, one does not, one customer leaves before its end, and one leaves long after it."""
    tally = Tally()
    for number, (after, end) in enumerate([(50, answered), (70, answered), (30, left), (90, left)]):
        name = f"visit-{number}"
        told = WaitEstimate(least_seconds=10.0, most_seconds=60.0, estimator=WaitEstimator.HEAD_OF_LINE)
        tally.follow(NINE, [CustomerInformed(pool="p", interaction_id=name, queue="q", expected_wait=told)])
        tally.follow(NINE + after, [end(name)])
    assert (tally.waits_kept, tally.waits_broken) == (1, 2)


def answered(name: str) -> Fact:
    """An agent answers."""
    return InteractionAnswered(
        pool="p", interaction_id=name, agent_id="amy", queue="q", waited_seconds=0.0, deadline=0.0
    )


def left(name: str) -> Fact:
    """The customer leaves."""
    return InteractionAbandoned(
        pool="p", interaction_id=name, where=AbandonedWhere.IN_QUEUE, waited_seconds=0.0, cause=""
    )
