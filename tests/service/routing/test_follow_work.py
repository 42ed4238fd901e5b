"""The stream of work: what is first on it, what follows, and what happens when it breaks, lags or is taken over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kindline.language.agents import AgentStatus
from kindline.language.content import Because
from kindline.routing.adapters.work_history import resume_token
from kindline.routing.service import Routing
from kindline.v1 import agent_pb2, presence_pb2, routing_pb2
from tests.given import POOL
from tests.service.routing.house import SECRET, SHARD, House, Process, house, until
from tests.service.routing.raw import Frames, Raw


@asynccontextmanager
async def at_work(heartbeat_every: float = 10.0) -> AsyncIterator[tuple[House, Raw, Frames]]:
    """Amy is attached, available, and follows her work."""
    async with house(heartbeat_every=heartbeat_every) as centre:
        raw = await connected(centre)
        async with attached(raw):
            frames = raw.follow()
            assert (await frames.next()).items[0].WhichOneof("item") == "snapshot"
            yield centre, raw, frames


async def connected(centre: House) -> Raw:
    """Start one process of each room and connect to them."""
    routing = await centre.routing()
    return Raw(await centre.presence(), routing)


@asynccontextmanager
async def attached(raw: Raw, agent_id: str = "amy") -> AsyncIterator[None]:
    """The agent is signed in, attached and available; the channels are closed in the end."""
    await raw.sign_in(agent_id)
    presence = raw.attend()
    await presence.next()
    await set_status(raw)
    try:
        yield
    finally:
        await raw.close()


async def set_status(raw: Raw) -> None:
    """Be available."""
    status = agent_pb2.SetStatus(status=agent_pb2.AgentStatus.ValueType(AgentStatus.AVAILABLE))
    await raw.call(raw.presence.SetStatus, presence_pb2.SetStatusRequest(set_status=status))


async def accept(raw: Raw, offer: routing_pb2.Offer) -> None:
    """Take an offer."""
    command = agent_pb2.AcceptOffer(offer_id=offer.offer_id)
    await raw.call(raw.routing.AcceptOffer, routing_pb2.AcceptOfferRequest(accept_offer=command))


async def test_a_stream_begins_with_everything_there_is() -> None:
    """Whoever opens the stream late sees the open offer and, after accepting, the work with all that was said."""
    async with at_work() as (centre, raw, frames):
        await centre.customer("visitor", "one", "two")
        offer = (await frames.until("offer")).offer
        late = raw.follow()
        assert [each.offer_id for each in (await late.next()).items[0].snapshot.offers] == [offer.offer_id]
        await accept(raw, offer)
        again = (await raw.follow().next()).items[0].snapshot
        assert [each.interaction_id for each in again.work] == [offer.interaction_id]
        assert [each.content.text for each in again.messages] == ["one", "two"]


async def test_a_front_end_that_comes_back_goes_on_without_a_gap() -> None:
    """With its resume token a front end gets just what it missed, and no snapshot."""
    async with at_work() as (centre, raw, frames):
        await centre.customer("visitor", "one")
        offer = (await frames.until("offer")).offer
        await accept(raw, offer)
        await frames.until("work")
        frames.leave()
        for text in ("two", "three"):
            await centre.customer("visitor", text)
        back = raw.follow(frames.token)
        said = [item.message.content.text for item in await missed(back, 2) if item.HasField("message")]
        assert said == ["two", "three"]


async def missed(frames: Frames, messages: int) -> list[routing_pb2.WorkItem]:
    """Items until so many messages have come; a snapshot among them is a failure."""
    items: list[routing_pb2.WorkItem] = []
    while sum(item.HasField("message") for item in items) < messages:
        items += (await frames.next()).items
    assert not any(item.HasField("snapshot") for item in items)
    return items


@pytest.mark.parametrize("token", [b"broken", b"\x00" * 32])
async def test_a_token_that_is_not_ours_gets_a_fresh_snapshot(token: bytes) -> None:
    """A broken or invented resume token is no error: the stream begins with a snapshot."""
    async with at_work() as (_, raw, _frames):
        assert (await raw.follow(token).next()).items[0].HasField("snapshot")


async def test_a_token_of_one_agent_is_worthless_to_another() -> None:
    """A resume token names its agent's place only: in other hands the stream begins with a snapshot."""
    async with at_work() as (_, raw, frames):
        bob = await raw.other().sign_in("bob")
        assert (await bob.follow(frames.token).next()).items[0].HasField("snapshot")
        assert not (await raw.follow(frames.token).next()).items[0].HasField("snapshot")


async def test_a_place_that_the_log_never_reaches_gets_a_fresh_snapshot() -> None:
    """A token from a ledger that is gone, as after a fresh start with the old secret, hides no open offer."""
    async with at_work() as (centre, raw, frames):
        await centre.customer("visitor", "one")
        await frames.until("offer")
        token = resume_token(SECRET, (POOL, "amy"), Because(epoch=9, seq=10**9))
        [offer] = (await raw.follow(token).next()).items[0].snapshot.offers
        assert offer.offer_id


async def test_a_token_is_honoured_by_another_replica() -> None:
    """A front end that moves to another routing process goes on without a gap, because all fold the same log."""
    async with house() as centre:
        routing, presence = await centre.routing(), await centre.presence()
        other = await centre.routing()
        raw = Raw(presence, routing)
        async with attached(raw):
            frames = raw.follow()
            await frames.next()
            await centre.customer("visitor", "one")
            offer = (await frames.until("offer")).offer
            await accept(raw, offer)
            await frames.until("work")
            await routing.stop()
            await centre.customer("visitor", "two")
            there = Raw(presence, other, raw.token)
            said = [
                item.message.content.text
                for item in await missed(there.follow(frames.token), 1)
                if item.HasField("message")
            ]
            assert said == ["two"]
            await there.close()


async def test_a_quiet_stream_has_a_heartbeat() -> None:
    """When there is nothing to say the stream says so, with the server's time."""
    async with at_work(heartbeat_every=0.1) as (_, _raw, frames):
        assert (await frames.until("heartbeat")).heartbeat.server_time > 1_600_000_000


async def test_a_stream_says_that_it_is_stale_and_then_that_it_is_not() -> None:
    """When decisions fall silent the agent is told that what they see may be old, and told how they are afterwards."""
    async with house() as centre:
        routing, presence = await centre.routing(), await centre.presence()
        raw = Raw(presence, routing)
        async with attached(raw):
            frames = raw.follow()
            await frames.next()
            await routing.on.health.poll()
            routing.ledger.reachable = False
            assert (await frames.until("stale")).stale.silent_seconds >= 3.0
            routing.ledger.reachable = True
            assert (await frames.until("state")).state.status == AgentStatus.AVAILABLE


async def test_the_newest_front_end_wins() -> None:
    """An agent who signs in elsewhere takes over: the older front end is told so and its streams end."""
    async with at_work() as (_, raw, frames):
        await raw.sign_in("amy")
        assert (await frames.until("session_superseded")).HasField("session_superseded")
        assert await frames.next() is None


async def test_a_replica_that_shuts_down_says_so_first() -> None:
    """Before a replica ends it sends every stream a last word, so that front ends go elsewhere at once."""
    async with house() as centre:
        routing = await centre.routing()
        raw = Raw(await centre.presence(), routing)
        async with attached(raw):
            frames = raw.follow()
            await frames.next()
            await routing.stop()
            assert (await frames.until("draining")).draining.reconnect_within_seconds > 0
            assert await frames.next() is None


async def test_a_front_end_that_reads_too_slowly_gets_a_snapshot_instead_of_a_backlog() -> None:
    """What piles up for a front end that does not read is replaced by a snapshot, and the newest words are there."""
    async with house() as centre:
        routing, presence = await centre.routing(), await centre.presence()
        raw = Raw(presence, routing)
        async with attached(raw):
            frames = raw.follow()
            await frames.next()
            await centre.customer("visitor", "one")
            offer = (await frames.until("offer")).offer
            await accept(raw, offer)
            await frames.until("work")
            await asyncio.gather(*(centre.customer("visitor", "x" * 5_000) for _ in range(4_000)))
            await centre.customer("visitor", "the last word")
            await until(lambda: last_word(routing, offer.interaction_id) == "the last word", "all is decided", 30.0)
            items: list[routing_pb2.WorkItem] = []
            while not any(said(item) == "the last word" for item in items):
                items += (await frames.next()).items
            assert any(item.HasField("snapshot") for item in items)
            assert len(items) < 4_000


def last_word(routing: Process[Routing], interaction_id: str) -> object:
    """What was said last in an interaction, as the engine has it."""
    interaction = routing.room.shards.engine(SHARD).interaction(interaction_id)
    content = interaction.messages[-1].content if interaction else None
    return content.body if content else None


def said(item: routing_pb2.WorkItem) -> str:
    """The last words in an item."""
    messages = [item.message] if item.HasField("message") else item.snapshot.messages
    return messages[-1].content.text if messages else ""
