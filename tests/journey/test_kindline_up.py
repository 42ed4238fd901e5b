"""`kindline up` as a person types it: ready, stopped, killed, started again, and with demo agents."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kindline.client import events as e
from kindline.runtime.children import Child, start_child
from kindline.runtime.running import RunningCentre, find_running
from tests.journey.people import at_desk, next_of, visitor

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(420)]

READY_LIMIT_SECONDS = 240.0
STOP_LIMIT_SECONDS = 40.0
DEAD_WITHIN_SECONDS = 5.0
SERVICES = {"routing", "presence", "channels", "queues", "sla", "kafka"}


@contextmanager
def up(directory: Path, *choices: str) -> Iterator[tuple[Child, RunningCentre]]:
    """A centre as a child of this process, ready."""
    command = (sys.executable, "-m", "kindline", "up", "--free-ports", "--directory", str(directory), *choices)
    nothing = {"KINDLINE_KAFKA": "", "KINDLINE_CLOCK": ""}
    output = directory.parent / f"{directory.name}.log"
    child = start_child("kindline up", command, environment=nothing, output=output)
    try:
        deadline = time.monotonic() + READY_LIMIT_SECONDS
        while (running := find_running(directory)) is None:
            assert child.alive, output.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, output.read_text(encoding="utf-8")
            time.sleep(0.1)
        yield child, running
    finally:
        child.stop(STOP_LIMIT_SECONDS)


def living(directory: Path, running: RunningCentre) -> set[str]:
    """Which processes of a centre live: those it names, and whoever has its directory on the command line."""
    named = {str(number) for number in running.processes.values()}
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state = (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
            command = (process / "cmdline").read_bytes().decode("utf-8", "replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in "ZX" and (process.name in named or str(directory) in command):
            found.add(f"{process.name} {command[:80]!r}")
    return found


def all_are_dead(directory: Path, running: RunningCentre, limit: float) -> None:
    """Wait until nobody of a centre lives."""
    deadline = time.monotonic() + limit
    while left := living(directory, running):
        assert time.monotonic() < deadline, f"alive after {limit:g} s: {left}"
        time.sleep(0.05)


async def test_a_centre_stops_at_once_dies_with_its_parent_and_remembers_who_waits(tmp_path: Path) -> None:
    """Ctrl-C ends every process with exit code 0; the next start still knows who waits; kill -9 leaves nobody alive."""
    directory = tmp_path / "centre"
    with up(directory) as (child, running):
        assert running.processes.keys() >= SERVICES
        assert len(living(directory, running)) >= len(SERVICES)
        async with visitor(running) as customer:
            await customer.say("I wait for whoever comes", "wait-1")
            await customer.hears(lambda frame: frame["type"] == "state" and frame["state"] == "waiting")
            child.send(signal.SIGINT)
            assert await asyncio.to_thread(child.wait, STOP_LIMIT_SECONDS) == 0
        all_are_dead(directory, running, 0.0)
        assert find_running(directory) is None
    with up(directory) as (child, running):
        async with at_desk(running, "amy") as amy:
            offer = (await next_of(amy, e.OfferReceived)).offer
            await amy.accept(offer)
            said = await next_of(amy, e.MessageArrived)
            assert said.message.content.body == "I wait for whoever comes"
            assert len(living(directory, running)) >= len(SERVICES)
            child.kill()
            all_are_dead(directory, running, DEAD_WITHIN_SECONDS)
            await amy.vanish()


async def test_with_demo_agents_the_chat_page_answers(tmp_path: Path) -> None:
    """`kindline up --demo`: somebody types a line on the page, and a demo agent answers it; Ctrl-C ends all."""
    directory = tmp_path / "centre"
    with up(directory, "--demo") as (child, running):
        async with visitor(running) as customer:
            await customer.say("Where is my parcel?", "demo-1")
            answer = await customer.hears(lambda frame: frame["type"] == "message" and frame["from"] == "agent")
            assert answer["text"]
            assert answer["name"]
        child.send(signal.SIGINT)
        assert await asyncio.to_thread(child.wait, STOP_LIMIT_SECONDS) == 0
        all_are_dead(directory, running, 0.0)
