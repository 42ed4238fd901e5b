"""The desk on a real terminal: a pseudo-terminal, keys in, a screen out, and everything put back at the end."""

import asyncio
import os
import pty
import re
import signal
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from kindline.language.facts import AgentSignedOut, MessageSent
from tests.service.commands.people import COMMAND, LIMIT, Places, small_centre

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]")


@dataclass
class Terminal:
    """A person's terminal; `screen` is all that was drawn, without its colours and moves."""

    keyboard: int
    process: asyncio.subprocess.Process
    drawn: str = ""

    def types(self, keys: str) -> None:
        """Press keys."""
        os.write(self.keyboard, keys.encode())

    async def sees(self, words: str) -> None:
        """Wait until these words are drawn, then look at what comes next."""
        async with asyncio.timeout(LIMIT):
            while words not in CONTROL.sub("", self.drawn):
                self._look()
                await asyncio.sleep(0.05)
        self.drawn = ""

    def _look(self) -> None:
        with suppress(BlockingIOError, OSError):
            while data := os.read(self.keyboard, 65_536):
                self.drawn += data.decode(errors="replace")

    async def ends(self) -> int:
        """The exit code, and all that was drawn until then."""
        async with asyncio.timeout(LIMIT):
            while self.process.returncode is None:
                self._look()
                await asyncio.sleep(0.05)
        self._look()
        return self.process.returncode


@asynccontextmanager
async def terminal(places: Places) -> AsyncIterator[tuple[Terminal, int]]:
    """Start the desk on a terminal of 100 x 30; also gives the terminal's own end, to look at its modes."""
    keyboard, screen = pty.openpty()
    termios.tcsetwinsize(screen, (30, 100))
    os.set_blocking(keyboard, False)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KINDLINE_")}
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "--id", "amy", "--presence", places.presence, "--routing", places.routing),
        stdin=screen,
        stdout=screen,
        stderr=screen,
        env=environment | {"TERM": "xterm-256color"},
        start_new_session=True,
    )
    try:
        yield Terminal(keyboard, process), screen
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(keyboard)
        os.close(screen)


async def test_a_shift_on_the_screen() -> None:
    """Ready, an offer with its countdown, two pasted lines as one message, Ctrl-C; the terminal is as before."""
    async with small_centre() as places, terminal(places) as (amy, screen):
        before = termios.tcgetattr(screen)
        await amy.sees("Type /back when you are ready")
        amy.types("/back\r")
        await amy.sees("AVAILABLE: ready, offers can come")
        await places.centre.customer("visitor", "my card is gone")
        await amy.sees("left   a accepts, d declines")
        amy.types("a\r")
        await amy.sees("customer: my card is gone")
        amy.types("\x1b[200~I block it.\rIt is safe.\x1b[201~\r")
        await amy.sees("you: I block it.")
        amy.types("\x04")
        await amy.sees("Still here: a customer is with you")
        amy.process.send_signal(signal.SIGINT)
        assert await amy.ends() == 0
        assert "Signed out. Thank you." in amy.drawn
        assert termios.tcgetattr(screen) == before
        [sent] = await places.centre.facts(MessageSent)
        assert sent.content is not None
        assert sent.content.body == "I block it.\nIt is safe."


async def test_a_closed_terminal_signs_out() -> None:
    """When the window is closed the agent is signed out at once, and no lease has to run out."""
    async with small_centre() as places, terminal(places) as (amy, _):
        await amy.sees("Type /back when you are ready")
        amy.process.send_signal(signal.SIGHUP)
        await amy.ends()
        assert len(await places.centre.facts(AgentSignedOut)) == 1
