"""`kindline publish`: events from a file into the ledger, as an integration would publish them.

Promises integrators: `--check` judges a file without a ledger, line by line; publishing the same file again changes
nothing, since every event gets an identity made from its own line. Exit code 0 done, 1 refused or out of reach.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

import click
from rich.console import Console
from rich.progress import track

from kindline.language.events import InteractionEvent
from kindline.language.ids import shard_of
from kindline.ledger import codec, topics
from kindline.ledger.codec import Undecodable
from kindline.ledger.envelope import headers
from kindline.ledger.opening import open_ledger
from kindline.ledger.port import AppendRefused, AppendUnknown, LedgerUnavailable, Partition
from kindline.runtime.clock import BusinessClock
from kindline.runtime.main import CannotStart

LINES = uuid.UUID("5bb1e9ac-7bb5-5c53-9d7c-5c2f0f9f4a03")
FINDINGS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One event of a file, ready to be published."""

    event: InteractionEvent
    event_id: str
    source: str


@click.command("publish")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--check", is_flag=True, help="Only say what is wrong; no ledger is needed.")
@click.option("--kafka", envvar="KINDLINE_KAFKA", default="127.0.0.1:9092", show_default=True, help="Where Kafka is.")
@click.option("--source", default="kindline/publish", show_default=True, help="ce_source of events that name none.")
def publish(file: IO[str], check: bool, kafka: str, source: str) -> None:  # noqa: FBT001 - click's signature
    """Publish the events in FILE (`-` for standard input).

    One protojson InteractionEvent a line, with its pool; or a CloudEvents JSON envelope whose `data` is one.
    """
    lines, findings = _judge(file, source)
    for finding in findings[:FINDINGS_SHOWN]:
        click.echo(finding, err=True)
    if findings:
        click.echo(f"{len(findings)} of {len(findings) + len(lines)} events are wrong; nothing was published", err=True)
        sys.exit(1)
    if check:
        click.echo(f"{len(lines)} events are valid")
        return
    try:
        asyncio.run(_publish(lines, kafka))
    except (CannotStart, LedgerUnavailable, AppendUnknown, AppendRefused) as error:
        click.echo(f"Not all was published at {kafka}: {error}. Publish the same file again: repeats vanish.", err=True)
        sys.exit(1)
    click.echo(f"{len(lines)} events published")


def _judge(file: IO[str], source: str) -> tuple[list[Line], list[str]]:
    lines, findings = [], []
    for number, text in enumerate(file, 1):
        if not text.strip():
            continue
        try:
            lines.append(_line(text, f"{number}", source))
        except (ValueError, Undecodable) as error:
            findings.append(f"{file.name}:{number}: {error}")
    return lines, findings


def _line(text: str, place: str, source: str) -> Line:
    raw = json.loads(text)
    if not isinstance(raw, dict):
        raise Undecodable("is no JSON object; write one event a line")
    envelope: dict[str, Any] = raw if "specversion" in raw else {}
    event = codec.decode_interaction_json(json.dumps(raw["data"] if envelope else raw))
    for wrong in _missing(event):
        raise ValueError(wrong)
    own = str(uuid.uuid5(LINES, f"{place}\0{text.strip()}"))
    return Line(event, str(envelope.get("id") or own), str(envelope.get("source") or source))


def _missing(event: InteractionEvent) -> Iterator[str]:
    if event.pool.count("/") != 1:
        yield f"pool is {event.pool!r}; it must read tenant/pool"
    if not event.thread:
        yield "thread is missing; give the channel's own name for the conversation"
    if not event.entry_point and not event.interaction_id:
        yield "entry_point is missing; give one of the plan's entry points"


async def _publish(lines: list[Line], kafka: str) -> None:
    ledger = await open_ledger(kafka, "kindline-publish")
    writer = ledger.writer()
    console = Console(stderr=True)
    try:
        shards = await ledger.partitions(topics.INTERACTIONS)
        for line in track(lines, "Publishing", console=console, disable=not console.is_terminal, transient=True):
            happened_at = line.event.occurred_at or BusinessClock().now()
            envelope = headers(
                kind=type(line.event.event).__name__,
                event_id=line.event_id,
                source=line.source,
                happened_at=happened_at,
                subject=line.event.thread,
            )
            partition = Partition(topics.INTERACTIONS, shard_of(line.event.pool, shards))
            value = codec.encode(replace(line.event, occurred_at=happened_at))
            await writer.append(partition, line.event.pool.encode(), value, envelope)
    finally:
        await writer.close()
        await ledger.close()
