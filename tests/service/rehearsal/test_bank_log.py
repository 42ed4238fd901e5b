"""`kindline rehearse bank-log` as a person meets it: files, choices, tables, JSON, and a small day on real Kafka."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from kindline.commands.plan_file import read_plans
from kindline.rehearsal import report
from kindline.rehearsal.domain.bank_plan import bank_plan
from kindline.rehearsal.domain.figures import log_figures
from kindline.rehearsal.domain.plan_document import plan_document
from kindline.rehearsal.domain.staffing import at_work, shifts
from kindline.rehearsal.log_file import LogUnreadable, read_call_log
from kindline.rehearsal.report import Check
from kindline.rehearsal.service import command
from kindline.runtime.children import start_child
from tests.domain.rehearsal.bank_log import HEADER, call, row

LINES = "\r\n".join([HEADER.replace("vru_line", "vru+line"), row(), "broken", row(call_id="2", q_time="x"), ""])


@pytest.mark.parametrize("name", ["log.tsv", "log.tsv.gz", "january.txt"])
def test_a_log_is_read_plain_or_compressed(tmp_path: Path, name: str) -> None:
    """The same rows come out of a plain and of a compressed file, and what is wrong is told by line."""
    file = tmp_path / name
    file.write_bytes(gzip.compress(LINES.encode()) if name.endswith("gz") else LINES.encode())
    log = read_call_log(file)
    assert [found.key for found in log.calls] == [call().key]
    assert log.words() == [
        "2 of 3 rows cannot be used and are skipped:",
        "  line 3: has 1 fields, not 17",
        "  line 4: q_time 'x' is no whole number",
    ]


@pytest.mark.parametrize("content", [b"", b"name\tage\n", b"\x1f\x8b broken", b"\xff\xfe\x00"])
def test_what_is_no_log_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    """An empty file, a file of something else and a broken archive are refused with the file's name."""
    file = tmp_path / "log"
    file.write_bytes(content)
    with pytest.raises(LogUnreadable, match="log"):
        read_call_log(file)


def test_bytes_that_are_no_text_spoil_one_row(tmp_path: Path) -> None:
    """A row with garbled bytes is judged like any other, and the rest is read."""
    file = tmp_path / "log.tsv"
    file.write_bytes(f"{HEADER}\n{row()}\n".encode() + b"\xff\xfe\tx\n" + row(call_id="9").encode())
    assert len(read_call_log(file).calls) == 2


@pytest.mark.parametrize(
    "choices, words",
    [
        (["--date", "1999-01-19"], "no calls of 1999-01-19"),
        (["--date", "1999-01-18", "--from", "20:00", "--to", "21:00"], "0 calls"),
        (["--date", "1999-01-18", "--from", "09:00", "--to", "09:00"], "later than --from"),
        (["--date", "1999-01-18", "--from", "noon"], "no time of day"),
        (["--date", "yesterday"], "yesterday"),
    ],
)
def test_choices_that_cannot_be_met_are_named(tmp_path: Path, choices: list[str], words: str) -> None:
    """A day or a span without calls, and times that are none, end with exit code 2 and words."""
    file = tmp_path / "log.tsv"
    file.write_text(LINES)
    found = CliRunner().invoke(command, ["bank-log", str(file), *choices])
    assert found.exit_code == 2
    assert words in found.output


def test_attaching_to_nothing_says_what_to_start(tmp_path: Path) -> None:
    """With --attach and no centre in the directory the command for one is told."""
    file = tmp_path / "log.tsv"
    file.write_text(LINES)
    choices = ["--date", "1999-01-18", "--from", "06:00", "--attach", "--directory", str(tmp_path)]
    found = CliRunner().invoke(command, ["bank-log", str(file), *choices])
    assert found.exit_code == 1
    assert f"kindline up --directory {tmp_path}" in found.output


def test_the_plan_of_a_day_can_be_applied(tmp_path: Path) -> None:
    """The written plan is read back by the plan file's own reader, value for value."""
    calls = [call(), call(call_id="2", type="PE", server="AG01")]
    plan = bank_plan(calls, shifts(at_work(calls), begin=0, until=86_400), kinds=["PS", "PE"], speed=60)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan_document([plan])))
    assert read_plans(file) == (plan,)


def test_figures_and_checks_are_written_with_their_limits(tmp_path: Path) -> None:
    """Each figure of both sides has value, limits and unit, and a broken check stands outside its limits."""
    logged = log_figures([call(), call(call_id="2", outcome="HANG")])
    checks = [Check("calls_not_ended_once", "every call ended exactly once", 2)]
    report.write(report.rows(logged, logged), checks, tmp_path / "deep" / "out.json")
    found = json.loads((tmp_path / "deep" / "out.json").read_text())
    assert found["served"] == {"value": 1, "min": 0, "max": 2, "unit": "calls"}
    assert found["log_service_level_answered_of_offered"]["value"] == 0.5
    assert found["calls_not_ended_once"] == {"value": 2, "min": 0, "max": 0, "unit": "violations"}
    assert all(set(each) == {"value", "min", "max", "unit"} for each in found.values())


def test_the_table_shows_both_sides_and_what_was_broken() -> None:
    """A person sees rehearsed and logged side by side, and a broken promise in words."""
    logged = log_figures([call()])
    console = Console(record=True, width=120, file=sys.stderr)
    checks = [Check("a", "served + abandoned = arrivals", 1), Check("b", "every call ended exactly once", 0)]
    report.show(report.rows(logged, logged), checks, console, title="A day")
    shown = console.export_text()
    assert "mean wait of these" in shown
    assert "BROKEN (1): served + abandoned = arrivals" in shown
    assert "kept: every call ended exactly once" in shown
    assert "AG12" not in shown


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_small_day_runs_through_a_centre_of_its_own_and_is_audited(tmp_path: Path) -> None:
    """Twenty calls of ten minutes run through Kafka and all five services, and the audit finds nothing."""
    calls = [
        row(
            call_id=str(number),
            vru_entry=f"9:0{number // 2}:{30 * (number % 2):02}",
            type="NE" if number % 5 == 0 else "PS",
            outcome="HANG" if number % 7 == 0 else "AGENT",
            q_time="0" if number % 14 == 0 else "25",
            ser_start=f"9:0{number // 2}:59",
            ser_time="90",
            server=f"AG0{number % 3}",
        )
        for number in range(20)
    ]
    log = tmp_path / "log.tsv"
    log.write_text("\n".join([HEADER, *calls, "broken"]))
    span = ["--date", "1999-01-18", "--from", "09:00", "--to", "09:10", "--speed", "60"]
    out = ["--directory", str(tmp_path / "rehearsal"), "--json", str(tmp_path / "out.json")]
    output = tmp_path / "output"
    arguments = [sys.executable, "-m", "kindline", "rehearse", "bank-log", str(log), *span, *out]
    child = start_child("rehearsal", arguments, environment={"COLUMNS": "120"}, output=output)
    try:
        code = child.wait(580)
    finally:
        child.stop(60)
    words = output.read_text()
    assert code == 0, words
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["arrivals"]["value"] == found["served"]["value"] + found["abandoned"]["value"] == 20
    assert found["abandoned_in_ivr"]["value"] == 2
    assert found["audit_failed"]["value"] == found["figures_unlike_the_audits"]["value"] == 0
    assert "1 of 21 rows cannot be used" in words
