"""Demo customers: each opens the real chat page's socket, says a few lines as answers come, and leaves.

Promises that what goes wrong with one of them is told once and harms no other.
"""

from __future__ import annotations

import asyncio
import json
import random
from typing import NamedTuple

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from kindline.rehearsal.domain.small_talk import OPENINGS
from kindline.rehearsal.seat import Say

SUBPROTOCOL = Subprotocol("kindline.chat.v1")
PATIENCE_SECONDS = 180.0
TYPING_SECONDS = (1.0, 4.0)
MOST_AT_ONCE = 100


class Door(NamedTuple):
    """A chat address where customers write, and what kind of things they say there."""

    pool: str
    entry_point: str
    manner: str
    share: int


DOORS = (
    Door("acme/support", "web-chat", "en", 5),
    Door("acme/support", "web-chat-zh", "zh", 2),
    Door("borough/citizens", "web-chat", "town", 2),
)


async def keep_coming(chat: str, per_minute: float, chance: random.Random, say: Say) -> None:
    """Let customers come at random, so many a minute on average, until cancelled; `chat` is the page's address."""
    address = "ws" + chat.removeprefix("http").rstrip("/") + "/chat"
    told: set[str] = set()
    async with asyncio.TaskGroup() as group:
        tasks: set[asyncio.Task[None]] = set()
        while True:
            await asyncio.sleep(chance.expovariate(per_minute / 60.0))
            if len(tasks) >= MOST_AT_ONCE:
                continue
            task = group.create_task(_visit(address, random.Random(chance.random()), say, told))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


async def _visit(address: str, chance: random.Random, say: Say, told: set[str]) -> None:
    door = chance.choices(DOORS, [each.share for each in DOORS])[0]
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), connect(address, subprotocols=[SUBPROTOCOL]) as socket:
            await _chat(socket, door, chance)
    except TimeoutError:
        return
    except (OSError, WebSocketException) as error:
        if (words := str(error)) not in told:
            told.add(words)
            say(f"A demo customer could not chat: {words}")


async def _chat(socket: ClientConnection, door: Door, chance: random.Random) -> None:
    await _send(socket, type="hello", pool=door.pool, entry_point=door.entry_point, last_seq=0, language="")
    for number, line in enumerate(chance.choice(OPENINGS[door.manner]), start=1):
        await asyncio.sleep(chance.uniform(*TYPING_SECONDS))
        await _send(socket, type="message", client_message_id=f"line-{number}", text=line)
        if not await _answered(socket):
            return
    await asyncio.sleep(chance.uniform(*TYPING_SECONDS))
    await _send(socket, type="leave")


async def _answered(socket: ClientConnection) -> bool:
    """Wait for an agent's line; False when the conversation is over before."""
    async for text in socket:
        frame = json.loads(text)
        match frame.get("type"):
            case "message" if frame.get("from") == "agent":
                return True
            case "state" if frame.get("state") == "ended":
                return False
            case "ping":
                await _send(socket, type="pong")
    return False


async def _send(socket: ClientConnection, **frame: object) -> None:
    await socket.send(json.dumps(frame))
