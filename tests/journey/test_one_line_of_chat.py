"""A customer types a line and is served, whatever dies in between; afterwards the ledger is audited."""

from __future__ import annotations

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed

from kindline.client import events as e
from tests.journey.conftest import RunningHouse
from tests.journey.people import at_desk, audited, next_of, serve_next, visitor

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

GREETING = "Hello, where is my parcel? 我的包裹在哪里? 来(lái) ﬁ"


async def test_a_typed_line_is_queued_offered_accepted_answered_completed_and_closed(house: RunningHouse) -> None:
    """The whole way from a channel's event to an agent's hands and back."""
    async with visitor(house.running) as customer, at_desk(house.running, "amy") as amy:
        await customer.say(GREETING, "line-1")
        offer = (await next_of(amy, e.OfferReceived)).offer
        await amy.accept(offer)
        said = await next_of(amy, e.MessageArrived, lambda event: event.message.agent_id == "")
        assert said.message.content.body == GREETING
        assert said.message.content.normalised.endswith("fi")
        await amy.send(offer, "Good morning, it is on its way")
        reply = await customer.hears(lambda frame: frame["type"] == "message" and frame["from"] == "agent")
        assert (reply["text"], reply["name"]) == ("Good morning, it is on its way", "Amy")
        await amy.complete(offer)
        await customer.hears(lambda frame: frame["type"] == "state" and frame["state"] == "ended")
        await amy.finish_wrap_up(offer)
        assert (await next_of(amy, e.WorkEnded)).cause == "InteractionClosed"


async def test_a_router_that_is_killed_in_the_middle_loses_nothing(house: RunningHouse) -> None:
    """Routing dies between the answer and the end of the work; the standby carries on, the desk notices a pause."""
    async with visitor(house.running) as customer, at_desk(house.running, "amy") as amy:
        await customer.say("Are you there?", "line-2")
        offer = (await next_of(amy, e.OfferReceived)).offer
        await amy.accept(offer)
        for part in ("routing", "routing-2"):
            house.kill(part)
            await amy.send(offer, f"still here without {part}")
            await customer.hears(lambda frame, part=part: part in frame.get("text", "").split())
        await amy.complete(offer)
        await amy.finish_wrap_up(offer)
        await next_of(amy, e.WorkEnded)
    report = await audited(house.running, house.directory)
    assert report["violations"] == 0


async def test_every_other_service_may_be_killed_too(house: RunningHouse) -> None:
    """Presence, channels, queues and sla die in turn; the next customer is served all the same."""
    async with at_desk(house.running, "ben") as ben:
        for number, part in enumerate(("presence", "channels", "queues", "sla")):
            house.kill(part)
            async with asyncio.timeout(60.0):
                while True:
                    try:
                        async with visitor(house.running) as customer:
                            await customer.hears(lambda frame: frame["type"] == "service" and frame["available"])
                            await customer.say(f"after {part}", f"line-{number}")
                            await serve_next(ben, f"served after {part}")
                            break
                    except (OSError, ConnectionClosed) as error:
                        print(f"{part}: {error}")
                        await asyncio.sleep(0.5)
    house.settle()
    report = await audited(house.running, house.directory)
    assert report["violations"] == 0
