"""A supervisor asks why a customer met whom they met, of a real ledger, while the centre runs."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import pytest

from kindline.client import events as e
from kindline.language.agents import AgentStatus
from tests.journey.conftest import RunningHouse
from tests.journey.ledger_view import ledger_of
from tests.journey.people import at_desk, next_of, serve_next, visitor
from tests.journey.pools import open_pool

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

POOL = "journey/why"
LIMIT_SECONDS = 60.0


async def kindline(*arguments: str) -> tuple[int | None, str, str]:
    """What a command says: its exit code, what it prints, what it complains of."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kindline", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, complaints = await asyncio.wait_for(process.communicate(), LIMIT_SECONDS)
    return process.returncode, out.decode(), complaints.decode()


async def test_after_a_served_chat_the_rule_that_left_out_each_agent_is_named(house: RunningHouse) -> None:
    """Ann serves the chat while Bob is on a break; the command says so, and the same chat can be played again."""
    async with ledger_of(house.running) as ledger:
        await open_pool(ledger, house.running, POOL)
    async with (
        at_desk(house.running, "bob", POOL) as bob,
        at_desk(house.running, "ann", POOL) as ann,
        visitor(house.running, pool=POOL, entry_point="page") as customer,
    ):
        await bob.set_status(AgentStatus.BREAK)
        await customer.say("Why me?", "why-1")
        offer = await serve_next(ann, "Because Bob rests")
        await next_of(ann, e.WorkEnded)
    code, said, complaints = await kindline("explain", offer.interaction_id, "--kafka", house.running.kafka, "--json")
    assert code == 0, complaints
    told: dict[str, Any] = json.loads(said)
    [explained] = told["offers"]
    assert explained["agent_id"] == "ann"
    assert {one["agent_id"]: one["rule"] for one in explained["candidates"]} == {"ann": "", "bob": "status"}
    assert told["agrees"]
    assert told["history"][-1]["sentence"] == "Closed (wrap up finished)"
    assert "Why me?" not in said
    code, said, _ = await kindline("explain", offer.interaction_id[:8], "--kafka", house.running.kafka)
    assert (code, "is not available" in said) == (0, True)

    # And what happened can be played again from the same ledger: one customer, served again.
    arguments = ("--kafka", house.running.kafka, "--pool", POOL, "--json")
    code, said, complaints = await kindline("replay", *arguments)
    assert code == 0, complaints
    log, again = json.loads(said)
    assert log["figures"]["served"] == again["figures"]["served"] == {"value": 1, "unit": "calls"}
