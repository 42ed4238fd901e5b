"""Signing in and staying alive, through real gRPC: who may come in, what they hear, and what follows when they go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest

from kindline.language.agents import AgentStatus, ReplicaAlive
from kindline.language.facts import AgentLeaseChanged, AgentSignedIn, AgentSignedOut, ReplicaSeen
from kindline.language.facts.agents import Lease, RoutingState
from kindline.language.plan import PoolLimits
from kindline.ledger import codec, topics
from kindline.ledger.memory import AppendFault, Outcome
from kindline.ledger.port import Partition
from kindline.presence.service import Presence
from kindline.runtime.tokens import agent_key
from kindline.v1 import agent_pb2, presence_pb2
from tests.given import POOL, plan
from tests.service.routing.house import SECRET, SHARDS, House, Process, house, rpc, until
from tests.service.routing.raw import Frames, Raw, refusal

IMPATIENT = plan(limits=PoolLimits(suspect_after_seconds=1.5, lost_after_seconds=1.0))


@asynccontextmanager
async def open_house(host: str = "127.0.0.1") -> AsyncIterator[tuple[House, Process[Presence], Raw]]:
    """One process of each room, with short patience for who is gone."""
    async with house(IMPATIENT) as centre:
        routing = await centre.routing()
        presence = await centre.presence(rpc(host))
        raw = Raw(presence, routing)
        yield centre, presence, raw
        await raw.close()


async def leases(centre: House) -> list[Lease]:
    """Every change of a lease, in order."""
    return [fact.lease for fact in await centre.facts(AgentLeaseChanged)]


async def state_with(frames: Frames, routing_state: RoutingState) -> presence_pb2.PresenceState:
    """The next state of this kind."""
    while True:
        state: presence_pb2.PresenceState = (await frames.until("state")).state
        if RoutingState(state.routing_state) is routing_state:
            return state


def status(given: AgentStatus, **about: object) -> presence_pb2.SetStatusRequest:
    """Declare a status."""
    declared = agent_pb2.SetStatus(status=agent_pb2.AgentStatus.ValueType(given), **about)  # type: ignore[arg-type]
    return presence_pb2.SetStatusRequest(set_status=declared)


async def test_an_agent_sees_their_own_state_first_and_at_each_change() -> None:
    """The stream begins with the agent as the engine sees them and follows what they declare."""
    async with open_house() as (_, _presence, raw):
        await raw.sign_in("amy")
        frames = raw.attend()
        first = (await frames.next()).state
        assert (first.status, first.lease) == (AgentStatus.OFFLINE, Lease.CONNECTED)
        await raw.call(raw.presence.SetStatus, status(AgentStatus.AVAILABLE))
        assert AgentStatus((await state_with(frames, RoutingState.IDLE)).status) is AgentStatus.AVAILABLE
        await raw.call(raw.presence.SetStatus, status(AgentStatus.BREAK))
        assert AgentStatus((await state_with(frames, RoutingState.INACTIVE)).status) is AgentStatus.BREAK


@pytest.mark.parametrize(
    "pool, agent_id, reason", [("acme/nowhere", "amy", "UNKNOWN_POOL"), (POOL, "zoe", "UNKNOWN_AGENT")]
)
async def test_only_agents_of_the_plan_come_in(pool: str, agent_id: str, reason: str) -> None:
    """An agent or a pool that no plan names is refused by name."""
    async with open_house() as (_, _presence, raw):
        request = presence_pb2.SignInRequest(pool=pool, agent_id=agent_id)
        assert (await refusal(lambda: raw.presence.SignIn(request, timeout=5.0))).reason == reason


async def test_beyond_the_loopback_only_the_agents_own_key_opens() -> None:
    """Where others can reach presence, an agent needs the key that is derived for them and for nobody else."""
    async with open_house("0.0.0.0") as (_, _presence, raw):  # noqa: S104 - that it is open to others is the point.
        for key in ("", agent_key(SECRET, POOL, "bob")):
            assert (await refusal(lambda key=key: raw.sign_in("amy", key))).reason == "CREDENTIAL_WRONG"  # type: ignore[misc]
        await raw.sign_in("amy", agent_key(SECRET, POOL, "amy"))


async def test_a_status_that_says_nothing_is_refused() -> None:
    """Declaring no status at all is an invalid command."""
    async with open_house() as (_, _presence, raw):
        await raw.sign_in("amy")
        refused = await refusal(lambda: raw.call(raw.presence.SetStatus, presence_pb2.SetStatusRequest()))
        assert refused.reason == "INVALID_COMMAND"


async def test_who_leaves_without_a_word_is_suspected_at_once_and_lost_after_grace() -> None:
    """A closed browser tab is noticed in the same moment, and after the grace period the agent is lost."""
    async with open_house() as (centre, _presence, raw):
        await raw.sign_in("amy")
        frames = raw.attend()
        await frames.next()
        frames.leave()
        await until(lambda: leases(centre), "the agent is suspected", 1.0)
        await until(lambda: has(leases(centre), Lease.LOST), "the agent is lost")
        assert await leases(centre) == [Lease.SUSPECT, Lease.LOST]


async def has(found: Awaitable[list[Lease]], lease: Lease) -> bool:
    """Whether a lease is among those found."""
    return lease in await found


async def test_who_comes_back_in_time_is_connected_again() -> None:
    """A stream that is opened again within the grace period makes the same session connected."""
    async with open_house() as (centre, _presence, raw):
        await raw.sign_in("amy")
        frames = raw.attend()
        await frames.next()
        frames.leave()
        await until(lambda: leases(centre), "the agent is suspected")
        again = raw.attend()
        while (await again.until("state")).state.lease != Lease.CONNECTED:
            pass
        await asyncio.sleep(1.2)
        assert Lease.LOST not in await leases(centre)
        opened = await centre.facts(AgentSignedIn)
        assert len({fact.session_id for fact in opened}) == 1


async def test_a_second_stream_of_the_same_session_loses_nothing() -> None:
    """A front end that opens its new stream before the old one ends is never suspected."""
    async with open_house() as (centre, _presence, raw):
        await raw.sign_in("amy")
        old = raw.attend()
        await old.next()
        new = raw.attend()
        await new.next()
        assert await old.next() is None
        old.leave()
        await asyncio.sleep(0.3)
        assert await leases(centre) == []


async def test_who_never_attends_is_lost_like_anybody_who_leaves() -> None:
    """A sign-in without a stream is given up after ten seconds."""
    async with open_house() as (centre, _presence, raw):
        await raw.sign_in("amy")
        await until(lambda: leases(centre), "the agent is suspected", 15.0)


async def test_who_closes_the_page_in_the_moment_of_coming_back_is_gone_all_the_same() -> None:
    """Amy's page attaches again and is closed before the ledger has said that it knows: she is suspected, and lost."""
    async with open_house() as (centre, presence, raw):
        await raw.sign_in("amy")
        frames = raw.attend()
        await frames.next()
        frames.leave()
        await until(lambda: leases(centre), "the agent is suspected")
        presence.ledger.fault = slow_to_answer
        again = raw.attend()
        await until(lambda: opened_again(centre), "the session is opened again")
        again.leave()
        await until(lambda: has(leases(centre), Lease.LOST), "the agent is lost")


def slow_to_answer(partition: Partition) -> AppendFault:
    """What is said of agents stands in the ledger at once, and whoever said it hears so a second later."""
    return AppendFault(after=1.0) if partition.topic == topics.AGENTS else AppendFault()


async def test_a_sign_in_of_which_nobody_heard_leaves_no_agent_behind() -> None:
    """The ledger took Amy's sign-in and never said so: she was told to try again, went home, and is lost."""
    async with open_house() as (centre, presence, raw):
        presence.ledger.fault = never_answered
        assert (await refusal(lambda: raw.sign_in("amy"))).reason == "BEHIND"
        presence.ledger.fault = lambda _: AppendFault()
        assert len(await centre.facts(AgentSignedIn)) == 1
        await until(lambda: has(leases(centre), Lease.LOST), "the agent is lost", 15.0)


def never_answered(partition: Partition) -> AppendFault:
    """What is said of agents stands in the ledger at once, and whoever said it never hears so."""
    return AppendFault(outcome=Outcome.UNKNOWN) if partition.topic == topics.AGENTS else AppendFault()


async def test_the_newest_front_end_wins_and_the_older_is_told() -> None:
    """A second sign-in of an agent takes over; the first stream says so, ends, and takes nothing with it."""
    async with open_house() as (centre, _presence, raw):
        await raw.sign_in("amy")
        old = raw.attend()
        await old.next()
        newer = await raw.other().sign_in("amy")
        assert (await old.until("session_superseded")).HasField("session_superseded")
        assert await old.next() is None
        frames = newer.attend()
        assert (await frames.next()).state.lease == Lease.CONNECTED
        assert (await refusal(lambda: raw.call(raw.presence.SetStatus, status(AgentStatus.BREAK)))).reason == (
            "SESSION_SUPERSEDED"
        )
        assert await leases(centre) == []


async def test_signing_out_ends_the_session_and_its_stream() -> None:
    """After signing out the stream ends, the ledger says so, and the token is worth nothing."""
    async with open_house() as (centre, _presence, raw):
        await raw.sign_in("amy")
        frames = raw.attend()
        await frames.next()
        await raw.call(raw.presence.SignOut, presence_pb2.SignOutRequest())
        assert len(await centre.facts(AgentSignedOut)) == 1
        while await frames.next() is not None:
            pass
        assert await leases(centre) == []
        ended = await refusal(lambda: raw.call(raw.presence.SetStatus, status(AgentStatus.BREAK)))
        assert ended.reason == "SESSION_ENDED"


async def test_every_shard_hears_that_the_replica_lives() -> None:
    """A replica's sign of life stands in each shard, so that each engine can judge the sessions it holds."""
    async with open_house() as (centre, presence, _raw):
        await until(lambda: centre.facts(ReplicaSeen), "the engine saw the replica")
        partitions = {Partition(topics.AGENTS, shard): 0 for shard in range(SHARDS)}
        reader = centre.own.reader(partitions)
        heard = {
            record.partition.number
            for record in await reader.read(0.1)
            if codec.decode_agent(record.value or b"").event == ReplicaAlive(replica_id=presence.room.replica_id)
        }
        assert heard == set(range(SHARDS))


async def test_the_silence_of_a_replica_suspects_its_agents_and_its_return_brings_them_back() -> None:
    """Agents of a replica that cannot reach the ledger are suspected, even lost, and opened again when it can."""
    async with open_house() as (centre, presence, raw):
        await raw.sign_in("amy")
        frames = raw.attend()
        await frames.next()
        presence.ledger.reachable = False
        await until(lambda: has(leases(centre), Lease.LOST), "the agent is lost")
        presence.ledger.reachable = True
        await until(lambda: opened_again(centre), "the session is opened again", 20.0)


async def opened_again(centre: House) -> bool:
    """Whether the session that was lost counts as attached again."""
    return len(await centre.facts(AgentSignedIn)) > 1


async def test_a_sign_in_while_the_ledger_is_away_is_refused_and_not_half_done() -> None:
    """When nothing is decided a sign-in is refused as BEHIND: the front end tries again, and nobody is signed in."""
    async with open_house() as (centre, presence, raw):
        presence.ledger.reachable = False
        await until(lambda: behind(presence), "presence says that it is behind", 15.0)
        refused = await refusal(lambda: raw.sign_in("amy"))
        assert (refused.reason, refused.retryable) == ("BEHIND", True)
        assert await centre.facts(AgentSignedIn) == []


async def behind(presence: Process[Presence]) -> bool:
    """Whether a process says that it is behind the decisions."""
    await presence.on.health.poll()
    return "decisions" in presence.on.health.troubles()
