"""`kindline topics`: creates the ledger's topics where they are missing, and shows each as it stands.

Promises scripts an exit code: 0 when every topic is as it should be, 1 with a reason when it is not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from kindline.ledger.kafka.administration import PartitionsDiffer, TopicReport, verify_topics
from kindline.ledger.kafka.client import AddressWrong, ClientIncomplete
from kindline.ledger.port import LedgerUnavailable

DEFAULT_KAFKA = "127.0.0.1:9092"
MOST_PARTITIONS = 1_024
WIDE = 150
"""Characters from which on a terminal has room for every column."""


@click.command("topics")
@click.option(
    "--kafka",
    default=lambda: os.environ.get("KINDLINE_KAFKA", DEFAULT_KAFKA),
    show_default=f"KINDLINE_KAFKA or {DEFAULT_KAFKA}",
    help="Where Kafka is: host:port, several with commas.",
)
@click.option(
    "--partitions",
    type=click.IntRange(1, MOST_PARTITIONS),
    help="How many shards there are, for every topic alike.  [default: as it is there, else 16]",
)
@click.option("--json", "as_json", is_flag=True, help="Say it for programs.")
def topics(kafka: str, partitions: int | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Create the ledger's topics and verify them."""
    try:
        reports = verify_topics(kafka, partitions=partitions)
    except (AddressWrong, PartitionsDiffer, LedgerUnavailable, ClientIncomplete) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps([_as_data(report) for report in reports], indent=2))
    else:
        console = Console()
        console.print(_as_table(reports, wide=console.width >= WIDE))
    differing = [report for report in reports if report.differences]
    if differing:
        named = "; ".join(f"{report.topic.name}: {', '.join(report.differences)}" for report in differing)
        raise click.ClickException(f"settings differ: {named}. Set them with kafka-configs.sh --alter")


def _as_data(report: TopicReport) -> dict[str, Any]:
    topic = report.topic
    return {
        "name": topic.name,
        "key": topic.key,
        "partitions": report.partitions,
        "replicas": report.replicas,
        "created": report.created,
        "written_by": list(topic.written_by),
        "read_by": list(topic.read_by),
        "holds": topic.sentence,
        "settings": dict(topic.settings),
        "differences": list(report.differences),
    }


def _as_table(reports: Sequence[TopicReport], *, wide: bool) -> Table:
    table = Table(title="The ledger's topics")
    table.add_column("topic", no_wrap=True)
    for column in ("state", "partitions", "copies", "key", *(("written by", "read by", "holds") if wide else ())):
        table.add_column(column)
    for report in reports:
        topic = report.topic
        state = "differs" if report.differences else "created" if report.created else "as it should be"
        more = (", ".join(topic.written_by), ", ".join(topic.read_by), topic.sentence) if wide else ()
        table.add_row(topic.name, state, str(report.partitions), str(report.replicas), topic.key, *more)
    return table
