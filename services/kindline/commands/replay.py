"""`kindline replay`: a call log under one plan after another, on a virtual clock, side by side with what happened.

Exit code 0: every plan was played to its end. 1: the engine refused something. 2: the log or a plan cannot be used.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from ruamel.yaml import YAML

from kindline.commands.plan_file import PlanFileError
from kindline.commands.replay_reading import plan_of, read_span
from kindline.commands.replay_table import Column, as_data, show
from kindline.commands.replaying.outcome import Outcome, Staging, logged_outcome, staged
from kindline.commands.replaying.people import Habits
from kindline.commands.replaying.simulation import ReplayBroken
from kindline.commands.replaying.span import NothingToReplay, PlanUnfit, Span
from kindline.language.plan import Plan
from kindline.rehearsal.domain.plan_document import plan_document
from kindline.rehearsal.log_file import LogUnreadable

OWN_PLAN = "the log's own plan"
SHOWN_STRANGERS = 5
STEP_CALLS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the person at the terminal chose; the span is from midnight to midnight unless hours are given."""

    file: Path
    begin: datetime | None
    until: datetime | None
    plans: tuple[Path, ...]
    habits: Habits
    seed: int
    as_json: bool
    write_plan: Path | None


@click.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="A whole month of the log, such as 1999-01.")
@click.option("--from", "begin", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="First day, or instant.")
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="Last day, or end.")
@click.option(
    "--plan",
    "plans",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A plan to play it under; give several to compare them.  [default: the plan that the log suggests]",
)
@click.option(
    "--wrap-up",
    "wrap_up",
    type=click.FloatRange(min=0),
    help="Seconds of wrap-up agents take.  [default: as many as the plan allows]",
)
@click.option("--accept", type=click.FloatRange(min=0), default=0.0, show_default=True, help="Seconds to an accept.")
@click.option("--seed", default=1, show_default=True, help="Of the lots for what the log does not know.")
@click.option("--json", "as_json", is_flag=True, help="Say it for programs.")
@click.option(
    "--write-plan",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan that the log suggests, as one to begin with, and play nothing.",
)
def replay(file: Path, month: datetime | None, begin: datetime | None, until: datetime | None, **rest: object) -> None:
    """Play a call log, FILE (.tsv or .tsv.gz), under other plans: who would have waited how long, and who worked."""
    if month is not None and (begin or until):
        message = "--month stands alone: give --from and --to for another span"
        raise click.UsageError(message)
    if month is not None:
        begin, until = month, (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    habits = Habits(accept_seconds=rest.pop("accept"), wrap_up_seconds=rest.pop("wrap_up"))  # type: ignore[arg-type]
    choices = Choices(file=file, begin=begin, until=until, habits=habits, **rest)  # type: ignore[arg-type]
    console = Console(stderr=True)
    try:
        _replay(choices, console)
    except (LogUnreadable, NothingToReplay, PlanFileError, PlanUnfit) as error:
        click.echo(f"Nothing to replay: {error}", err=True)
        sys.exit(2)
    except ReplayBroken as error:
        click.echo(f"The replay cannot go on: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo("Stopped; not every plan was played to its end", err=True)
        sys.exit(130)


def _replay(choices: Choices, console: Console) -> None:
    span = read_span(choices.file, (choices.begin, choices.until), choices.seed, console)
    if choices.write_plan is not None:
        with choices.write_plan.open("w", encoding="utf-8") as file:
            YAML(typ="safe", pure=True).dump(plan_document([span.own_plan()]), file)
        console.print(f"Wrote {choices.write_plan}: change a copy of it and give both with --plan", highlight=False)
        return
    plans = [(file.stem, plan_of(file)) for file in choices.plans] or [(OWN_PLAN, span.own_plan())]
    ready = [(name, plan, _made_ready(span, name, plan, choices.habits, console)) for name, plan in plans]
    columns = [Column("the log", logged_outcome(span, plans[0][1]))]
    for name, plan, staging in ready:
        columns.append(Column(name, _play(staging, name, len(span.script), console), plan.version))
    if choices.as_json:
        click.echo(json.dumps(as_data(columns), indent=2))
    else:
        show(columns, Console(), title=_title(span))


def _made_ready(span: Span, name: str, plan: Plan, habits: Habits, console: Console) -> Staging:
    try:
        staging = staged(span, plan, habits)
    except PlanUnfit as error:
        message = f"{name}: {error}"
        raise PlanUnfit(message) from error
    strangers = span.strangers(plan)
    if strangers:
        some = ", ".join(strangers[:SHOWN_STRANGERS])
        more = ", ..." if len(strangers) > SHOWN_STRANGERS else ""
        words = f"{name}: {len(strangers)} agents of the log are not in the plan and stay at home: {some}{more}"
        console.print(words, markup=False, highlight=False)
    return staging


def _title(span: Span) -> str:
    days = sorted({call.day for call in span.calls})
    return f"{len(span.script):,} calls, {days[0]} to {days[-1]}"


def _play(staging: Staging, name: str, calls: int, console: Console) -> Outcome:
    """Play it to its end behind a bar that moves; says how long it took. Raises ReplayBroken."""
    started = time.process_time()
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("calls"))
    with Progress(*bar, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(name, total=calls)
        shown = 0

        def show_how_far(_at: float, _facts: object) -> None:
            nonlocal shown
            if staging.observer.ended >= shown + STEP_CALLS:
                shown = staging.observer.ended
                progress.update(task, completed=shown)

        if console.is_terminal:
            staging.simulation.follow(show_how_far)
        outcome = staging.play()
    spent = time.process_time() - started
    words = f"{name}: {calls:,} calls in {spent:.1f} s of the processor, {calls / max(spent, 0.001):,.0f} a second"
    console.print(words, markup=False, highlight=False)
    return outcome
