"""One line of chat through the whole centre: page, channels, the real engine, an agent's desk and back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from kindline.channels.adapters.settings import ChannelSettings
from kindline.channels.service import build
from kindline.client import AgentStatus, MessageArrived, OfferReceived, Refreshed
from kindline.language.events import DeliveryState, MessageDeliveryReported
from kindline.language.facts import EventRecorded, InteractionAbandoned, InteractionReceived
from kindline.ledger.memory import MemoryLedger
from kindline.runtime.clock import BusinessClock
from kindline.runtime.on import On
from kindline.runtime.settings import ProcessSettings
from tests.given import POOL
from tests.service.channels.room import SECRET, Owner, Page, Room, until
from tests.service.routing.house import Heard, House, small_house

CHAT = "chat"


@contextlib.asynccontextmanager
async def channels_of(centre: House, grace_seconds: float = 20.0) -> AsyncIterator[Room]:
    """Run channels beside the centre's other processes, on the same log."""
    ledger = MemoryLedger(log=centre.log)
    process = ProcessSettings(name="channels", drain_seconds=0.0)
    settings = ChannelSettings(process=process, port=0, token_secret=SECRET, grace_seconds=grace_seconds)
    async with On(process) as on:
        channels = await build(settings, BusinessClock(), ledger, on)
        await until(lambda: channels.following.not_started() is None)
        room = Room(ledger, Owner(ledger, channels.following.shards), channels, on)
        try:
            yield room
        finally:
            await room.leave()
    await ledger.close()


async def page_of(room: Room, **hello: object) -> Page:
    """A page at the centre's chat."""
    return await room.page(pool=POOL, entry_point=CHAT, **hello)


async def test_a_visitor_and_an_agent_talk() -> None:
    """A visitor's words reach the agent, the agent's reach the visitor, and the agent learns that they were read."""
    async with small_house() as (centre, desk), channels_of(centre) as room, desk("amy") as amy:
        heard = Heard(amy)
        await heard.first(Refreshed)
        await amy.set_status(AgentStatus.AVAILABLE)
        page = await page_of(room)
        await page.say("m1", "My card is gone 卡丢了")
        await page.hear("accepted")
        offer = (await heard.first(OfferReceived)).offer
        await page.hear("state", state="waiting")
        await amy.accept(offer)
        await page.hear("state", state="with_agent")
        await amy.send(offer, "I block it at once")
        line = await page.hear("message", **{"from": "agent"})
        assert (line["text"], line["seq"]) == ("I block it at once", 2)
        await page.tell(type="read", conversation=line["conversation"], seq=line["seq"])

        async def read() -> bool:
            recorded = await centre.facts(EventRecorded)
            reports = [fact.event.event for fact in recorded if isinstance(fact.event.event, MessageDeliveryReported)]
            return any(report.delivery_state is DeliveryState.READ for report in reports)

        await until(read)
        await page.say("m2", "Thank you")
        said = await heard.first(MessageArrived, lambda event: event.message.text == "Thank you")
        assert said.message.agent_id == ""
        await amy.complete(offer)
        await page.hear("state", state="ended", ended_by="agent")


async def test_fifty_first_messages_at_once_make_one_interaction() -> None:
    """Fifty parallel first messages of one visitor are fifty messages of one interaction."""
    async with small_house() as (centre, _), channels_of(centre) as room:
        first = await page_of(room)
        pages = [await page_of(room, token=first.token) for _ in range(50)]
        await asyncio.gather(*(page.say(f"m{number}", f"Hello {number}") for number, page in enumerate(pages)))
        await asyncio.gather(*(page.hear("accepted") for page in pages))

        async def recorded() -> bool:
            return len(await centre.facts(EventRecorded)) == 50

        await until(recorded)
        assert len(await centre.facts(InteractionReceived)) == 1
        lines = [await first.hear("message") for _ in range(50)]
        assert [line["seq"] for line in lines] == list(range(1, 51))


async def test_a_visitor_who_closes_the_page_while_waiting_has_left() -> None:
    """After the grace the interaction of a closed page is abandoned, and no agent is sent to an empty chair."""
    async with small_house() as (centre, _), channels_of(centre, grace_seconds=0.2) as room:
        page = await page_of(room)
        await page.say("m1", "Hello?")
        await page.hear("state", state="waiting")
        await page.close()

        async def abandoned() -> bool:
            return len(await centre.facts(InteractionAbandoned)) == 1

        await until(abandoned)
