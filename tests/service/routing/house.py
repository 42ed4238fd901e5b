"""A whole contact centre in one process: presence and routing over real gRPC on loopback, on a ledger in memory."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from kindline.client import Desk, DeskEvent
from kindline.language import events as e
from kindline.language.content import Content
from kindline.language.events import InteractionEvent
from kindline.language.facts import PlanAdopted
from kindline.language.ids import shard_of
from kindline.language.log import DecisionBatch
from kindline.language.plan import Plan, PlanPublished
from kindline.ledger import codec, envelope, topics
from kindline.ledger.memory import MemoryLedger, MemoryLog
from kindline.ledger.port import Ledger, Partition
from kindline.presence import service as presence_room
from kindline.presence.adapters.settings import PresenceSettings
from kindline.routing import service as routing_room
from kindline.routing.adapters.grpc_settings import RoutingSettings
from kindline.runtime.clock import BusinessClock
from kindline.runtime.on import On
from kindline.runtime.settings import ProcessSettings, RpcSettings
from tests.given import POOL, plan

Room = TypeVar("Room")
Event = TypeVar("Event")
Settings = TypeVar("Settings", PresenceSettings, RoutingSettings)

SHARDS = 2
SHARD = shard_of(POOL, SHARDS)
SECRET = b"a secret that only this test knows"
LIMIT = 30.0


@dataclass
class House:
    """The centre; every process has a ledger of its own on the shared log, which a test may cut off."""

    log: MemoryLog = field(default_factory=lambda: MemoryLog(SHARDS))
    heartbeat_every: float = 10.0
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    numbers: int = 0
    started: "list[Process[object]]" = field(default_factory=list)
    own: MemoryLedger = field(init=False)

    def __post_init__(self) -> None:
        """The test's own way into the ledger."""
        self.own = MemoryLedger(log=self.log)

    async def routing(self, edge: RpcSettings | None = None) -> "Process[routing_room.Routing]":
        """Start a routing process, on a free port of loopback unless told otherwise."""
        settings = RoutingSettings(process=process("routing"), rpc=edge or rpc(), heartbeat_every=self.heartbeat_every)
        return await self._start(settings, routing_room.build)

    async def presence(self, edge: RpcSettings | None = None) -> "Process[presence_room.Presence]":
        """Start a presence process, on a free port of loopback unless told otherwise."""
        settings = PresenceSettings(
            process=process("presence"), rpc=edge or rpc(), heartbeat_every=self.heartbeat_every, alive_every=0.5
        )
        return await self._start(settings, presence_room.build)

    async def _start(
        self, settings: Settings, build: Callable[[Settings, BusinessClock, Ledger, On], Awaitable[Room]]
    ) -> "Process[Room]":
        ledger = MemoryLedger(log=self.log)
        on = On(settings.process)
        await on.__aenter__()
        started = Process(on, ledger, await build(settings, BusinessClock(), ledger, on))
        self.stack.push_async_callback(started.stop)
        self.started.append(cast("Process[object]", started))

        async def ready() -> bool:
            await on.health.poll()
            return on.health.ready

        await until(ready, "the process is ready")
        await until(lambda: self.facts(PlanAdopted), "the plan is in force")
        return started

    async def publish(self, in_force: Plan) -> None:
        """Put a plan in force."""
        await self._append(topics.PLAN, PlanPublished(plan=in_force), "PlanPublished")

    async def customer(self, thread: str, *texts: str, at: str = "chat") -> None:
        """A customer comes and says something."""
        for text in texts or ("hello",):
            self.numbers += 1
            said = e.MessageReceived(message_id=f"m{self.numbers}", content=Content(body=text))
            await self.happens(said, thread, at)

    async def happens(self, happening: e.InteractionHappening, thread: str, at: str = "chat") -> None:
        """Something happens on a thread."""
        event = InteractionEvent(pool=POOL, entry_point=at, thread=thread, event=happening)
        await self._append(topics.INTERACTIONS, event, type(happening).__name__)

    async def _append(self, topic: str, value: InteractionEvent | PlanPublished, kind: str) -> None:
        self.numbers += 1
        ce_headers = envelope.headers(
            kind=kind, event_id=f"e{self.numbers}", source="test", happened_at=BusinessClock().now()
        )
        await self.own.writer().append(Partition(topic, SHARD), POOL.encode(), codec.encode(value), ce_headers)

    async def decided(self) -> list[DecisionBatch]:
        """Every batch that stands in the pool's log."""
        partition = Partition(topics.DECISIONS, SHARD)
        reader = self.own.reader({partition: 0})
        records = list(await reader.read(0.1))
        await reader.close()
        found = (codec.decode_decision(record.value or b"") for record in records)
        return [batch for batch in found if isinstance(batch, DecisionBatch)]

    async def facts(self, kind: type[Event]) -> list[Event]:
        """Every fact of a kind that was decided for the pool's shard."""
        return [fact for batch in await self.decided() for fact in batch.facts if isinstance(fact, kind)]


@dataclass
class Process(Generic[Room]):
    """One running process."""

    on: On
    ledger: MemoryLedger
    room: Room
    stopped: bool = False

    async def stop(self) -> None:
        """End it as SIGTERM does."""
        if not self.stopped:
            self.stopped = True
            await self.on.drain()
            await self.on.__aexit__(None, None, None)
            await self.ledger.close()
            assert self.on.failure is None


@asynccontextmanager
async def house(in_force: Plan | None = None, heartbeat_every: float = 10.0) -> AsyncIterator[House]:
    """A centre with a plan in force and no process yet; all that it started is stopped in the end."""
    centre = House(heartbeat_every=heartbeat_every)
    async with centre.stack:
        await centre.publish(in_force or plan())
        yield centre


@asynccontextmanager
async def small_house(heartbeat_every: float = 10.0) -> AsyncIterator[tuple[House, Callable[[str], Desk]]]:
    """A centre with one process of each room, and a way to sit down at a desk."""
    async with house(heartbeat_every=heartbeat_every) as centre:
        routing = await centre.routing()
        presence = await centre.presence()

        yield centre, lambda agent_id: desk_at(presence, routing, agent_id)


def desk_at(presence: Process[presence_room.Presence], routing: Process[routing_room.Routing], agent_id: str) -> Desk:
    """A desk that talks to these two processes."""
    places = {"presence": address(presence.room.port), "routing": address(routing.room.port)}
    return Desk.connect(pool=POOL, agent_id=agent_id, **places)


def process(name: str) -> ProcessSettings:
    """A process that stops at once and shows its pages nowhere."""
    return ProcessSettings(name=name, drain_seconds=0.05, grace_seconds=1.0, client_name=f"{name}-test")


def rpc(host: str = "127.0.0.1", port: int = 0) -> RpcSettings:
    """A free port on loopback, unless told otherwise."""
    return RpcSettings(host=host, port=port, token_secret=SECRET)


def address(port: int) -> str:
    """Where a process of this test listens."""
    return f"127.0.0.1:{port}"


async def until(condition: Callable[[], object], what: str, limit: float = LIMIT) -> None:
    """Wait until something holds, which may be a coroutine; fail with its name after the limit."""
    give_up = asyncio.get_running_loop().time() + limit
    while True:
        holds = condition()
        if inspect.isawaitable(holds):
            holds = await holds
        if holds:
            return
        assert asyncio.get_running_loop().time() < give_up, f"after {limit:g} s still not: {what}"
        await asyncio.sleep(0.02)


class Heard:
    """What a desk hears, collected in the background."""

    def __init__(self, desk: Desk) -> None:
        """Begin to listen."""
        self.events: list[DeskEvent] = []
        self._task = asyncio.create_task(self._listen(desk))

    async def _listen(self, desk: Desk) -> None:
        async for event in desk.events():
            self.events.append(event)

    async def first(self, kind: type[Event], where: Callable[[Event], bool] = lambda _: True) -> Event:
        """The first event of a kind that fits, as soon as it was heard."""
        await until(lambda: any(True for _ in self._fitting(kind, where)), f"a {kind.__name__} is heard: {self.events}")
        return next(self._fitting(kind, where))

    def _fitting(self, kind: type[Event], where: Callable[[Event], bool]) -> Iterator[Event]:
        return (event for event in self.events if isinstance(event, kind) and where(event))

    async def over(self) -> None:
        """Wait until the desk has nothing more to say; raises what it raised."""
        async with asyncio.timeout(LIMIT):
            await self._task
