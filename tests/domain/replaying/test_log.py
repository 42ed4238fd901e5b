"""A bank's log, replayed: who comes when, under which plan, and what is told of it beside the log's own figures."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kindline.commands.replay import replay
from kindline.commands.replaying.outcome import logged_outcome, staged
from kindline.commands.replaying.people import Habits
from kindline.commands.replaying.span import NothingToReplay, PlanUnfit, Span, span_of
from kindline.rehearsal.domain.calls import LoggedCall
from tests.domain.rehearsal.bank_log import HEADER, call, january, row

FIRST = datetime(1999, 1, 18, tzinfo=UTC).timestamp()
DAY = 86_400.0
TEN = 36_000.0


def midnight_of(day: date) -> float:
    """Midnight in Greenwich."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def span(calls: list[LoggedCall], begin: float = FIRST, until: float = FIRST + 40 * DAY) -> Span:
    """These calls, all of them unless a span is given."""
    return span_of(calls, midnight_of=midnight_of, begin=begin, until=until, seed=1)


def clock(seconds: float) -> str:
    """A time of day as the log writes it."""
    return f"{int(seconds // 3600)}:{int(seconds // 60 % 60):02}:{int(seconds % 60):02}"


def columns(line: str, at: float, *, waits: int, talks: int, day: str = "990118") -> dict[str, str]:
    """One call of the log that comes at a time of day, is through the menu at once, waits and talks."""
    return {
        "vru_line": line,
        "date": day,
        "priority": "0",
        "vru_entry": clock(at),
        "vru_exit": clock(at),
        "vru_time": "0",
        "q_start": clock(at),
        "q_exit": clock(at + waits),
        "q_time": str(waits),
        "ser_start": clock(at + waits),
        "ser_exit": clock(at + waits + talks),
        "ser_time": str(talks),
    }


GONE = {"outcome": "HANG", "ser_start": "0:00:00", "ser_exit": "0:00:00", "ser_time": "0", "server": "NO_SERVER"}
MORNING = (
    columns("A", TEN, waits=0, talks=60),
    columns("B", TEN + 10, waits=50, talks=30),
    {**columns("C", TEN + 20, waits=25, talks=0), **GONE},
    columns("D", TEN + 100, waits=30, talks=10),
)
"""Two served one after the other, one who hangs up, and one whom the log's agent let wait for no reason."""


def calls(*rows: dict[str, str]) -> list[LoggedCall]:
    """These rows, read."""
    return [call(**each) for each in rows]


def test_a_call_is_played_at_its_own_time_on_its_own_day() -> None:
    """The second day's call comes a day after the first, and its agent is at work in its quarter hour."""
    found = span(calls(columns("A", TEN, waits=0, talks=60), columns("B", TEN, waits=0, talks=60, day="990119")))
    assert [caller.arrives_at for caller in found.callers(found.own_plan())] == [FIRST + TEN, FIRST + DAY + TEN]
    assert [stretch.begins_at for stretch in found.stretches(found.own_plan())] == [FIRST + TEN, FIRST + DAY + TEN]


def test_an_agent_at_work_over_midnight_has_one_stretch() -> None:
    """A conversation that ends after midnight does not tear the shift into two days."""
    late = columns("A", 85_800.0, waits=0, talks=1_200)
    [stretch] = span(calls(late), until=FIRST + 2 * DAY).stretches(span(calls(late)).own_plan())
    assert (stretch.begins_at, stretch.ends_at) == (FIRST + 85_500, FIRST + DAY + 900)


def test_only_the_calls_of_the_span_are_played() -> None:
    """From 10:00:05 to 10:00:20 there is one call."""
    found = span(calls(*MORNING), begin=FIRST + TEN + 5, until=FIRST + TEN + 20)
    assert [caller.thread[:1] for caller in found.callers(found.own_plan())] == ["B"]
    with pytest.raises(NothingToReplay, match="0 calls"):
        span(calls(*MORNING), begin=FIRST, until=FIRST + 60)


def test_the_log_and_a_replay_are_measured_alike() -> None:
    """Beside a log in which an agent let somebody wait stands what the plan would have done, figure by figure."""
    found = span(calls(*MORNING))
    plan = found.own_plan()
    logged = logged_outcome(found, plan)
    played = staged(found, plan, Habits(wrap_up_seconds=0)).play()
    assert (logged.figures.served, logged.figures.abandoned, logged.figures.queued) == (3, 1, 3)
    assert logged.mean_wait == pytest.approx((0 + 50 + 25 + 30) / 4)
    assert (logged.promises_kept, logged.promises_broken) == (1, 3)
    assert (played.figures.served, played.figures.abandoned, played.figures.queued) == (3, 1, 2)
    assert played.mean_wait == pytest.approx((0 + 50 + 25 + 0) / 4)
    assert (played.promises_kept, played.promises_broken) == (2, 2)
    assert played.kept_share == 0.5
    assert played.figures.mean_service == pytest.approx(100 / 3)
    assert played.figures.occupancy.highest == pytest.approx(100 / 900)


def test_a_caller_who_hung_up_waits_no_longer_than_they_did_then() -> None:
    """Who left after 25 s and is reached after 20 is served, as long as others of their type."""
    found = span(calls(*MORNING))
    quick = [each if each["vru_line"] != "A" else columns("A", TEN, waits=0, talks=20) for each in MORNING]
    quicker = span([each for each in calls(*quick) if each.line != "B"])
    assert staged(found, found.own_plan(), Habits(wrap_up_seconds=0)).play().figures.abandoned == 1
    assert staged(quicker, quicker.own_plan(), Habits(wrap_up_seconds=0)).play().figures.abandoned == 0


def test_a_plan_without_a_place_for_a_type_of_call_is_refused() -> None:
    """Calls of type PS need an entry point or a queue of their own; any queue of that name will do."""
    found = span(calls(*MORNING))
    own = found.own_plan()
    other = tuple(replace(point, name="front") for point in own.entry_points)
    assert found.callers(replace(own, entry_points=other))[0].queue == "PS"
    elsewhere = tuple(replace(queue, name="all") for queue in own.queues)
    with pytest.raises(PlanUnfit, match="4 calls of type PS have no place"):
        found.callers(replace(own, entry_points=other, queues=elsewhere))


def test_every_type_of_call_without_a_place_is_named_at_once() -> None:
    """Nobody mends a plan for one odd type to be told of the next; how many calls each has is said as well."""
    odd = [
        {**columns(f"E{at}", TEN + at, waits=0, talks=5), "type": kind} for at, kind in enumerate(("AA", "ZZ", "AA"))
    ]
    found = span(calls(*MORNING, *odd))
    own = span(calls(*MORNING)).own_plan()
    with pytest.raises(PlanUnfit, match=r"2 calls of type AA have no place.*; 1 call of type ZZ"):
        found.callers(own)


def test_a_few_calls_of_a_type_that_a_plan_does_not_know_are_told_and_end_at_its_door() -> None:
    """One odd call in forty keeps nobody from playing another month under a plan; it counts as ended otherwise."""
    usual = [columns(f"M{number}", TEN + 60 * number, waits=0, talks=5) for number in range(40)]
    found = span(calls(*usual, {**columns("E", TEN, waits=0, talks=5), "type": "AA"}))
    own = span(calls(*usual)).own_plan()
    assert found.turned_away(own) == {"AA": 1}
    played = staged(found, own, Habits(wrap_up_seconds=0)).play().figures
    assert (played.arrivals, played.served, played.abandoned) == (41, 40, 0)
    assert logged_outcome(found, own).figures.served == 41


def test_a_plan_without_anybody_who_was_at_work_is_refused() -> None:
    """A plan with other agents only has nobody to serve; one who is missing is named."""
    found = span(calls(*MORNING))
    strangers = replace(found.own_plan(), agents=tuple(replace(a, agent_id="X") for a in found.own_plan().agents))
    assert found.strangers(strangers) == ("AG12",)
    with pytest.raises(PlanUnfit, match="AG12"):
        found.stretches(strangers)


def test_more_rest_after_each_call_costs_waiting_and_says_how_much() -> None:
    """On the busiest Monday a minute of wrap-up in place of ten seconds doubles the waits, and agents are busier."""
    day = [each for each in january() if isinstance(each, LoggedCall) and each.day == date(1999, 1, 18)]
    found = span(day)
    own = found.own_plan()
    rest = replace(own, queues=tuple(replace(queue, wrap_up_seconds=60.0) for queue in own.queues))
    started = time.process_time()
    one, other = (staged(found, plan, Habits()).play() for plan in (own, rest))
    spent = time.process_time() - started
    assert one.figures.arrivals == other.figures.arrivals == 1_474
    assert one.figures.served + one.figures.abandoned == 1_474
    assert 1.5 < (other.mean_wait or 0) / (one.mean_wait or 1) < 3
    assert (other.figures.occupancy.median or 0) > (one.figures.occupancy.median or 1)
    # A month of 30,140 calls in two minutes of one core.
    assert 2 * 1_474 / spent > 30_140 / 120


def said(*arguments: str) -> Result:
    """What `kindline replay` says."""
    return CliRunner().invoke(replay, list(arguments))


@pytest.fixture
def log(tmp_path: Path) -> str:
    """The morning as a file."""
    file = tmp_path / "log.tsv"
    file.write_text("\n".join([HEADER, *(row(**each) for each in MORNING)]) + "\n")
    return str(file)


def test_a_person_writes_the_logs_own_plan_changes_it_and_compares(log: str, tmp_path: Path) -> None:
    """The command writes a plan to begin with, and plays two plans side by side, the log first."""
    own, rest = tmp_path / "own.yaml", tmp_path / "rest.yaml"
    assert said(log, "--write-plan", str(own)).exit_code == 0
    rest.write_text(own.read_text().replace("wrap_up_seconds: 10.0", "wrap_up_seconds: 40.0"))
    result = said(log, "--month", "1999-01", "--plan", str(own), "--plan", str(rest), "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert [column["name"] for column in found] == ["the log", "own", "rest"]
    busy = [column["figures"]["occupancy_highest"]["value"] for column in found]
    assert busy[1] < busy[2]
    # With ten seconds of wrap-up the second caller's patience ends before the agent is free.
    assert found[1]["figures"]["served"] == {"value": 2, "unit": "calls"}


def test_a_plan_that_cannot_be_written_is_explained(log: str, tmp_path: Path) -> None:
    """Where there is no such folder, one line says so, and no plan of nothing is left behind."""
    result = said(log, "--write-plan", str(tmp_path / "nowhere" / "own.yaml"))
    assert result.exit_code == 2
    assert "own.yaml: No such file or directory; name a file" in result.output
    assert said(log, "--from", "2001-01-01", "--write-plan", str(tmp_path / "own.yaml")).exit_code == 2
    assert not (tmp_path / "own.yaml").exists()


@pytest.mark.parametrize("habit", ["--accept", "--wrap-up"])
@pytest.mark.parametrize("seconds", ["nan", "inf", "1e12"])
def test_a_habit_is_a_time_that_somebody_could_take(log: str, habit: str, seconds: str) -> None:
    """What is no number of seconds, or more than a day of them, is refused by its option's name."""
    result = said(log, habit, seconds)
    assert result.exit_code == 2
    assert habit in result.output


def test_the_table_names_no_agent(log: str) -> None:
    """What is printed has figures and no names of people."""
    result = said(log, "--from", "1999-01-18T10:00", "--to", "1999-01-18T11:00")
    assert result.exit_code == 0
    assert "occupancy of agents, median" in result.stdout
    assert "AG12" not in result.output


def test_no_figure_is_cut_however_many_plans_stand_side_by_side(log: str, tmp_path: Path) -> None:
    """Nine plans in a pipe of 80 characters: each figure of the table can be read, and so can its name."""
    files = [tmp_path / f"a-plan-with-a-long-name-{number}.yaml" for number in range(9)]
    said(log, "--write-plan", str(files[0]))
    for file in files[1:]:
        file.write_text(files[0].read_text())
    result = said(log, *(argument for file in files for argument in ("--plan", str(file))))
    assert result.exit_code == 0
    assert "\N{HORIZONTAL ELLIPSIS}" not in result.stdout
    [mean] = [line for line in result.stdout.splitlines() if " mean wait  " in line]
    assert re.findall(r"[0-9.]+ s\b", mean)[0] == "26.25 s"
    assert len(re.findall(r"[0-9]+\.[0-9]{2} s\b", mean)) == 10


@pytest.mark.parametrize(
    "arguments,words",
    [
        (["--from", "2001-01-01", "--to", "2001-01-02"], "0 calls"),
        (["--month", "1999-02"], "the log has calls of 1999-01-18 to 1999-01-18; choose a span within these days"),
        (["--from", "1999-01-19", "--to", "1999-01-18"], "--to must be later than --from"),
        (["--from", "1999-01-18T10:00", "--to", "1999-01-18T10:00"], "--to must be later than --from"),
        (["--month", "1999-01", "--from", "1999-01-02"], "--month stands alone"),
    ],
)
def test_a_choice_that_cannot_be_played_is_explained(log: str, arguments: list[str], words: str) -> None:
    """The command ends with code 2 and says what was wrong."""
    result = said(log, *arguments)
    assert result.exit_code == 2
    assert words in result.output


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"server": "NO_SERVER"}, "1 calls that asked for an agent, and 0 agents: no row names a server"),
        ({"outcome": "PHANTOM"}, "0 calls that asked for an agent, and 0 agents: whoever called then left in the menu"),
        ({"q_time": "soon"}, "the log has no row that can be used"),
    ],
)
def test_a_log_without_callers_or_agents_is_explained(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    """Where nothing can be played, the reason is what the log lacks, not only two numbers."""
    file = tmp_path / "log.tsv"
    file.write_text(f"{HEADER}\n{row(**changes)}\n")
    result = said(str(file))
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())


def test_a_day_is_meant_to_its_end_and_midnight_to_the_instant(tmp_path: Path) -> None:
    """`--to 1999-01-18` takes the whole of the 18th, `--to 1999-01-18T00:00` nothing of it."""
    file = tmp_path / "log.tsv"
    days = [row(**columns("A", TEN, waits=0, talks=60, day=f"9901{number}")) for number in (17, 18, 19)]
    file.write_text("\n".join([HEADER, *days]) + "\n")

    def calls_until(end: str) -> float:
        found = json.loads(said(str(file), "--from", "1999-01-17", "--to", end, "--json").stdout)
        calls: float = found[1]["figures"]["calls"]["value"]
        return calls

    assert [calls_until(end) for end in ("1999-01-18", "1999-01-18T00:00", "1999-01-18T11:00")] == [2, 1, 2]


def test_a_plan_of_another_house_is_explained(log: str, tmp_path: Path) -> None:
    """A plan that cannot be played with the log is named, with what it lacks."""
    own = tmp_path / "own.yaml"
    said(log, "--write-plan", str(own))
    other = tmp_path / "other.yaml"
    other.write_text(own.read_text().replace("agent_id: AG12", "agent_id: XX"))
    result = said(log, "--plan", str(other))
    assert result.exit_code == 2
    assert "other: agents:" in result.output
