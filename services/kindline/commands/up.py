"""`kindline up`: the whole contact centre in one terminal, and one Ctrl-C that stops it all.

Promises the person at the terminal: a first start within four minutes, a later one within half a minute; the addresses;
what is open survives a restart; exit code 0 after Ctrl-C, 1 with a reason when something could not run.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from kindline.commands.centre import Centre, CentreError, CentreOptions, end_on_polite_requests
from kindline.commands.plan_file import DEFAULT_PLAN, PlanFileError
from kindline.ledger.local import LocalKafkaError
from kindline.ledger.port import LedgerUnavailable
from kindline.runtime.children import ChildError
from kindline.runtime.clock import ClockUnreadable
from kindline.runtime.running import DIRECTORY, RunningCentre, find_running

WATCH_SECONDS = 0.25

FAILURES = (CentreError, LocalKafkaError, ChildError, PlanFileError, LedgerUnavailable, ClockUnreadable)


@click.command("up")
@click.option("--demo", is_flag=True, help="Let demo agents answer, so that the chat page talks back.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=DIRECTORY,
    show_default=True,
    help="Where data, logs and the token secret are kept.",
)
@click.option(
    "--plan",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=DEFAULT_PLAN,
    help="The plan for pools that have none yet. Default: two tenants that come with Kindline.",
)
@click.option("--kafka", envvar="KINDLINE_KAFKA", default="", help="Use this Kafka instead of one of our own.")
@click.option("--partitions", type=click.IntRange(1, 256), default=4, show_default=True, help="Of every topic.")
@click.option("--routers", type=click.IntRange(1, 4), default=1, show_default=True, help="Routing processes.")
@click.option("--clock", envvar="KINDLINE_CLOCK", default="", help="Business time, such as 1999-01-18T07:00+02:00@60.")
@click.option("--free-ports", is_flag=True, help="Take free ports instead of the usual ones.")
def up(**choices: Any) -> None:  # noqa: ANN401 - click hands over one value for each option
    """Run Kafka and all five services until Ctrl-C."""
    options = CentreOptions(**choices)
    end_on_polite_requests()
    running = find_running(options.directory)
    if running is not None:
        click.echo(f"A contact centre runs in {options.directory} already (process {running.process}).", err=True)
        sys.exit(1)
    centre = Centre(options, click.echo)
    try:
        with centre as found:
            click.echo(_welcome(found, options.directory))
            while True:
                time.sleep(WATCH_SECONDS)
                centre.mend()
    except KeyboardInterrupt:
        click.echo("Stopped")
    except FAILURES as error:
        click.echo(f"Kindline cannot run: {error}", err=True)
        sys.exit(1)


def _welcome(running: RunningCentre, directory: Path) -> str:
    elsewhere = "" if directory == DIRECTORY else f" --directory {directory}"
    return "\n".join(
        (
            "",
            "Kindline is ready.",
            f"  Write as a customer   {running.chat}",
            f"  Answer as an agent    kindline agent --id amy{elsewhere}",
            f"  See the floor         kindline watch{elsewhere}",
            f"  For machines          presence {running.presence}, routing {running.routing}, Kafka {running.kafka}",
            f"  Metrics               http://{running.admin['routing']}/metrics and its four neighbours",
            "Ctrl-C stops everything; what is open stays in the ledger.",
        )
    )
