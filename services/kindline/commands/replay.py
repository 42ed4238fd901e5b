"""`kindline replay`: what happened under one plan after another, on a virtual clock, side by side with what happened.

Promises a span of the ledger, or a bank's call log from a file, played again by the real engine. Exit code 0: every
plan was played to its end. 1: the engine refused something. 2: the log or a plan cannot be used.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from ruamel.yaml import YAML

from kindline.commands.counted_log import LogUnreadable as LedgerUnreadable
from kindline.commands.plan_file import PlanFileError
from kindline.commands.replay_options import DATES, End, Seconds
from kindline.commands.replay_reading import plan_of, read_span
from kindline.commands.replay_sources import FromFile, FromLedger, Source, cut_words, from_ledger
from kindline.commands.replay_table import Column, as_data, as_markdown, show
from kindline.commands.replaying.outcome import Outcome, Staging
from kindline.commands.replaying.people import Habits
from kindline.commands.replaying.simulation import ReplayBroken
from kindline.commands.replaying.span import NothingToReplay, PlanUnfit, place_for
from kindline.language.plan import Plan
from kindline.ledger.opening import open_ledger
from kindline.ledger.port import Ledger, LedgerUnavailable
from kindline.rehearsal.domain.bank_plan import POOL
from kindline.rehearsal.domain.plan_document import plan_document
from kindline.rehearsal.log_file import LogUnreadable
from kindline.runtime.main import CannotStart

SHOWN_STRANGERS = 5
STEP_CALLS = 50
Opener = Callable[[str, str], Awaitable[Ledger]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the person at the terminal chose; the span is from midnight to midnight unless hours are given."""

    file: Path | None
    begin: datetime | None
    until: datetime | None
    plans: tuple[Path, ...]
    accept: float | None
    wrap_up: float | None
    seed: int
    kafka: str
    pool: str
    as_json: bool
    markdown: bool
    write_plan: Path | None


@click.command("replay")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="A whole month, such as 1999-01.")
@click.option("--from", "begin", type=DATES, help="First day, or instant.  [default: the log's beginning]")
@click.option("--to", "--until", "until", type=End(), help="Last day, or end.  [default: the log's end]")
@click.option(
    "--plan",
    "plans",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A plan to play it under; give several to compare them.  [default: the plan in force, or a call log's own]",
)
@click.option("--kafka", envvar="KINDLINE_KAFKA", default="127.0.0.1:9092", show_default=True, help="Where Kafka is.")
@click.option("--pool", default="", help="Whose log, `tenant/pool`, where the ledger has several.")
@click.option(
    "--wrap-up",
    "wrap_up",
    type=Seconds(),
    help="Seconds of wrap-up agents take.  [default: as logged; of a call log, as many as the plan allows]",
)
@click.option(
    "--accept",
    type=Seconds(),
    help="Seconds to an accept.  [default: as logged; of a call log, none]",
)
@click.option("--seed", default=1, show_default=True, help="Of the lots for what the log does not know.")
@click.option("--json", "as_json", is_flag=True, help="Say it for programs.")
@click.option("--markdown", is_flag=True, help="Write the table for a page.")
@click.option(
    "--write-plan",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan in force, or the one a call log suggests, as one to begin with, and play nothing.",
)
@click.pass_context
def replay(context: click.Context, /, month: datetime | None, **rest: object) -> None:
    """Play what happened under other plans: who would have waited how long, and who worked.

    Without FILE it is the ledger of a running centre; FILE is a bank's call log (.tsv or .tsv.gz).
    """
    if month is not None and (rest["begin"] or rest["until"]):
        message = "--month stands alone: give --from and --until for another span"
        raise click.UsageError(message)
    if month is not None:
        rest |= {"begin": month, "until": (month + timedelta(days=31)).replace(day=1)}
    choices = Choices(**rest)  # type: ignore[arg-type]
    if choices.begin and choices.until and choices.until <= choices.begin:
        message = "--to must be later than --from"
        raise click.UsageError(message)
    console = Console(stderr=True)
    try:
        _replay(choices, context.obj or open_ledger, console)
    except (LogUnreadable, NothingToReplay, PlanFileError, PlanUnfit) as error:
        click.echo(f"Nothing to replay: {error}", err=True)
        sys.exit(2)
    except (CannotStart, LedgerUnavailable, LedgerUnreadable, LookupError) as error:
        words = f"The ledger at {choices.kafka} cannot be read: {error}. Is Kafka running? See `kindline up`."
        click.echo(f"{words} To play a call log, name its file.", err=True)
        sys.exit(2)
    except ReplayBroken as error:
        click.echo(f"The replay cannot go on: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo("Stopped; not every plan was played to its end", err=True)
        sys.exit(130)


def _replay(choices: Choices, opener: Opener, console: Console) -> None:
    source, pool = _source(choices, opener, console)
    if choices.write_plan is not None:
        own_plan = plan_document([source.own_plan()])
        try:
            with choices.write_plan.open("w", encoding="utf-8") as file:
                YAML(typ="safe", pure=True).dump(own_plan, file)
        except OSError as error:
            message = f"{choices.write_plan}: {error.strerror}; name a file in a folder that you may write to"
            raise click.UsageError(message) from error
        console.print(f"Wrote {choices.write_plan}: change a copy of it and give both with --plan", highlight=False)
        return
    own = "the log's own plan" if choices.file else "the plan in force"
    plans = [(file.stem, plan_of(file, pool)) for file in choices.plans] or [(own, source.own_plan())]
    ready = [(name, plan, _made_ready(source, name, plan, console)) for name, plan in plans]
    columns = [Column("the log", source.logged(plans[0][1]))]
    for name, plan, staging in ready:
        columns.append(Column(name, _play(staging, name, source.arrivals, console), plan.version))
    if choices.as_json:
        click.echo(json.dumps(as_data(columns), indent=2))
    elif choices.markdown:
        click.echo(as_markdown(columns))
    else:
        show(columns, Console(), title=source.title)


def _source(choices: Choices, opener: Opener, console: Console) -> tuple[Source, str]:
    span = (choices.begin, choices.until)
    if choices.file is None:
        found = asyncio.run(_from_ledger(choices, opener, console))
        return found, found.script.pool
    habits = Habits(accept_seconds=choices.accept or 0.0, wrap_up_seconds=choices.wrap_up)
    found_span = read_span(choices.file, span, choices.seed, console)
    return FromFile(found_span, habits), POOL


async def _from_ledger(choices: Choices, opener: Opener, console: Console) -> FromLedger:
    ledger = await opener(choices.kafka, "kindline-replay")
    try:
        with _bar(console, "records") as progress:
            task = progress.add_task("reading the log", total=None)

            def advance(_what: str, done: int, total: int) -> None:
                progress.update(task, completed=done, total=total)

            span = (choices.begin, choices.until)
            recorded, script, zone = await from_ledger(ledger, choices.pool, span, choices.seed, advance)
    finally:
        await ledger.close()
    if words := cut_words(recorded, zone):
        console.print(words, style="yellow", markup=False, highlight=False)
    return FromLedger(recorded, script.with_habits(choices.accept, choices.wrap_up), zone)


def _made_ready(source: Source, name: str, plan: Plan, console: Console) -> Staging:
    try:
        staging = source.staged(plan)
    except PlanUnfit as error:
        message = f"{name}: {error}"
        raise PlanUnfit(message) from error
    for kind, calls in source.turned_away(plan).items():
        words = f"{name}: {place_for(kind, calls)}; they are not played, and count as ended otherwise"
        console.print(words, style="yellow", markup=False, highlight=False)
    strangers = source.strangers(plan)
    if strangers:
        some = ", ".join(strangers[:SHOWN_STRANGERS])
        more = ", ..." if len(strangers) > SHOWN_STRANGERS else ""
        words = f"{name}: {len(strangers)} agents of the log are not in the plan and stay at home: {some}{more}"
        console.print(words, markup=False, highlight=False)
    return staging


def _bar(console: Console, what: str) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(what))
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


def _play(staging: Staging, name: str, calls: int, console: Console) -> Outcome:
    """Play it to its end behind a bar that moves; says how long it took. Raises ReplayBroken."""
    started = time.process_time()
    with _bar(console, "arrivals") as progress:
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
    words = f"{name}: {calls:,} arrivals in {spent:.1f} s of the processor, {calls / max(spent, 0.001):,.0f} a second"
    console.print(words, markup=False, highlight=False)
    return outcome
