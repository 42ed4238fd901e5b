"""Demo agents sit at real desks, answer what customers type, and leave a seat to the person who takes it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kindline.client import Desk
from kindline.language import facts as f
from kindline.language.events import CustomerLeft
from kindline.rehearsal.demo_agents import DemoAgent
from kindline.rehearsal.seat import Place
from tests.given import POOL
from tests.service.routing.house import House, address, house, rpc, until

pytestmark = pytest.mark.timeout(90)
LIMIT = 30.0


@asynccontextmanager
async def demo_at_work() -> AsyncIterator[tuple[House, Place, list[str]]]:
    """A centre in memory where bob is a demo agent; and what the demo says to whoever watches."""
    said: list[str] = []
    async with house() as centre:
        routing, presence = await centre.routing(), await centre.presence()
        place = Place(pool=POOL, presence=address(presence.room.port), routing=address(routing.room.port))
        demo = DemoAgent(place, "bob", random.Random(1), said.append)
        working = asyncio.create_task(demo.work(asyncio.Lock()))
        try:
            yield centre, place, said
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


async def test_each_line_is_answered_once_and_the_work_is_finished() -> None:
    """A demo agent takes the chat, answers each line in a marked reply, and wraps up when the customer has left."""
    async with demo_at_work() as (centre, _, _):
        await centre.customer("visitor", "Where is my parcel?", "你好")
        await until(lambda: _count(centre, f.MessageSent, 2), "both lines are answered", LIMIT)
        await centre.happens(CustomerLeft(), "visitor")
        await until(lambda: _count(centre, f.InteractionClosed, 1), "the work is closed", LIMIT)
        replies = [str(sent.content.body) for sent in await centre.facts(f.MessageSent) if sent.content]
    assert len(replies) == 2
    assert replies[0].startswith("[Demo agent] ")
    assert "Where is my parcel?" in replies[0]
    assert replies[1].startswith("【演示客服】")
    assert "你好" in replies[1]


async def test_an_answer_survives_a_restart_of_routing() -> None:
    """When routing restarts in the middle of a chat, the demo agent goes on, and no line is answered twice."""
    async with demo_at_work() as (centre, place, said):
        await centre.customer("visitor", "hello")
        await until(lambda: _count(centre, f.MessageSent, 1), "the first line is answered", LIMIT)
        routing = centre.started[0]
        await routing.stop()
        port = int(place.routing.rpartition(":")[2])
        await centre.routing(rpc(port=port))
        await centre.customer("visitor", "are you there?")
        await until(lambda: _count(centre, f.MessageSent, 2), "the second line is answered", LIMIT)
        await asyncio.sleep(2.0)
        assert len(await centre.facts(f.MessageSent)) == 2
    assert any("out of reach" in line for line in said)


async def test_a_person_may_take_the_seat() -> None:
    """When a person signs in as the demo agent, the demo leaves the seat to them and says so."""
    async with demo_at_work() as (centre, place, said):
        await until(lambda: _count(centre, f.AgentSignedIn, 1), "bob has sat down", LIMIT)
        async with Desk.connect(pool=POOL, agent_id="bob", presence=place.presence, routing=place.routing):
            await until(lambda: any("the seat is theirs" in line for line in said), "the demo says so", LIMIT)
            await asyncio.sleep(3.0)
        assert len(await centre.facts(f.AgentSignedIn)) == 2


async def _count(centre: House, kind: type[object], number: int) -> bool:
    return len(await centre.facts(kind)) >= number
