"""`kindline rehearse demo`: agents that answer, and customers that write, in a centre that runs already.

Promises to wait for the centre, to come back to it after every outage, and to end politely on Ctrl-C and SIGTERM.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from dataclasses import dataclass
from pathlib import Path

import click

from kindline.rehearsal.demo_agents import CREW, DemoAgent
from kindline.rehearsal.demo_customers import keep_coming
from kindline.rehearsal.seat import Place, Say
from kindline.runtime.running import DIRECTORY, find_running

LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a centre's edges are."""

    presence: str
    routing: str
    chat: str


@click.command("demo")
@click.option(
    "--customers", type=click.FloatRange(0, 120), default=4.0, show_default=True, help="A minute; 0: agents only."
)
@click.option("--seed", default=1, show_default=True, help="Of everything that is left to chance.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=DIRECTORY,
    show_default=True,
    help="Of the centre. Without one there: KINDLINE_PRESENCE, KINDLINE_ROUTING and KINDLINE_CHAT say where it is.",
)
def demo(customers: float, seed: int, directory: Path) -> None:
    """Let demo agents answer chats, and demo customers write some, until Ctrl-C."""
    asyncio.run(_until_asked(customers, seed, directory))
    click.echo("The demo has gone home")


async def _until_asked(customers: float, seed: int, directory: Path) -> None:
    playing = asyncio.create_task(_play(customers, random.Random(seed), directory, click.echo))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    await asyncio.wait({playing})
    if not playing.cancelled():
        playing.result()


async def _play(customers: float, chance: random.Random, directory: Path, say: Say) -> None:
    """Play wherever the centre is; when it comes back at other addresses, play there."""
    while True:
        addresses = await _found(directory, say)
        say(f"Demo agents {', '.join(agent for crew in CREW.values() for agent in crew)} sit down; amy's seat is free")
        scene = asyncio.create_task(_scene(addresses, customers, chance, say))
        try:
            while not scene.done() and _look(directory) in (addresses, None):
                await asyncio.wait({scene}, timeout=LOOK_SECONDS)
        finally:
            scene.cancel()
            await asyncio.gather(scene, return_exceptions=True)
        if not scene.cancelled() and (failure := scene.exception()) is not None:
            say(f"The demo stumbled ({failure!r}) and begins again")
            await asyncio.sleep(LOOK_SECONDS)


async def _scene(addresses: Addresses, customers: float, chance: random.Random, say: Say) -> None:
    async with asyncio.TaskGroup() as group:
        for pool, crew in CREW.items():
            place = Place(pool=pool, presence=addresses.presence, routing=addresses.routing)
            breaks = asyncio.Lock()
            for agent_id in crew:
                agent = DemoAgent(place, agent_id, random.Random(chance.random()), say)
                group.create_task(agent.work(breaks))
        if customers:
            group.create_task(keep_coming(addresses.chat, customers, random.Random(chance.random()), say))


async def _found(directory: Path, say: Say) -> Addresses:
    told = False
    while (addresses := _look(directory)) is None:
        if not told:
            say(f"No centre runs in {directory} yet (`kindline up` starts one); waiting for it")
            told = True
        await asyncio.sleep(LOOK_SECONDS)
    return addresses


def _look(directory: Path) -> Addresses | None:
    running = find_running(directory)
    if running is not None:
        return Addresses(running.presence, running.routing, running.chat)
    presence, routing = os.environ.get("KINDLINE_PRESENCE", ""), os.environ.get("KINDLINE_ROUTING", "")
    if presence and routing:
        return Addresses(presence, routing, os.environ.get("KINDLINE_CHAT", "http://127.0.0.1:8080"))
    return None
