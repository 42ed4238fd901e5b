"""At the doors of channels a forged hook and a frame of ten megabytes harm nobody but those who sent them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks.webhooks import Webhook
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from kindline.client import events as e
from kindline.language.facts.interactions import InteractionReceived
from tests.journey.conftest import HOOK_SECRET, RunningHouse
from tests.journey.ledger_view import ledger_of
from tests.journey.people import at_desk, next_of, visitor

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

OTHER_SECRET = "whsec_" + "QUJD" * 8


def signed(name: str, body: str, secret: str = HOOK_SECRET, *, ago: float = 0.0) -> dict[str, str]:
    """The headers of a web hook, signed by the standard's own package."""
    at = datetime.now(UTC) - timedelta(seconds=ago)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, at, body),
        "content-type": "application/json",
    }


async def test_a_forged_web_hook_is_turned_away_and_a_signed_one_is_offered(house: RunningHouse) -> None:
    """Forged, altered, stale and unsigned hooks get 401 and leave no trace; a signed one gets 202 and an agent."""
    body = json.dumps({"thread": "order-17", "text": "Where is it?", "attributes": {"order": "17"}})
    altered = body.replace("17", "18")
    forged = {
        "forged": (signed("h-1", body, OTHER_SECRET), body),
        "altered": (signed("h-2", body), altered),
        "stale": (signed("h-3", body, ago=301.0), body),
        "unsigned": ({"content-type": "application/json"}, body),
    }
    async with (
        ledger_of(house.running) as ledger,
        httpx.AsyncClient(base_url=house.running.chat, timeout=20.0) as sender,
        at_desk(house.running, "dana") as dana,
    ):
        for what, (headers, content) in forged.items():
            answer = await sender.post("/hooks/acme/support/forms", content=content, headers=headers)
            assert (what, answer.status_code, answer.json()) == (what, 401, {})
        for _ in range(2):
            headers = signed("h-4", body)
            answer = await sender.post("/hooks/acme/support/forms", content=body, headers=headers)
            assert answer.status_code == 202, answer.text
        received: e.OfferReceived = await next_of(
            dana, e.OfferReceived, lambda event: "order" in event.offer.attributes
        )
        assert received.offer.attributes == {"order": "17"}
        await dana.accept(received.offer)
        await dana.complete(received.offer)
        await dana.finish_wrap_up(received.offer)
        await ledger.decided()
        forms = [fact for fact in ledger.facts(InteractionReceived) if fact.entry_point == "forms"]
        assert [fact.thread for fact in forms] == ["order-17"]


async def test_a_frame_of_ten_megabytes_ends_its_own_socket_only(house: RunningHouse) -> None:
    """The socket of the large frame is closed with 1009; the neighbour's next line is accepted."""
    address = house.running.chat.replace("http", "ws") + "/chat"
    async with visitor(house.running) as neighbour:
        await neighbour.hears(lambda frame: frame["type"] == "welcome")
        async with connect(address, subprotocols=["kindline.chat.v1"], origin=house.running.chat) as socket:  # type: ignore[arg-type,list-item]
            with contextlib.suppress(ConnectionClosed):
                await socket.send("x" * 10_000_000)
            async with asyncio.timeout(20.0):
                await socket.wait_closed()
            assert socket.close_code == 1009
        await neighbour.say("still here", "after-the-large-frame")
        await neighbour.hears(lambda frame: frame.get("client_message_id") == "after-the-large-frame")
        assert neighbour.heard[-1]["type"] == "accepted"
        async with at_desk(house.running, "amy") as amy:
            offer = (await next_of(amy, e.OfferReceived)).offer
            await amy.accept(offer)
            await amy.complete(offer)
            await amy.finish_wrap_up(offer)
