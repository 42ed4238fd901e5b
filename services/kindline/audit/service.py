"""`kindline audit`: proves the ledger's invariants to whoever asks, or names what broke them.

Exit code 0: no violation. 1: violations were found. 2: the ledger could not be read.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from kindline.audit.reading import read_ledger
from kindline.ledger.opening import open_ledger
from kindline.ledger.port import LedgerUnavailable
from kindline.runtime.main import CannotStart

SHOWN = 20


@click.command("audit")
@click.option("--kafka", envvar="KINDLINE_KAFKA", default="127.0.0.1:9092", show_default=True, help="Where Kafka is.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the report here too.")
@click.option("--target", default=20.0, show_default=True, help="Seconds for the service levels.")
@click.option(
    "--grace",
    default=5.0,
    show_default=True,
    help="Business seconds at the end of the log about which kindline.sla may still be silent.",
)
@click.option("--settled", is_flag=True, help="The floor has come to rest: compare it with the decisions too.")
def command(kafka: str, json_file: Path | None, target: float, grace: float, settled: bool) -> None:  # noqa: FBT001
    """Read the whole ledger and prove its invariants, or name what broke them."""
    console = Console(stderr=True)
    if json_file is not None:
        _make_room(json_file)
    try:
        report = asyncio.run(_audit(kafka, console, target=target, grace=grace, settled=settled))
    except (CannotStart, LedgerUnavailable, LookupError) as error:
        click.echo(f"The ledger at {kafka} cannot be read: {error}. Is Kafka running? See `kindline up`.", err=True)
        sys.exit(2)
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    show(report, Console())
    sys.exit(1 if report["violations"] else 0)


def _make_room(file: Path) -> None:
    """See before the reading, which may take long, that the report can be written; 1 would say that it found something.

    Raises UsageError.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        is_new = not file.exists()
        with file.open("a", encoding="utf-8"):
            pass
        if is_new:
            # A ledger that cannot be read leaves no empty report.
            file.unlink()
    except OSError as error:
        message = f"--json {file}: {error.strerror}; name a file in a folder that you may write to"
        raise click.UsageError(message) from error


async def _audit(kafka: str, console: Console, *, target: float, grace: float, settled: bool) -> dict[str, Any]:
    ledger = await open_ledger(kafka, "audit")
    try:
        with _progress(console) as bars:
            tasks: dict[str, TaskID] = {}

            def advance(topic: str, done: int, total: int) -> None:
                if topic not in tasks:
                    tasks[topic] = bars.add_task(topic, total=total)
                bars.update(tasks[topic], completed=done)

            book = await read_ledger(ledger, advance)
        book.compare_promises(grace=grace)
        if settled:
            book.compare_floor()
        return book.report(target_seconds=target)
    finally:
        await ledger.close()


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


def show(report: dict[str, Any], console: Console) -> None:
    """Print a report as people read it."""
    table = Table("promise", "violations", title="Kindline audit", title_justify="left")
    for name, row in report["invariants"].items():
        style = "red" if row["violations"] else "green"
        table.add_row(f"{name}: {row['promise']}", str(row["violations"]), style=style)
    console.print(table)
    for violation in report["found"][:SHOWN]:
        console.print(f"{violation['invariant']} at {violation['place']}: {violation['what']}", markup=False)
    if report["violations"] > SHOWN:
        console.print(f"... and {report['violations'] - SHOWN} more; --json FILE has the first 50 of each kind")
    every, log = report["all"], report["log"]
    console.print(
        f"{every['received']} interactions: {every['served']} served, {every['abandoned']} abandoned "
        f"({every['abandoned_in_ivr']} in the voice menu), {every['other_ends']} ended otherwise, "
        f"{every['still_open']} open. {log['facts']} facts in {log['batches']} batches, {log['claims']} claims, "
        f"{log['ignored']} records ignored by the reading rule.",
        highlight=False,
    )
    told = report["told_waits"]
    if told["share_kept"] is not None:
        settled = told["kept"] + told["broken"]
        kept = f"{told['share_kept']:.0%}"
        console.print(f"Of {settled} expected waits that were told and settled, {kept} were kept.", highlight=False)
    verdict = "0 violations" if not report["violations"] else f"{report['violations']} violations"
    console.print(verdict, style="bold red" if report["violations"] else "bold green")
