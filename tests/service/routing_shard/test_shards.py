"""The shards of a routing process on a ledger in memory: an offer, a takeover, bad input, a clean end."""

import asyncio

from kindline.language.facts import CommandAnswered, InputDeadLettered, InputRejected, OfferIssued, PlanAdopted
from kindline.language.facts.agents import RefusalReason
from kindline.language.plan import PlanPublished
from kindline.ledger import topics
from kindline.ledger.memory import MemoryLedger
from kindline.ledger.memory.log import MemoryLog
from kindline.ledger.port import Partition
from tests.given import POOL, plan
from tests.service.routing_shard.routers import (
    POISON,
    SHARD,
    SHARDS,
    Delicate,
    Router,
    amy_is_available,
    chat,
    publish,
    until,
)


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
    ledger = MemoryLedger(log=log)
    first, second = Router(ledger, name="first"), Router(MemoryLedger(log=log), name="second")
    gone = asyncio.create_task(first.shards.run())
    await until(lambda: first.shards.owned() == {0, 1})
    await publish(first.ledger, PlanPublished(plan=plan()))
    await publish(first.ledger, chat("visitor-1"), "event-1")
    await until(lambda: len(list(first.shards.engine(SHARD).interactions())) == 1)
    gone.cancel()
    await ledger.vanish()
    async with second.running():
        await until(lambda: SHARD in second.shards.owned())
        await publish(second.ledger, chat("visitor-1"), "event-1")
        await publish(second.ledger, chat("visitor-2"), "event-2")
        await until(lambda: len(list(second.shards.engine(SHARD).interactions())) == 2)
