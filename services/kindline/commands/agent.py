"""`kindline agent`: a desk in the terminal.

Promises agents offers, conversations, wrap-up and breaks with nothing but a keyboard, on a screen or as plain lines;
exit code 0 after signing out, 1 with a sentence when the desk could not go on, 2 for wrong usage, 130 when interrupted
before it began.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from kindline.client import Desk, DeskRefused, DeskUnreachable
from kindline.commands import desk_words as words
from kindline.commands.desk_book import DeskBook
from kindline.commands.desk_keys import END_OF_INPUT, LineEditor, Lines, raw_keys, read_input
from kindline.commands.desk_lines import LineView
from kindline.commands.desk_screen import ScreenView
from kindline.commands.desk_session import DeskSession
from kindline.runtime.clock import BusinessClock, ClockUnreadable, business_clock
from kindline.runtime.running import DIRECTORY, RunningCentre, find_running
from kindline.runtime.settings import LOOPBACK, RPC_PORTS, Environment, SettingWrong
from kindline.runtime.tokens import agent_key

DEFAULT_POOL = "acme/support"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChoices:
    """What whoever starts a desk may choose; empty addresses are found."""

    agent_id: str
    pool: str
    presence: str
    routing: str
    sign_in_key: str
    directory: Path
    plain: bool
    print_key: bool


@click.command("agent")
@click.option("--id", "agent_id", required=True, help="Who you are in the plan, such as amy.")
@click.option("--pool", default=DEFAULT_POOL, show_default=True, help="Your pool, `tenant/pool`.")
@click.option(
    "--presence",
    envvar="KINDLINE_PRESENCE",
    default="",
    help="host:port of presence. Default: the centre that runs here.",
)
@click.option(
    "--routing", envvar="KINDLINE_ROUTING", default="", help="host:port of routing. Default: the centre that runs here."
)
@click.option("--sign-in-key", envvar="KINDLINE_SIGN_IN_KEY", default="", help="Your key, if Kindline runs elsewhere.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=DIRECTORY,
    show_default=True,
    help="Where the centre that runs here keeps its data.",
)
@click.option("--plain", is_flag=True, help="Lines instead of a screen: for screen readers and pipes.")
@click.option("--print-key", is_flag=True, help="Print the agent's sign-in key and end; for whoever runs Kindline.")
def agent(**choices: Any) -> None:  # noqa: ANN401 - click hands over one value for each option
    """Work as an agent: take offers, talk to customers, wrap up, have a break."""
    chosen = AgentChoices(**choices)
    running = find_running(chosen.directory)
    try:
        if chosen.print_key:
            click.echo(agent_key(_secret(running), chosen.pool, chosen.agent_id))
            return
        clock = business_clock(running.clock if running else os.environ.get("KINDLINE_CLOCK", ""))
        asyncio.run(_work(chosen, running, clock))
    except (SettingWrong, ClockUnreadable) as error:
        _fail(str(error))
    except DeskRefused as error:
        _fail(words.error_words(error))
    except DeskUnreachable as error:
        _fail(f"Kindline cannot be reached ({error}). Is it running? `kindline up` starts it here.")
    except KeyboardInterrupt:
        click.echo("You were not signed in yet.", err=True)
        sys.exit(130)


def _secret(running: RunningCentre | None) -> bytes:
    """The token secret of the environment, else of the centre that runs here. Raises SettingWrong."""
    if running is not None and not os.environ.get("KINDLINE_TOKEN_SECRET"):
        try:
            return Path(running.secret_file).read_bytes().strip()
        except OSError as error:
            raise SettingWrong(f"the centre's secret {running.secret_file} cannot be read: {error.strerror}") from None
    return Environment().secret("KINDLINE_TOKEN_SECRET")


async def _work(chosen: AgentChoices, running: RunningCentre | None, clock: BusinessClock) -> None:
    console = Console(highlight=False, markup=False, emoji=False)
    desk = Desk.connect(
        pool=chosen.pool,
        agent_id=chosen.agent_id,
        presence=chosen.presence or (running.presence if running else f"{LOOPBACK}:{RPC_PORTS['presence']}"),
        routing=chosen.routing or (running.routing if running else f"{LOOPBACK}:{RPC_PORTS['routing']}"),
        sign_in_key=chosen.sign_in_key,
    )
    book = DeskBook()
    console.print(f"Signing in as {chosen.agent_id} of {chosen.pool} ...")
    async with desk:
        if chosen.plain or not (console.is_terminal and sys.stdin.isatty()):
            await _work_in_lines(console, desk, book, clock)
        else:
            await _work_on_screen(console, desk, book, clock)
    console.print("Your session is over." if book.over else "Signed out. Thank you.")


async def _work_in_lines(console: Console, desk: Desk, book: DeskBook, clock: BusinessClock) -> None:
    session = DeskSession(desk, book, LineView(console, book), clock)
    lines = Lines()

    async def take(data: bytes) -> None:
        for line in lines.feed(data):
            await session.typed(line)
        if not data:
            await session.typed(None)

    read_input(take)
    await session.run()


async def _work_on_screen(console: Console, desk: Desk, book: DeskBook, clock: BusinessClock) -> None:
    editor = LineEditor()
    view = ScreenView(console, book, editor, f"{desk.agent_id} of {desk.pool}")
    session = DeskSession(desk, book, view, clock)

    async def take(data: bytes) -> None:
        for line in editor.feed(data):
            if line == END_OF_INPUT:
                session.interrupted()
            else:
                await session.typed(line)
        if not data:
            await session.typed(None)
        view.draw()

    with ExitStack() as stack:
        stack.enter_context(raw_keys())
        stack.enter_context(view.live)
        read_input(take)
        await session.run()


def _fail(sentence: str) -> None:
    click.echo(sentence, err=True)
    sys.exit(1)
