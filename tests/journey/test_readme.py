"""What the README shows is what happens: its desk of 60 lines serves a customer, its event of one line is routed."""

from __future__ import annotations

import asyncio
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.journey.conftest import RunningHouse
from tests.journey.people import at_desk, serve_next, visitor

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

README = Path(__file__).parents[2] / "README.md"


def python_of_the_readme() -> str:
    """The desk, as a reader would copy it."""
    blocks: list[str] = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return next(block for block in blocks if "Desk.connect" in block)


def test_the_desk_has_sixty_lines() -> None:
    """The headline is true."""
    assert len(python_of_the_readme().splitlines()) <= 60


async def test_the_desk_of_the_readme_serves_a_customer(house: RunningHouse, tmp_path: Path) -> None:
    """Somebody copies the desk, signs in as Ben, answers a customer and ends the work."""
    desk = tmp_path / "desk.py"
    desk.write_text(python_of_the_readme(), encoding="utf-8")
    arguments = (str(desk), "ben", house.running.presence, house.running.routing)
    running = await asyncio.create_subprocess_exec(sys.executable, "-u", *arguments, stdin=PIPE, stdout=PIPE)
    assert running.stdin is not None
    assert running.stdout is not None
    try:
        async with asyncio.timeout(90.0), visitor(house.running) as customer:
            await _until(running.stdout, "idle")
            await customer.say("Is this the desk of the README?", "readme-1")
            await _until(running.stdout, "Is this the desk of the README?")
            running.stdin.write(b"It is.\n")
            reply = await customer.hears(lambda frame: frame["type"] == "message" and frame["from"] == "agent")
            assert (reply["text"], reply["name"]) == ("It is.", "Ben")
            running.stdin.write(b"\n")
            await customer.hears(lambda frame: frame["type"] == "state" and frame["state"] == "ended")
            running.stdin.close()
            assert await running.wait() == 0
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def test_the_event_of_the_readme_is_published(house: RunningHouse) -> None:
    """The line that the README pipes into `kindline publish -` is accepted, and an agent serves whoever it is from."""
    found = re.search(r"echo '(\{.*?\})' \|", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    line = found.group(1).replace("\n", "").encode()
    arguments = ("-m", "kindline", "publish", "--kafka", house.running.kafka, "-")
    running = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=PIPE, stdout=PIPE)
    said, _ = await asyncio.wait_for(running.communicate(line), 60.0)
    assert (running.returncode, said) == (0, b"1 events published\n")
    async with at_desk(house.running, "ben") as ben:  # Whoever comes next to this house finds nobody waiting.
        await serve_next(ben, "It is on its way.")


async def _until(stream: asyncio.StreamReader, words: str) -> None:
    while words not in (line := (await stream.readline()).decode()):
        assert line, f"the desk ended before it said {words!r}"
