"""The shards of a routing process on a ledger in memory: an offer, a takeover, bad input, a clean end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from kindline.language import agents as a
from kindline.language import events as e
from kindline.language.facts import CommandAnswered, Fact, InputDeadLettered, InputRejected, OfferIssued, PlanAdopted
from kindline.language.facts.agents import RefusalReason
from kindline.language.ids import Instant, shard_of
from kindline.language.log import DecisionBatch
from kindline.language.plan import PlanPublished
from kindline.ledger import codec, envelope, topics
from kindline.ledger.memory import MemoryLedger
from kindline.ledger.memory.log import MemoryLog
from kindline.ledger.owned.core import OwnedSettings
from kindline.ledger.port import Partition
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

    ledger: MemoryLedger
    shards: Shards = field(init=False)
    told: list[tuple[int, DecisionBatch, int]] = field(default_factory=list)
    engine: Callable[[int, int], Engine] = Engine
    name: str = "router"

    def __post_init__(self) -> None:
        """Be ready to run."""
        settings = ShardSettings(member=self.name, owned=QUICK)
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


async def publish(
    ledger: MemoryLedger, said: e.InteractionEvent | a.AgentEvent | PlanPublished, name: str = ""
) -> None:
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


async def amy_is_available(ledger: MemoryLedger) -> None:
    """Amy signs in and declares herself available."""
    await publish(ledger, PlanPublished(plan=plan()))
    await publish(ledger, amy(a.SessionOpened(session_id="s-1", replica_id="p-1")))
    status = a.AgentCommand(
        command_id=fresh_command_id(), session_id="s-1", command=a.SetStatus(status=a.AgentStatus.AVAILABLE)
    )
    await publish(ledger, amy(status))


async def test_a_typed_line_becomes_an_offer_that_counts() -> None:
    """A chat that comes in while an agent is free is offered to her, and the edge hears of it after it counts."""
    ledger = MemoryLedger(SHARDS)
    async with Router(ledger).running() as router:
        await amy_is_available(ledger)
        await publish(ledger, chat("visitor-1"), "event-1")
        await until(lambda: router.has(OfferIssued))
        assert router.shards.owned() == {0, 1}
        [work] = router.shards.engine(SHARD).work_of(POOL, "amy")
        assert work.received.thread == "visitor-1"
        position = router.shards.position(SHARD)
        assert (position.seq, position.offset) in [(batch.seq, offset) for _, batch, offset in router.told]
        assert not router.shards.stale(SHARD)


async def test_the_plan_is_read_before_anything_else() -> None:
    """A new owner knows every plan before it looks at the first chat that waited for it."""
    ledger = MemoryLedger(SHARDS)
    for number in range(20):
        await publish(ledger, chat(f"visitor-{number}"), f"event-{number}")
    await publish(ledger, PlanPublished(plan=plan()))
    async with Router(ledger).running() as router:
        await until(lambda: len(list(router.shards.engine(SHARD).interactions())) == 20 if router.told else False)
        assert not router.has(InputDeadLettered)


async def test_an_input_that_breaks_the_engine_is_refused_and_stops_nobody() -> None:
    """The failure is undone, stands in the log as a refusal without anybody's words, and the next chat goes on."""
    ledger = MemoryLedger(SHARDS)
    async with Router(ledger, engine=Delicate).running() as router:
        await publish(ledger, PlanPublished(plan=plan()))
        for thread in ("visitor-1", POISON, "visitor-2"):
            await publish(ledger, chat(thread), thread)
        await until(lambda: router.has(InputRejected) and len(list(router.shards.engine(SHARD).interactions())) == 2)
        [refused] = [fact for fact in router.facts() if isinstance(fact, InputRejected)]
        assert (refused.input.topic, refused.input.offset) == (topics.INTERACTIONS, 1)
        assert "ValueError" in refused.error
        assert "words" not in refused.error
        assert router.shards.counts["state_rebuilds"] == 1


async def test_a_command_that_breaks_the_engine_is_answered() -> None:
    """An agent whose command broke the engine is told so, instead of waiting."""
    ledger = MemoryLedger(SHARDS)
    async with Router(ledger, engine=Delicate).running() as router:
        await amy_is_available(ledger)
        await until(lambda: router.has(CommandAnswered))
        [answer] = [fact for fact in router.facts() if isinstance(fact, CommandAnswered)]
        assert answer.refusal is RefusalReason.COMMAND_FAILED


async def test_a_record_that_cannot_be_read_is_dead_lettered() -> None:
    """Bytes that are no event, or too many of them, are refused with a reason, and the next chat goes on."""
    ledger = MemoryLedger(SHARDS)
    async with Router(ledger).running() as router:
        await publish(ledger, PlanPublished(plan=plan()))
        place = Partition(topics.INTERACTIONS, SHARD)
        await ledger.writer().append(place, None, b"\xff\xffnoise")
        await ledger.writer().append(place, None, b"x" * 300_000)
        await ledger.writer().append(place, None, b"{}", (("content-type", b"text/plain"),))
        await publish(ledger, chat("visitor-1"), "event-1")
        await until(lambda: len(list(router.shards.engine(SHARD).interactions())) == 1 if router.told else False)
        letters = [fact.reason.name for fact in router.facts() if isinstance(fact, InputDeadLettered)]
        assert letters == ["UNPARSABLE", "TOO_LARGE", "WRONG_CONTENT_TYPE"]


async def test_a_clean_end_hands_the_shards_over_at_once() -> None:
    """A router that is stopped says so in the log, and the other takes over without waiting for silence."""
    log = MemoryLog(SHARDS)
    first, second = Router(MemoryLedger(log=log), name="first"), Router(MemoryLedger(log=log), name="second")
    async with second.running():
        async with first.running():
            await publish(first.ledger, PlanPublished(plan=plan()))
            await until(lambda: len(first.shards.owned() | second.shards.owned()) == SHARDS and second.has(PlanAdopted))
        await until(lambda: second.shards.owned() == {0, 1}, 2.0)
        await until(lambda: any(batch.released for _, batch, _ in second.told))


async def test_a_standby_takes_over_from_a_router_that_fell_silent() -> None:
    """When the owner is gone without a word the other decides on within seconds, with everything it had decided."""
    log = MemoryLog(SHARDS)
    first, second = Router(MemoryLedger(log=log), name="first"), Router(MemoryLedger(log=log), name="second")
    gone = asyncio.create_task(first.shards.run())
    await until(lambda: first.shards.owned() == {0, 1})
    await publish(first.ledger, PlanPublished(plan=plan()))
    await publish(first.ledger, chat("visitor-1"), "event-1")
    await until(lambda: len(list(first.shards.engine(SHARD).interactions())) == 1)
    gone.cancel()
    await first.ledger.vanish()
    async with second.running():
        await until(lambda: SHARD in second.shards.owned())
        await publish(second.ledger, chat("visitor-1"), "event-1")
        await publish(second.ledger, chat("visitor-2"), "event-2")
        await until(lambda: len(list(second.shards.engine(SHARD).interactions())) == 2)
