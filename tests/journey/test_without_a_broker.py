"""The broker goes away for twenty seconds: customers are told so, and afterwards every accepted word is there once.

This file is the last of its folder by name, since it takes the broker from everybody in the house.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import httpx
import pytest

from kindline.client import events as e
from kindline.language.events import InteractionStarted, MessageReceived
from kindline.language.facts.inputs import EventRecorded
from tests.journey.conftest import HOOK_SECRET, RunningHouse
from tests.journey.ledger_view import LedgerView, ledger_of
from tests.journey.people import Visitor, at_desk, audited, next_of, visitor
from tests.journey.test_bad_doors import signed

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

AWAY_SECONDS = 20.0
LIMIT_SECONDS = 90.0
LINES = [f"away-{number}" for number in range(4)]
HOOKS = [f"hook-away-{number}" for number in range(3)]


class Said:
    """What customers were told about each of their lines and hooks."""

    def __init__(self) -> None:
        """Nobody has said anything yet."""
        self.refused: set[str] = set()
        self.accepted: list[str] = []


async def keep_saying(customer: Visitor, name: str, said: Said) -> None:
    """Say a line as the page does: again under the same id after the time it was told, until it is accepted."""
    while name not in said.accepted:
        await customer.say(f"words of {name}", name)
        frame = await customer.hears(lambda heard: heard.get("client_message_id") == name)
        if frame["type"] == "accepted":
            said.accepted.append(name)
            return
        assert frame["type"] == "unavailable", frame
        assert frame["retry_after"] > 0
        said.refused.add(name)
        await asyncio.sleep(frame["retry_after"])


async def keep_sending(sender: httpx.AsyncClient, name: str, said: Said) -> None:
    """Send a web hook as senders do: again under the same id after the time it was told, until it is stored."""
    body = json.dumps({"thread": name, "text": f"words of {name}"})
    while name not in said.accepted:
        headers = signed(name, body, HOOK_SECRET)
        answer = await sender.post("/hooks/acme/support/forms", content=body, headers=headers)
        if answer.status_code == 202:
            said.accepted.append(name)
            return
        assert answer.status_code == 503, answer.text
        said.refused.add(name)
        await asyncio.sleep(float(answer.headers["retry-after"]))


async def test_a_broker_that_is_away_for_twenty_seconds_costs_nobody_a_word(house: RunningHouse) -> None:
    """Pages hear `unavailable`, senders 503 with Retry-After; afterwards each accepted event is there exactly once."""
    said = Said()
    async with (
        visitor(house.running) as customer,
        httpx.AsyncClient(base_url=house.running.chat, timeout=30.0) as sender,
    ):
        await keep_saying(customer, "before", said)
        house.kafka.nodes[0].kill()
        trying = [asyncio.create_task(_all_lines(customer, said))]
        trying += [asyncio.create_task(keep_sending(sender, name, said)) for name in HOOKS]
        await asyncio.sleep(AWAY_SECONDS)
        assert said.accepted == ["before"], "something was accepted without a broker"
        assert LINES[0] in said.refused, "the page was not told"
        assert said.refused >= set(HOOKS), "a sender was not told"
        house.kafka.nodes[0].start()
        await asyncio.wait_for(asyncio.gather(*trying), LIMIT_SECONDS)
    house.centre.mend()
    house.settle()
    assert sorted(said.accepted) == sorted(["before", *LINES, *HOOKS])
    async with ledger_of(house.running) as ledger, at_desk(house.running, "amy") as amy:
        await next_of(amy, e.OfferReceived)
        await ledger.decided()
        assert _taken_in(ledger, said) == dict.fromkeys([f"words of {name}" for name in said.accepted], 1)
    report = await audited(house.running, house.directory)
    assert report["violations"] == 0


async def _all_lines(customer: Visitor, said: Said) -> None:
    """One after the other: a page keeps the order in which its customer wrote."""
    for name in LINES:
        await keep_saying(customer, name, said)


def _taken_in(ledger: LedgerView, said: Said) -> Counter[str]:
    """How often the words of each accepted event were taken in."""
    wanted = {f"words of {name}" for name in said.accepted}
    happenings = [fact.event.event for fact in ledger.facts(EventRecorded)]
    bodies = [
        happening.content.body
        for happening in happenings
        if isinstance(happening, MessageReceived | InteractionStarted) and happening.content is not None
    ]
    return Counter(body for body in bodies if isinstance(body, str) and body in wanted)
