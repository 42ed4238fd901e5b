"""A person at `kindline agent`: the real command as a child process, its words read and its lines typed."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.service.routing.house import House, address, house

LIMIT = 20.0
COMMAND = (sys.executable, "-m", "kindline", "agent")


@dataclass
class Places:
    """A small centre, and where its edges are."""

    centre: House
    presence: str
    routing: str


@dataclass
class Person:
    """Somebody at a desk through a pipe."""

    process: Process
    heard: str = ""
    at: int = 0
    """Up to where this person has listened."""

    async def says(self, line: str) -> None:
        """Type a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()

    async def hears(self, words: str) -> str:
        """Wait until these words (a regular expression) come after what was heard before; gives the line."""
        assert self.process.stdout is not None
        while not (found := re.compile(f".*(?:{words}).*").search(self.heard, self.at)):
            try:
                async with asyncio.timeout(LIMIT):
                    data = await self.process.stdout.read(65_536)
            except TimeoutError:
                data = b""
            assert data, f"never heard {words!r} after {self.heard[: self.at]!r}; instead: {self.heard[self.at :]!r}"
            self.heard += data.decode()
        self.at = found.end()
        return found[0]

    async def leaves(self) -> int:
        """Close the pipe and give the exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if self.process.stdin.can_write_eof():
            self.process.stdin.close()
        async with asyncio.timeout(LIMIT):
            self.heard += (await self.process.stdout.read()).decode()
            return await self.process.wait()


@asynccontextmanager
async def small_centre() -> AsyncIterator[Places]:
    """One routing and one presence process on a ledger in memory."""
    async with house() as centre:
        routing, presence = await centre.routing(), await centre.presence()
        yield Places(centre, address(presence.room.port), address(routing.room.port))


@asynccontextmanager
async def sits_down(
    places: Places, agent_id: str, *more: str, variables: Mapping[str, str] | None = None
) -> AsyncIterator[Person]:
    """Start the command; whoever is still there at the end is sent home."""
    arguments = ("--id", agent_id, "--presence", places.presence, "--routing", places.routing, *more)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KINDLINE_")}
    environment |= variables or {}
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdin=PIPE, stdout=PIPE, stderr=STDOUT, env=environment
    )
    try:
        yield Person(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
