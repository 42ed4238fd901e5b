"""A desk whose services come and go: it comes back by itself, misses nothing and never does a thing twice."""

import asyncio

import pytest

from kindline.client import (
    AgentStatus,
    Desk,
    DeskRefused,
    DeskUnreachable,
    MessageArrived,
    OfferReceived,
    Reconnecting,
    Refreshed,
    SessionOver,
    WorkChanged,
)
from kindline.client.desk import PRESENCE, ROUTING
from kindline.language.facts import AgentSignedIn, AgentSignedOut, MessageSent
from kindline.presence.adapters.settings import PresenceSettings
from kindline.routing.adapters.grpc_settings import RoutingSettings
from kindline.runtime.settings import Environment
from tests.given import POOL
from tests.service.routing.house import Heard, House, address, desk_at, house, rpc, small_house, until


async def working(desk: Desk, heard: Heard, centre: House) -> WorkChanged:
    """The agent has a customer's chat in hand."""
    await heard.first(Refreshed)
    await desk.set_status(AgentStatus.AVAILABLE)
    await centre.customer("visitor", "hello")
    await desk.accept((await heard.first(OfferReceived)).offer)
    return await heard.first(WorkChanged)


async def test_a_desk_goes_on_at_a_restarted_router_and_hears_what_was_said_meanwhile() -> None:
    """When routing restarts the desk says so, comes back by itself, and has every word that was said in between."""
    async with house() as centre:
        routing, presence = await centre.routing(), await centre.presence()
        async with desk_at(presence, routing, "amy") as amy:
            heard = Heard(amy)
            work = (await working(amy, heard, centre)).work
            await routing.stop()
            await centre.customer("visitor", "are you there?")
            await heard.first(Reconnecting, lambda event: event.service == "routing")
            await centre.routing(rpc(port=routing.room.port))
            await until(lambda: words(heard).count("are you there?"), "the words arrive", 20.0)
            await amy.send(work, "yes")
            await until(lambda: words(heard).count("yes"), "the answer counts")
        assert len(await centre.facts(MessageSent)) == 1


def words(heard: Heard) -> list[str]:
    """Everything that was said, as the desk shows it."""
    said = [event.message.text for event in heard.events if isinstance(event, MessageArrived)]
    return said + [message.text for event in heard.events if isinstance(event, Refreshed) for message in event.messages]


async def test_a_desk_goes_on_when_presence_restarts() -> None:
    """When presence restarts the desk attaches again with the same session, and can still declare a status."""
    async with house() as centre:
        routing, presence = await centre.routing(), await centre.presence()
        async with desk_at(presence, routing, "amy") as amy:
            heard = Heard(amy)
            await heard.first(Refreshed)
            await presence.stop()
            await heard.first(Reconnecting, lambda event: event.service == "presence")
            await centre.presence(rpc(port=presence.room.port))
            await amy.set_status(AgentStatus.AVAILABLE)
            assert len({fact.session_id for fact in await centre.facts(AgentSignedIn)}) == 1


async def test_the_desk_that_was_taken_over_hears_so_last() -> None:
    """When the agent sits down elsewhere the older desk's events end with that word, and it tries nothing more."""
    async with small_house() as (_, desk), desk("amy") as older:
        heard = Heard(older)
        await heard.first(Refreshed)
        async with desk("amy") as newer:
            await Heard(newer).first(Refreshed)
            await heard.over()
            assert heard.events[-1] == SessionOver(superseded=True)
            with pytest.raises(DeskRefused) as refused:
                await older.set_status(AgentStatus.BREAK)
            assert (refused.value.reason, refused.value.retryable) == ("SESSION_SUPERSEDED", False)


async def test_leaving_a_desk_signs_out_and_vanishing_does_not() -> None:
    """The end of the block signs the agent out; a front end that crashes leaves that to the lease."""
    async with small_house() as (centre, desk):
        async with desk("amy"):
            pass
        assert len(await centre.facts(AgentSignedOut)) == 1
        async with desk("bob") as bob:
            await bob.vanish()
        assert len(await centre.facts(AgentSignedOut)) == 1


async def test_an_agent_whom_the_plan_does_not_know_is_told_at_the_door() -> None:
    """A desk for nobody raises the refusal, with what to do, instead of waiting for ever."""
    async with small_house() as (_, desk):
        with pytest.raises(DeskRefused) as refused:
            async with desk("zoe"):
                raise AssertionError("nobody may sit down here")
        assert refused.value.reason == "UNKNOWN_AGENT"
        assert "plan" in refused.value.what_to_do


async def test_a_desk_that_reaches_nobody_says_so_in_time() -> None:
    """When no service listens the desk gives up after its patience, with a sentence."""
    nowhere = address(1)
    desk = Desk.connect(pool=POOL, agent_id="amy", presence=nowhere, routing=nowhere)
    desk.patience = 0.5
    with pytest.raises(DeskUnreachable, match=r"no answer within 0\.5 s"):
        async with asyncio.timeout(5.0), desk:
            raise AssertionError("nobody may sit down here")


def test_desks_and_services_meet_without_any_setting() -> None:
    """A desk with no addresses looks where services with no settings listen."""
    environment = Environment({"KINDLINE_TOKEN_SECRET": "s" * 32})
    assert address(PresenceSettings.read(environment).rpc.port) == PRESENCE
    assert address(RoutingSettings.read(environment).rpc.port) == ROUTING
