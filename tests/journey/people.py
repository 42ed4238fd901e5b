"""People of the journeys: a visitor on the chat page, an agent at a desk, and an auditor at the end."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from kindline.client import Desk
from kindline.client import events as e
from kindline.language.agents import AgentStatus
from kindline.runtime.running import RunningCentre

LIMIT_SECONDS = 40.0


class Visitor:
    """Somebody on the chat page."""

    def __init__(self, socket: ClientConnection) -> None:
        """Hold an open socket."""
        self._socket = socket
        self.heard: list[dict[str, Any]] = []

    async def say(self, text: str, name: str) -> None:
        """Type a line; `name` is the page's own id of it."""
        await self._socket.send(json.dumps({"type": "message", "client_message_id": name, "text": text}))

    async def hears(self, like: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for a frame like this; what comes before it is kept too."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while True:
                frame: dict[str, Any] = json.loads(await self._socket.recv())
                if frame["type"] == "ping":
                    await self._socket.send('{"type": "pong"}')
                    continue
                self.heard.append(frame)
                if like(frame):
                    return frame


@asynccontextmanager
async def visitor(
    running: RunningCentre, token: str | None = None, *, pool: str = "acme/support", entry_point: str = "web-chat"
) -> Any:  # noqa: ANN401 - an async generator
    """A visitor on a chat page; on acme's English one unless another is named."""
    address = running.chat.replace("http", "ws") + "/chat"
    async with connect(address, subprotocols=["kindline.chat.v1"], origin=running.chat) as socket:  # type: ignore[arg-type,list-item]
        hello = {"type": "hello", "pool": pool, "entry_point": entry_point, "token": token, "last_seq": 0}
        await socket.send(json.dumps(hello))
        yield Visitor(socket)


@asynccontextmanager
async def at_desk(running: RunningCentre, agent_id: str, pool: str = "acme/support") -> Any:  # noqa: ANN401
    """An agent who is available; routing is reached at whichever replica answers."""
    routing = ",".join(address for name, address in running.edges.items() if name.startswith("routing"))
    async with Desk.connect(presence=running.presence, routing=routing, pool=pool, agent_id=agent_id) as desk:
        await desk.set_status(AgentStatus.AVAILABLE)
        yield desk


async def next_of(desk: Desk, kind: type[Any], like: Callable[[Any], bool] = lambda _: True) -> Any:  # noqa: ANN401
    """The next event of this kind that is like this."""
    async with asyncio.timeout(LIMIT_SECONDS):
        async for event in desk.events():
            if isinstance(event, kind) and like(event):
                return event
    raise AssertionError(f"the desk closed before it heard {kind.__name__}")


async def serve_next(desk: Desk, words: str) -> e.Offer:
    """Take the next offer, say something, end the work and the wrap-up."""
    event: e.OfferReceived = await next_of(desk, e.OfferReceived)
    await desk.accept(event.offer)
    await desk.send(event.offer.interaction_id, words)
    await desk.complete(event.offer.interaction_id)
    await desk.finish_wrap_up(event.offer.interaction_id)
    return event.offer


async def audited(running: RunningCentre, directory: Path) -> dict[str, Any]:
    """What `kindline audit` finds; it must end with 0."""
    report = directory / "audit.json"
    arguments = ("-m", "kindline", "audit", "--kafka", running.kafka, "--json", str(report))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    said, _ = await asyncio.wait_for(process.communicate(), 60.0)
    assert process.returncode == 0, said.decode()
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found
