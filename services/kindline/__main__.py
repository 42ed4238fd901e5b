"""`kindline`: the table of everything that can be run. One word names a service, a tool or a command for people.

Each entry is imported only when it is asked for: `kindline --help` is quick, and a base install runs what it holds.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """Where a command lives, and what it is in a few words."""

    module: str
    attribute: str
    words: str


SERVICES = {
    "channels": Entry("kindline.channels.service", "build", "service: web chat and web hooks, in and out"),
    "presence": Entry("kindline.presence.service", "build", "service: agents sign in, declare a status, stay alive"),
    "queues": Entry("kindline.queues.service", "build", "service: the floor as it stands, for displays"),
    "routing": Entry("kindline.routing.service", "build", "service: the engine, and agents' offers and work"),
    "sla": Entry("kindline.sla.service", "build", "service: every promise's clock"),
}
"""The five rooms: each service.py has `read_settings` and `build`, and is run in the same way."""

TOOLS = {
    "agent": Entry("kindline.commands.agent", "agent", "a desk in the terminal: offers, chat, wrap-up, break"),
    "audit": Entry("kindline.audit.service", "command", "prove the ledger's invariants, or name what broke them"),
    "explain": Entry("kindline.commands.explain", "explain", "why an interaction went where it went, rule by rule"),
    "kafka": Entry("kindline.commands.kafka", "kafka", "real Apache Kafka on this machine, without Docker"),
    "plan": Entry("kindline.commands.plan", "plan", "check, apply and show plans"),
    "publish": Entry("kindline.commands.publish", "publish", "publish events from a file, or check them"),
    "rehearse": Entry("kindline.rehearsal.service", "command", "practice customers and agents, or a real day's calls"),
    "replay": Entry("kindline.commands.replay", "replay", "the ledger or a call log under other plans"),
    "topics": Entry("kindline.commands.topics", "topics", "create and verify the ledger's topics"),
    "up": Entry("kindline.commands.up", "up", "the whole contact centre in one terminal"),
    "watch": Entry("kindline.commands.watch", "watch", "the live floor"),
}
"""What people type."""

COMMANDS = {**SERVICES, **TOOLS}
INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells count: 128 and the signal's number."""


class CommandTable(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, tools for people first."""
        return [*TOOLS, *SERVICES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or None when there is none."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        try:
            module = importlib.import_module(entry.module)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] == "kindline":
                raise
            extra = "local" if cmd_name == "kafka" else "services"
            message = f"`kindline {cmd_name}` needs {error.name}: install kindline[{extra}]"
            raise click.ClickException(message) from error
        if cmd_name in SERVICES:
            return _service(cmd_name, entry.words, module)
        command: click.Command = getattr(module, entry.attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run it; stopping a command that has no words of its own for it is 130, for 1 is a verdict of some."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Stopped", err=True)
            sys.exit(INTERRUPTED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table with its words, without importing anything."""
        for title, entries in (("Commands", TOOLS), ("Services", SERVICES)):
            with formatter.section(title):
                formatter.write_dl([(name, entry.words) for name, entry in entries.items()])


def _service(name: str, words: str, room: ModuleType) -> click.Command:
    """The command that runs one room until it is told to stop; its settings are KINDLINE_* variables."""

    def start() -> None:
        from kindline.ledger.opening import open_ledger
        from kindline.runtime.main import run

        sys.exit(run(room.read_settings, open_ledger, room.build))

    lines = (room.__doc__ or words).strip().partition("\n\n")[0]
    settings = "Settings are KINDLINE_* variables; the room's README names them."
    return click.Command(name, callback=start, help=f"{lines}\n\n{settings}")


def _list_services(context: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's
    if wanted:
        click.echo("\n".join(COMMANDS))
        context.exit()


@click.command(cls=CommandTable, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="kindline", prog_name="kindline")
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_services,
    help="Name everything, one a line.",
)
def kindline() -> None:
    """Kindline: the contact-centre core that is kind to the people on the line.

    Start with `kindline up`, then open the address it prints.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    kindline.main(args=list(arguments) if arguments is not None else None, prog_name="kindline")


if __name__ == "__main__":
    main(sys.argv[1:])
