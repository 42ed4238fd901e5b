"""The relay on a ledger in memory: dead letters with their reason, strays sent home, and nothing lost by a restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kindline.language import events as e
from kindline.language.facts.inputs import DeadLetterReason, InputDeadLettered, InputRedirected, InputReference
from kindline.language.ids import event_identity, position_identity
from kindline.language.log import DecisionBatch, EpochClaim
from kindline.ledger import codec, topics
from kindline.ledger.envelope import IDENTITY_HEADER
from kindline.ledger.memory import MemoryLedger
from kindline.ledger.memory.log import MemoryLog
from kindline.ledger.port import Headers, Partition, Record
from kindline.routing.adapters.inputs import Inputs
from kindline.routing.adapters.relay import GROUP, Relay
from kindline.routing.domain.inputs import EventArrived
from kindline.runtime.clock import BusinessClock

SHARD = 1
LIMIT = 5.0


def stray(offset: int = 0) -> InputReference:
    """A record of the interactions topic."""
    return InputReference(topic=topics.INTERACTIONS, partition=SHARD, offset=offset)


def letter(offset: int = 0) -> InputDeadLettered:
    """The engine's refusal of that record."""
    return InputDeadLettered(input=stray(offset), reason=DeadLetterReason.UNKNOWN_POOL, detail="nobody knows the pool")


class Engine:
    """Writes decisions by hand."""

    def __init__(self, log: MemoryLog) -> None:
        """Own the shard from epoch 1 on."""
        self.log, self.seq = log, 0
        log.append(Partition(topics.DECISIONS, SHARD), None, codec.encode(EpochClaim(epoch=1, owner="o", claimant="c")))

    def decides(self, *facts: InputDeadLettered | InputRedirected, owner: str = "o") -> None:
        """One batch with these facts."""
        batch = DecisionBatch(
            epoch=1, owner=owner, seq=self.seq + 1, level=1, decided_at=1_700_000_000.0, facts=facts, next_within=0.5,
            released=False,
        )  # fmt: skip
        self.seq += owner == "o"
        self.log.append(Partition(topics.DECISIONS, SHARD), None, codec.encode(batch))


@asynccontextmanager
async def relay(log: MemoryLog) -> AsyncIterator[Relay]:
    """A relay at work."""
    ledger = MemoryLedger(log=log)
    its = Relay(ledger)
    task = asyncio.create_task(its.run())
    try:
        yield its
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await ledger.close()


async def copies(log: MemoryLog, topic: str, partition: int, count: int) -> tuple[Record, ...]:
    """What stands in a partition once there is so much of it."""
    async with asyncio.timeout(LIMIT):
        while len(log.records(Partition(topic, partition))) < count:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    return log.records(Partition(topic, partition))


def put(log: MemoryLog, value: bytes, headers: Headers = ()) -> None:
    """Append an input to the wrong shard."""
    log.append(Partition(topics.INTERACTIONS, SHARD), b"key", value, headers)


async def test_a_dead_letter_is_the_record_as_it_was_and_says_why() -> None:
    """People find the refused record untouched beside the reason, the place and the time."""
    log = MemoryLog(2)
    put(log, b"\xffnoise", (("ce_id", b"7"), ("ce_source", b"shop")))
    Engine(log).decides(letter())
    async with relay(log) as its:
        [copy] = await copies(log, topics.dead_letters(topics.INTERACTIONS), SHARD, 1)
        assert its.copied == {(topics.INTERACTIONS, "UNKNOWN_POOL"): 1}
    assert (copy.key, copy.value) == (b"key", b"\xffnoise")
    assert dict(copy.headers) == {
        "ce_id": b"7",
        "ce_source": b"shop",
        "x-dlq-topic": b"kindline.interactions",
        "x-dlq-partition": b"1",
        "x-dlq-offset": b"0",
        "x-dlq-reason": b"UNKNOWN_POOL",
        "x-dlq-detail": b"nobody knows the pool",
        "x-dlq-at": b"2023-11-14T22:13:20Z",
    }


async def test_a_stray_keeps_the_identity_by_which_its_first_shard_knew_it() -> None:
    """An input that went to the wrong shard is the same event on the right one, with or without an id of its own."""
    log, event = MemoryLog(2), codec.encode(e.InteractionEvent(pool="acme/support", event=e.InteractionStarted()))
    put(log, event, (("ce_id", b"7"), ("ce_source", b"shop")))
    put(log, event)
    known = event_identity(tenant="acme", source="shop", event_id="7")
    place = position_identity(topic=topics.INTERACTIONS, partition=SHARD, offset=1)
    Engine(log).decides(
        InputRedirected(input=stray(0), to_partition=0, pool="acme/support", identity=known),
        InputRedirected(input=stray(1), to_partition=0, pool="acme/support", identity=place),
    )
    async with relay(log):
        arrived = [Inputs(BusinessClock())(record) for record in await copies(log, topics.INTERACTIONS, 0, 2)]
    assert [one.identity for one in arrived if isinstance(one, EventArrived)] == [known, place]


async def test_what_does_not_count_is_not_relayed() -> None:
    """A batch of an owner who was superseded asks for nothing."""
    log = MemoryLog(2)
    put(log, b"first")
    put(log, b"second")
    engine = Engine(log)
    engine.decides(letter(0), owner="a zombie")
    engine.decides(letter(1))
    async with relay(log):
        [copy] = await copies(log, topics.dead_letters(topics.INTERACTIONS), SHARD, 1)
    assert copy.value == b"second"


async def test_a_relay_that_comes_later_goes_on_where_the_last_one_stood() -> None:
    """After a restart nothing is missing, and what was committed is not copied again."""
    log = MemoryLog(2)
    put(log, b"first")
    put(log, b"second")
    engine = Engine(log)
    engine.decides(letter(0))
    async with relay(log):
        await copies(log, topics.dead_letters(topics.INTERACTIONS), SHARD, 1)
        async with asyncio.timeout(LIMIT):
            while SHARD not in log.group("kindline-relay", topics.DECISIONS).commits:
                await asyncio.sleep(0.01)
    engine.decides(letter(1))
    async with relay(log):
        found = await copies(log, topics.dead_letters(topics.INTERACTIONS), SHARD, 2)
    assert [copy.value for copy in found] == [b"first", b"second"]


async def test_an_input_that_was_trimmed_away_does_not_hold_up_the_next() -> None:
    """When a refused record is gone already the relay says so and copies what comes after it."""
    log = MemoryLog(2)
    put(log, b"first")
    put(log, b"second")
    engine = Engine(log)
    engine.decides(letter(0), letter(1))
    log.trim({Partition(topics.INTERACTIONS, SHARD): 1})
    async with relay(log):
        [copy] = await copies(log, topics.dead_letters(topics.INTERACTIONS), SHARD, 1)
    assert copy.value == b"second"


def test_nobody_makes_anothers_event_vanish_by_a_header() -> None:
    """An identity that a stranger writes into a header counts for nothing; only the relay's own copies have one."""
    victim = event_identity(tenant="acme", source="shop", event_id="7")
    said = codec.encode(e.InteractionEvent(pool="evil/pool", thread="t", event=e.CustomerLeft()))
    place = f"{topics.INTERACTIONS}/0/5"
    endless = f"{topics.INTERACTIONS}/0/{'9' * 5_000}"
    for source, name in (("shop", "8"), ("kindline/relay", endless), ("kindline/relay", place), ("", "")):
        forged = (("ce_id", name.encode()), ("ce_source", source.encode()), (IDENTITY_HEADER, victim.hex().encode()))
        record = Record(Partition(topics.INTERACTIONS, SHARD), 0, 1_700_000_000.0, None, said, forged)
        arrived = Inputs(BusinessClock())(record)
        assert isinstance(arrived, EventArrived)
        assert arrived.identity != victim


async def test_offsets_that_somebody_reset_by_hand_make_the_relay_begin_again() -> None:
    """A commit without the relay's own note costs repeats of what was copied before, never the process."""
    log = MemoryLog(2)
    put(log, b"one")
    Engine(log).decides(letter())
    ledger = MemoryLedger(log=log)
    membership = await ledger.join(GROUP, topics.DECISIONS)
    async with asyncio.timeout(LIMIT):
        while SHARD not in membership.assigned():
            await asyncio.sleep(0.01)
    await membership.commit({SHARD: (2, "")})
    await membership.close()
    async with relay(log):
        [copy] = await copies(log, topics.dead_letters(topics.INTERACTIONS), SHARD, 1)
    assert copy.value == b"one"
    await ledger.close()
