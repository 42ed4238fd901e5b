"""`kindline explain`: why an interaction went where it went, from the ledger alone.

Promises whoever asks the engine's own rules, asked again of the state as it was. Exit code 0: told. 1: the rules say
another thing than the log's own reason. 2: there is nothing to tell, or the ledger cannot be read.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from kindline.commands.counted_log import LogUnreadable
from kindline.commands.explain_reading import NotFound, find, last_routed, tale_of
from kindline.commands.explain_view import as_data, show
from kindline.commands.explaining.tale import Explained, Tale
from kindline.ledger.opening import open_ledger
from kindline.ledger.port import Ledger, LedgerUnavailable
from kindline.runtime.main import CannotStart

Opener = Callable[[str, str], Awaitable[Ledger]]
NAME = re.compile(r"(?P<id>[0-9a-f]{8}[0-9a-f-]{0,28})(\.(?P<offer>[0-9]+))?")
"""The beginning of an id, at least eight characters of it; with a number behind a full stop an offer's."""


@click.command("explain")
@click.argument("interaction", default="")
@click.option("--last", is_flag=True, help="The interaction that was offered to somebody last.")
@click.option("--offer", type=click.IntRange(min=1), help="Only this offer's candidates.  [default: all offers]")
@click.option("--kafka", envvar="KINDLINE_KAFKA", default="127.0.0.1:9092", show_default=True, help="Where Kafka is.")
@click.option("--json", "as_json", is_flag=True, help="Say it for programs.")
@click.pass_context
def explain(context: click.Context, /, interaction: str, **rest: object) -> None:
    """Tell the history of INTERACTION: who was considered for each offer, and which rule left out whom.

    INTERACTION is an id, the beginning of one (8 characters or more), or an offer's id.
    """
    kafka, last, offer = str(rest["kafka"]), bool(rest["last"]), rest["offer"]
    if bool(interaction) == last:
        message = "name one interaction, or say --last"
        raise click.UsageError(message)
    match = NAME.fullmatch(interaction.strip().lower())
    if match is None and not last:
        message = f"{interaction!r} is no id: give at least its first 8 characters, such as 1f0c9a3e"
        raise click.UsageError(message)
    wanted = match["id"] if match else ""
    number = int(match["offer"]) if match and match["offer"] else offer
    opener: Opener = context.obj or open_ledger
    try:
        tale = asyncio.run(_tale(opener, kafka, wanted, Console(stderr=True)))
        offers = _offers(tale, number if isinstance(number, int) else None)
    except NotFound as problem:
        click.echo(f"Nothing to explain: {problem}", err=True)
        sys.exit(2)
    except (CannotStart, LedgerUnavailable, LookupError, LogUnreadable) as problem:
        click.echo(f"The ledger at {kafka} cannot be read: {problem}. Is Kafka running? See `kindline up`.", err=True)
        sys.exit(2)
    if rest["as_json"]:
        click.echo(json.dumps(as_data(tale, offers), indent=2, ensure_ascii=False))
    else:
        show(tale, offers, Console())
    sys.exit(1 if any(each.differences for each in offers) else 0)


async def _tale(opener: Opener, kafka: str, wanted: str, console: Console) -> Tale:
    ledger = await opener(kafka, "kindline-explain")
    try:
        wanted = wanted or await last_routed(ledger)
        with _bars(console) as bars:
            tasks: dict[str, TaskID] = {}

            def advance(what: str, done: int, total: int) -> None:
                if what not in tasks:
                    tasks[what] = bars.add_task(what, total=total)
                bars.update(tasks[what], completed=done)

            interaction_id, sighting = await find(ledger, wanted, advance)
            tale = await tale_of(ledger, interaction_id, sighting, advance)
    finally:
        await ledger.close()
    if not tale.facts:
        message = f"{interaction_id} stands in the log, but no record of it counts (an owner wrote it after its time)"
        raise NotFound(message)
    return tale


def _offers(tale: Tale, number: int | None) -> list[Explained]:
    if number is None:
        return tale.offers
    found = [each for each in tale.offers if each.offer.number == number]
    if not found:
        there = ", ".join(str(each.offer.number) for each in tale.offers) or "none"
        message = f"{tale.interaction_id} has no offer {number}; its offers: {there}"
        raise NotFound(message)
    return found


def _bars(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
