"""`kindline kafka`: real Apache Kafka in the foreground, for development and demonstrations.

Promises the person at the terminal: one line with the address when Kafka serves; Ctrl-C, SIGTERM or closing the
terminal stops every broker; the exit code is 0 after such a stop, 130 if it came before Kafka served, else 1 with a
reason.
"""

import signal
import sys
import time
from pathlib import Path
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from kindline.ledger.local import LocalKafka, LocalKafkaError
from kindline.runtime.children import ChildError

WATCH_SECONDS = 0.2
HIGHEST_FIRST_PORT = 65_533
EXIT_INTERRUPTED = 130


@click.command("kafka")
@click.option("--nodes", type=click.Choice(["1", "3"]), default="1", show_default=True, help="How many brokers.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".kindline/kafka"),
    show_default=True,
    help="Where the data stays between runs.",
)
@click.option(
    "--port",
    type=click.IntRange(1, HIGHEST_FIRST_PORT),
    default=9092,
    show_default=True,
    help="Port of the first broker on 127.0.0.1; the others take the next ones.",
)
def kafka(nodes: str, directory: Path, port: int) -> None:
    """Run real Apache Kafka on this machine until Ctrl-C."""
    # A polite request to end and a closed terminal mean what Ctrl-C means.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    ready = False
    try:
        with FirstDownload() as download:
            cluster = LocalKafka(directory, int(nodes), tuple(range(port, port + int(nodes))), progress=download.show)
            with cluster:
                download.close()
                ready = True
                click.echo(f"Kafka {cluster.bootstrap} ready; data in {directory}; Ctrl-C stops it")
                _watch(cluster)
    except KeyboardInterrupt:
        if not ready:
            sys.exit(EXIT_INTERRUPTED)
        click.echo("Kafka stopped")
    except (LocalKafkaError, ChildError) as error:
        raise click.ClickException(str(error)) from error


def _watch(cluster: LocalKafka) -> None:
    """Stay until a broker ends by itself. Raises LocalKafkaError then; Ctrl-C is the ordinary way out."""
    while (node := cluster.ended_node()) is None:
        time.sleep(WATCH_SECONDS)
    message = f"Kafka node {node.node_id} ended by itself: {node.reason()}; start again, its data is kept"
    raise LocalKafkaError(message)


class FirstDownload:
    """Tells how the first download goes: a bar at a terminal, one plain line elsewhere, nothing when there is none."""

    def __init__(self) -> None:
        """Write to the error stream, so that the address is all that a script reads."""
        self._console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("files"))
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._begun = False

    def __enter__(self) -> Self:
        """Nothing is shown before the first call of `show`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Clear the bar, whatever happened."""
        self.close()

    def show(self, done: int, total: int) -> None:
        """Say that `done` of `total` files are here."""
        if not self._begun:
            self._begun = True
            if self._console.is_terminal:
                self._bar.start()
                self._bar.add_task("Fetching Apache Kafka, once", total=total)
            else:
                self._console.print("Fetching Apache Kafka (46 MB, once) ...")
        if self._bar.task_ids:
            self._bar.update(self._bar.task_ids[0], completed=done)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()
