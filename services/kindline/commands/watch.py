"""`kindline watch`: the live floor in a terminal, once a second.

Promises supervisors what `kindline.floor` says, and the age of what they see; off a terminal, or with `--once`, it
prints the floor once and ends. Exit code 0, or 1 when the ledger is out of reach.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from kindline.commands.floor_view import floor_view
from kindline.language.floor import FloorRow
from kindline.ledger import codec, topics
from kindline.ledger.codec import Undecodable
from kindline.ledger.opening import open_ledger
from kindline.ledger.port import Ledger, LedgerUnavailable, Partition, Reader, Record
from kindline.runtime.clock import BusinessClock, business_clock
from kindline.runtime.main import CannotStart
from kindline.runtime.running import DIRECTORY, find_running

REFRESH_SECONDS = 1.0
ONCE_LIMIT_SECONDS = 10.0
IN_A_PIPE = 140


@click.command("watch")
@click.option("--pool", default="", help="Only this pool, `tenant/pool`.")
@click.option("--once", is_flag=True, help="Show the floor once and end.")
@click.option(
    "--kafka", envvar="KINDLINE_KAFKA", default="", help="Where Kafka is. Default: the centre that runs here."
)
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=DIRECTORY,
    show_default=True,
    help="Where the centre keeps its data.",
)
def watch(pool: str, once: bool, kafka: str, directory: Path) -> None:  # noqa: FBT001 - click's signature
    """Show who waits and what agents do, live."""
    running = find_running(directory)
    address = kafka or (running.kafka if running else "127.0.0.1:9092")
    clock = business_clock(running.clock if running and not kafka else "")
    console = Console()
    if not console.is_terminal:
        # A pipe has no edge at which anything must end.
        console.width = max(console.width, IN_A_PIPE)
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_watch(address, clock, console, pool=pool, once=once or not console.is_terminal))
    except (CannotStart, LedgerUnavailable, LookupError) as error:
        click.echo(f"The floor cannot be read at {address}: {error}. Is Kindline running? See `kindline up`.", err=True)
        sys.exit(1)


async def _watch(address: str, clock: BusinessClock, console: Console, *, pool: str, once: bool) -> None:
    ledger = await open_ledger(address, "kindline-watch")
    rows: dict[str, FloorRow] = {}
    try:
        reader, ends = await _begin(ledger)
        await _catch_up(reader, ends, rows)
        if once:
            console.print(floor_view(rows, now=clock.now(), pool=pool, width=console.width))
            return
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                _keep(rows, await reader.read(REFRESH_SECONDS))
                live.update(_page(rows, clock.now(), pool, console.width), refresh=True)
                await asyncio.sleep(REFRESH_SECONDS / 2)
    finally:
        await ledger.close()


async def _begin(ledger: Ledger) -> tuple[Reader, dict[Partition, int]]:
    shards = await ledger.partitions(topics.FLOOR)
    bounds = await ledger.bounds([Partition(topics.FLOOR, shard) for shard in range(shards)])
    reader = ledger.reader({partition: found.begin for partition, found in bounds.items()})
    return reader, {partition: found.end for partition, found in bounds.items() if found.end > found.begin}


async def _catch_up(reader: Reader, ends: dict[Partition, int], rows: dict[str, FloorRow]) -> None:
    async with asyncio.timeout(ONCE_LIMIT_SECONDS):
        while any(reader.position(partition) < end for partition, end in ends.items()):
            _keep(rows, await reader.read(REFRESH_SECONDS))


def _keep(rows: dict[str, FloorRow], records: Iterable[Record]) -> None:
    for record in records:
        _keep_one(rows, record)


def _keep_one(rows: dict[str, FloorRow], record: Record) -> None:
    key = (record.key or b"").decode(errors="replace")
    if record.value is None:
        rows.pop(key, None)
        return
    with suppress(Undecodable):
        rows[key] = codec.decode_floor(record.value)


def _page(rows: dict[str, FloorRow], now: float, pool: str, width: int) -> Group:
    newest = max((row.as_of for row in rows.values()), default=now)
    age = max(0.0, now - newest)
    return Group(
        floor_view(rows, now=now, pool=pool, width=width), Text(f"newest row {age:.0f} s old; Ctrl-C ends", style="dim")
    )
