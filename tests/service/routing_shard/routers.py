"""Routing processes for tests: their shards, what they told their edges, and inputs to give them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from kindline.language import agents as a
from kindline.language import events as e
from kindline.language.facts import Fact
from kindline.language.ids import Instant, shard_of
from kindline.language.log import DecisionBatch
from kindline.language.plan import PlanPublished
from kindline.ledger import codec, envelope, topics
from kindline.ledger.owned.core import OwnedSettings
from kindline.ledger.port import Ledger, Partition
from kindline.routing.adapters.shards import Shards, ShardSettings
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.inputs import AgentSpoke, EventArrived, Input
from kindline.runtime.clock import BusinessClock
from kindline.runtime.identities import fresh_command_id
from tests.given import POOL, plan

SHARDS = 2
SHARD = shard_of(POOL, SHARDS)
QUICK = OwnedSettings(heartbeat_seconds=0.1, probe_seconds=0.05, rank_seconds=0.05)
LIMIT = 5.0
POISON = "poison"


class Delicate(Engine):
    """An engine that cannot stand one word."""

    __slots__ = ()

    def decide(self, given: Input, now: Instant) -> list[Fact]:
        """Decide, then break, so that there is a state to undo."""
        facts = super().decide(given, now)
        if isinstance(given, EventArrived) and given.event.thread == POISON:
            raise ValueError("a customer's own words")
        if isinstance(given, AgentSpoke) and isinstance(given.event.event, a.AgentCommand):
            raise KeyError(POISON)
        return facts


@dataclass
class Router:
    """One routing process and what it told its edges."""

    ledger: Ledger
    shards: Shards = field(init=False)
    told: list[tuple[int, DecisionBatch, int]] = field(default_factory=list)
    engine: Callable[[int, int], Engine] = Engine
    name: str = "router"
    settings: OwnedSettings = QUICK

    def __post_init__(self) -> None:
        """Be ready to run."""
        settings = ShardSettings(member=self.name, owned=self.settings)
        self.shards = Shards(self.ledger, BusinessClock(), self.engine, self.hear, settings)

    def hear(self, shard: int, batch: DecisionBatch, offset: int) -> None:
        """Keep what counts."""
        self.told.append((shard, batch, offset))

    def facts(self) -> list[Fact]:
        """All facts of the pool's shard in their order."""
        return [fact for shard, batch, _ in self.told if shard == SHARD for fact in batch.facts]

    def has(self, kind: type) -> bool:
        """Whether a fact of this kind counts."""
        return any(isinstance(fact, kind) for fact in self.facts())

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Router"]:
        """Run, and end cleanly."""
        task = asyncio.create_task(self.shards.run())
        try:
            yield self
        finally:
            self.shards.stop()
            await asyncio.wait_for(task, 10)


async def until(is_so: Callable[[], bool], limit: float = LIMIT) -> None:
    """Wait until it is so, or fail."""
    async with asyncio.timeout(limit):
        while not is_so():
            await asyncio.sleep(0.01)


async def publish(ledger: Ledger, said: e.InteractionEvent | a.AgentEvent | PlanPublished, name: str = "") -> None:
    """Append an input as a channel, presence or a planner does."""
    topic = {e.InteractionEvent: topics.INTERACTIONS, a.AgentEvent: topics.AGENTS}.get(type(said), topics.PLAN)
    headers = envelope.headers(kind="test", event_id=name, source="test", happened_at=BusinessClock().now())
    await ledger.writer().append(Partition(topic, SHARD), POOL.encode(), codec.encode(said), headers if name else ())


def chat(thread: str) -> e.InteractionEvent:
    """A visitor begins a chat."""
    return e.InteractionEvent(pool=POOL, entry_point="chat", thread=thread, event=e.InteractionStarted())


def amy(event: a.AgentHappening) -> a.AgentEvent:
    """Amy's front end says something."""
    return a.AgentEvent(pool=POOL, agent_id="amy", event=event)


async def amy_is_available(ledger: Ledger) -> None:
    """Amy signs in and declares herself available."""
    await publish(ledger, PlanPublished(plan=plan()))
    await publish(ledger, amy(a.SessionOpened(session_id="s-1", replica_id="p-1")))
    status = a.AgentCommand(
        command_id=fresh_command_id(), session_id="s-1", command=a.SetStatus(status=a.AgentStatus.AVAILABLE)
    )
    await publish(ledger, amy(status))
