"""Channels as it runs, on the memory ledger, with pages on real sockets and an owner who decides what a test says."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from kindline.channels.adapters.settings import ChannelSettings
from kindline.channels.domain.chat import SUBPROTOCOL
from kindline.channels.service import Channels, build
from kindline.language.events import InteractionEvent
from kindline.language.facts import Fact
from kindline.language.ids import shard_of
from kindline.language.log import LEVEL, DecisionBatch, EpochClaim
from kindline.ledger import codec, topics
from kindline.ledger.envelope import Envelope, decode_input, read_envelope
from kindline.ledger.memory import MemoryLedger
from kindline.ledger.port import Ledger, Partition
from kindline.runtime.on import On
from kindline.runtime.settings import ProcessSettings
from tests.domain.channels.given import CHAT, POOL, plan_adopted

LIMIT = 30.0
SHARDS = 4
SECRET = b"a secret for tests of 32 bytes!!"


async def until(found: Callable[[], Awaitable[bool] | bool], limit: float = LIMIT) -> None:
    """Wait until something is so, or fail."""
    async with asyncio.timeout(limit):
        while True:
            answer = found()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.02)


class Owner:
    """Owns the shard of POOL and decides what a test says; a heartbeat every half second, as a real one."""

    def __init__(self, ledger: Ledger, shards: int = SHARDS) -> None:
        """Own nothing yet."""
        self._writer = ledger.writer()
        self._partition = Partition(topics.DECISIONS, shard_of(POOL, shards))
        self._seq = 0
        self._turn = asyncio.Lock()

    async def claim(self) -> None:
        """Own the shard from now on."""
        await self._append(EpochClaim(epoch=1, owner="owner", claimant="test"))

    async def decide(self, *facts: Fact) -> int:
        """Append one batch that counts; gives its offset."""
        async with self._turn:
            self._seq += 1
            batch = DecisionBatch(
                epoch=1,
                owner="owner",
                seq=self._seq,
                level=LEVEL,
                decided_at=1_800_000_000.0 + self._seq,
                facts=facts,
                next_within=0.5,
                released=False,
            )
            return await self._append(batch)

    async def beat(self) -> None:
        """Give signs of life for ever."""
        while True:
            await self.decide()
            await asyncio.sleep(0.5)

    async def _append(self, decision: DecisionBatch | EpochClaim) -> int:
        return (await self._writer.append(self._partition, b"0", codec.encode(decision))).offset


@dataclass(slots=True)
class Room:
    """A running room: the ledger beneath it and the owner beside it."""

    ledger: MemoryLedger
    owner: Owner
    channels: Channels
    on: On
    sockets: list[ClientConnection] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the web hooks and the pages are."""
        return f"http://127.0.0.1:{self.channels.port}"

    def inputs(self) -> list[tuple[InteractionEvent, Envelope]]:
        """Everything that stands in kindline.interactions."""
        shard = shard_of(POOL, self.ledger.log.partitions(topics.INTERACTIONS))
        records = self.ledger.log.records(Partition(topics.INTERACTIONS, shard))
        events = [(decode_input(record), read_envelope(record)) for record in records]
        return [(event, envelope) for event, envelope in events if isinstance(event, InteractionEvent)]

    def happened(self, kind: type) -> list[InteractionEvent]:
        """Inputs of one kind."""
        return [event for event, _ in self.inputs() if isinstance(event.event, kind)]

    def number(self, name: str, **labels: str) -> float:
        """What a metric shows."""
        return self.on.metrics.registry.get_sample_value(f"kindline_{name}", labels) or 0.0

    async def page(self, **hello: object) -> "Page":
        """A page that has said hello and was welcomed."""
        page = Page(await self.socket())
        await page.tell(**{"type": "hello", "pool": POOL, "entry_point": CHAT, **hello})
        welcome = await page.hear("welcome")
        page.token = welcome["token"]
        return page

    async def socket(self, origin: str | None = None) -> ClientConnection:
        """A connected socket."""
        socket = await connected(self.channels.port, origin)
        self.sockets.append(socket)
        return socket

    async def leave(self) -> None:
        """Break off every socket that the test opened."""
        for socket in self.sockets:
            socket.transport.abort()
            await socket.wait_closed()


async def connected(port: int, origin: str | None = None) -> ClientConnection:
    """A socket to the chat on this port."""
    return await connect(
        f"ws://127.0.0.1:{port}/chat",
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        max_size=None,
        origin=Origin(origin) if origin else None,
    )


class Page:
    """A page's end of a socket."""

    def __init__(self, socket: ClientConnection) -> None:
        """Nothing was heard yet."""
        self.socket = socket
        self.token = ""
        self.heard: list[dict[str, Any]] = []

    async def tell(self, **frame: object) -> None:
        """Send one frame."""
        await self.socket.send(json.dumps(frame))

    async def say(self, identity: str, text: str) -> None:
        """Send one message."""
        await self.tell(type="message", client_message_id=identity, text=text)

    async def hear(self, kind: str, **fields: object) -> dict[str, Any]:
        """Wait for the next frame of this type with these fields; everything heard is kept."""
        async with asyncio.timeout(LIMIT):
            while True:
                frame = json.loads(await self.socket.recv())
                self.heard.append(frame)
                if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                    return dict(frame)

    async def hear_any(self, *kinds: str) -> str:
        """Wait until one of these is heard; gives which."""
        async with asyncio.timeout(LIMIT):
            while True:
                frame = json.loads(await self.socket.recv())
                self.heard.append(frame)
                if frame["type"] in kinds:
                    return str(frame["type"])

    async def closed(self) -> int:
        """Wait until the other side closes; gives the code."""
        async with asyncio.timeout(LIMIT):
            try:
                while True:
                    self.heard.append(json.loads(await self.socket.recv()))
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 1006

    async def close(self) -> None:
        """Close the page."""
        await self.socket.close()


@contextlib.asynccontextmanager
async def running(
    ledger: MemoryLedger | None = None,
    *,
    owner: Owner | None = None,
    facts: Sequence[Fact] = (),
    beating: bool = True,
    **settings: Any,  # noqa: ANN401 - whatever ChannelSettings takes
) -> AsyncIterator[Room]:
    """Run the room, with the plan in force and these facts decided; an owner who was there before goes on."""
    ledger = ledger or MemoryLedger(SHARDS)
    if owner is None:
        owner = Owner(ledger)
        await owner.claim()
        await owner.decide(plan_adopted(), *facts)
    beats = asyncio.create_task(owner.beat()) if beating else None
    process = ProcessSettings(name="channels", drain_seconds=0.0)
    given = ChannelSettings(process=process, port=0, token_secret=SECRET, **settings)
    try:
        async with On(process) as on:
            channels = await build(given, process.clock, ledger, on)
            await until(lambda: channels.following.not_started() is None)
            room = Room(ledger, owner, channels, on)
            try:
                yield room
            finally:
                await room.leave()
    finally:
        if beats:
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)
