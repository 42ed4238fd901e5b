"""`kindline rehearse bank-log`: a real bank's call day in a contact centre of its own, judged at the end.

Exit code 0: every check and the audit passed. 1: something was broken, or the centre could not run. 2: the log or the
choices cannot be used.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from kindline.ledger.port import LedgerUnavailable
from kindline.rehearsal import report
from kindline.rehearsal.bank_day import Advance, Day, play
from kindline.rehearsal.centre import CentreMissing, Stage, Theatre, audit, own_centre, running_centre
from kindline.rehearsal.domain.bank_plan import bank_plan
from kindline.rehearsal.domain.figures import Figures, log_figures
from kindline.rehearsal.domain.script import draws_from, script
from kindline.rehearsal.domain.staffing import at_work, shifts
from kindline.rehearsal.judging import checks_of
from kindline.rehearsal.log_file import LogUnreadable, read_call_log
from kindline.rehearsal.seat import Say
from kindline.runtime.children import ChildError

ISRAEL = "Asia/Jerusalem"
SETTLE_SECONDS = 6.0
"""Seconds of the system until displays and promises have followed the last decision."""
HOUR, LATEST_HOUR = 3600.0, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the person at the terminal chose."""

    file: Path
    date: datetime
    begin: float
    until: float
    speed: float
    json_file: Path | None
    seed: int
    directory: Path
    attach: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A day made ready: what is played, where, and what the log itself says of it."""

    day: Day
    stage: Stage
    logged: Figures


class TimeOfDay(click.ParamType):
    """Hours and minutes; 24:00 and later are the night after."""

    name = "HH:MM"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds since midnight."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d{1,2}):(\d\d)", str(value))
        if match is None or int(match[1]) > LATEST_HOUR or int(match[2]) > 59:  # noqa: PLR2004 - minutes
            self.fail(f"{value!r} is no time of day such as 07:00 or 24:00", param, ctx)
        return int(match[1]) * HOUR + int(match[2]) * 60.0


@click.command("bank-log")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Which day of the log.")
@click.option("--from", "begin", type=TimeOfDay(), default="07:00", show_default=True, help="First arrivals.")
@click.option("--to", "until", type=TimeOfDay(), default="24:00", show_default=True, help="Arrivals before this.")
@click.option("--speed", type=click.FloatRange(0.1, 3600), default=60.0, show_default=True, help="Times the wall.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here too."
)
@click.option("--seed", default=1, show_default=True, help="Of the lots for what the log does not know.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".kindline/rehearsal"),
    show_default=True,
    help="Where the rehearsal's own centre is kept; with --attach, where a centre runs.",
)
@click.option("--attach", is_flag=True, help="Play in the centre that runs in the directory; its clock must agree.")
def bank_log(**chosen: object) -> None:
    """Play one day of a bank's call log, FILE (.tsv or .tsv.gz), through a contact centre of its own."""
    names = {"day": "date"}
    choices = Choices(**{names.get(name, name): value for name, value in chosen.items()})  # type: ignore[arg-type]
    console = Console(stderr=True)
    try:
        programme = prepare(choices, console)
    except LogUnreadable as error:
        click.echo(f"Nothing to rehearse: {error}", err=True)
        sys.exit(2)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # A polite request means what Ctrl-C means.
    try:
        sys.exit(0 if _rehearse(choices, programme, console) else 1)
    except KeyboardInterrupt:
        click.echo("Stopped; the day was not played to its end", err=True)
        sys.exit(130)
    except (CentreMissing, ChildError, LedgerUnavailable, TimeoutError) as error:
        click.echo(f"The rehearsal cannot go on: {str(error) or 'the centre does not answer'}", err=True)
        sys.exit(1)


def prepare(choices: Choices, console: Console) -> Programme:
    """Read the log and write the script, the shifts and the plan. Raises LogUnreadable."""
    if choices.until <= choices.begin:
        raise LogUnreadable("--to must be later than --from")
    log = read_call_log(choices.file)
    for line in log.words():
        console.print(line, markup=False, highlight=False)
    today = choices.date.date()
    calls = log.of(today)
    span = [call for call in calls if choices.begin <= call.entered_at < choices.until]
    crew = shifts(at_work(calls), begin=choices.begin, until=choices.until)
    midnight = _midnight(today)
    played = script(span, draws_from(log.calls, seed=choices.seed), midnight=midnight.timestamp())
    if not played or not crew:
        raise LogUnreadable(f"between --from and --to of {today} the log has {len(played)} calls, {len(crew)} agents")
    kinds = {call.queue for call in played}
    name = f"{today}-{choices.begin / HOUR:04.1f}-{choices.until / HOUR:04.1f}".replace(".", "h")
    stage = Stage(
        directory=choices.directory,
        name=name,
        plan=bank_plan(log.calls, crew, kinds=kinds, speed=choices.speed),
        begins_at=midnight.timestamp() + choices.begin,
        speed=choices.speed,
        zone=midnight.tzinfo or UTC,
    )
    day = Day(calls=played, shifts=crew, midnight=midnight.timestamp())
    return Programme(day=day, stage=stage, logged=log_figures(span, crew))


def _midnight(day: date) -> datetime:
    try:
        zone: tzinfo = ZoneInfo(ISRAEL)
    except ZoneInfoNotFoundError:
        # A machine without time zones: winter time, which is right for the months in which it matters to nobody.
        zone = timezone(timedelta(hours=2))
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _rehearse(choices: Choices, programme: Programme, console: Console) -> bool:
    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False)

    day, stage = programme.day, programme.stage
    say(f"{len(day.calls)} calls and {len(day.shifts)} agents, {choices.speed:g} times as fast as they came")
    with _centre(choices, stage, say) as theatre:
        with _progress(console, programme) as advance:
            played = asyncio.run(play(day, theatre.running, say, advance))
        say("Auditing the whole ledger")
        time.sleep(SETTLE_SECONDS)
        code, found = audit(theatre)
    figures = played.figures()
    checks = checks_of(played, figures, code, {} if choices.attach else found)
    compared = report.rows(figures, programme.logged, machine_delay=played.machine_delay())
    title = f"{choices.date:%A %d %B %Y}, {choices.speed:g} times as fast"
    report.show(compared, checks, Console(), title=title)
    if choices.json_file is not None:
        report.write(compared, checks, choices.json_file)
    say(f"The audit's own report: {theatre.directory / 'audit.json'}")
    if not choices.attach:
        say(f"Look again: kindline kafka --dir {theatre.directory / 'kafka'}, and beside it: kindline audit")
    return all(check.broken == 0 for check in checks)


def _centre(choices: Choices, stage: Stage, say: Say) -> AbstractContextManager[Theatre]:
    if choices.attach:
        return nullcontext(running_centre(stage))
    say(f"Starting a contact centre in {stage.directory}; the day begins when its clock shows it")
    return own_centre(stage, say)


@contextmanager
def _progress(console: Console, programme: Programme) -> Iterator[Advance]:
    """A bar on a terminal; elsewhere a line at each full business hour."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("calls"))
    hours: set[int] = set()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("before the day", total=len(programme.day.calls))

        def advance(ended: int, now: float) -> None:
            local = datetime.fromtimestamp(now, programme.stage.zone)
            bar.update(task, completed=ended, description=f"{local:%H:%M}")
            if not console.is_terminal and now >= programme.stage.begins_at and local.hour not in hours:
                hours.add(local.hour)
                console.print(f"{local:%H:%M}  {ended} calls have ended", highlight=False)

        yield advance
