"""A pool of its own for a journey, so that journeys in one house do not meet each other's customers and agents."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from kindline.client import Desk, DeskRefused
from kindline.commands.plan_ledger import apply_plans
from kindline.language.content import Channel
from kindline.language.facts.inputs import PlanAdopted
from kindline.language.plan import AgentPlan, ChannelPlan, EntryPointPlan, Plan, PoolLimits, QueuePlan
from kindline.ledger.opening import open_ledger
from kindline.runtime.running import RunningCentre
from tests.journey.ledger_view import LedgerView

LIMIT_SECONDS = 60.0


def pool_plan(pool: str, **changes: Any) -> Plan:  # noqa: ANN401 - whatever a plan holds
    """A queue that waits long for its agents, a chat page, a form, and agents who can do ten chats at once."""
    usual = Plan(
        pool=pool,
        queues=(QueuePlan(name="general", offer_seconds=120.0, wrap_up_seconds=30.0),),
        entry_points=(
            EntryPointPlan(name="page", channel=Channel.CHAT, queue="general"),
            EntryPointPlan(name="form", channel=Channel.WEB_HOOK, queue="general"),
        ),
        agents=tuple(AgentPlan(agent_id=name, display_name=name.title()) for name in ("ann", "bob")),
        channels=(ChannelPlan(channel=Channel.CHAT, units=10, at_once=10),),
        limits=PoolLimits(parking_seconds=1.0),
    )
    return replace(usual, **changes)


async def open_pool(ledger: LedgerView, running: RunningCentre, pool: str, **changes: Any) -> str:  # noqa: ANN401
    """Publish a pool's plan and wait until the engine has adopted it and presence knows its agents."""
    own = await open_ledger(running.kafka, "kindline-journey-plan")
    try:
        await apply_plans(own, [pool_plan(pool, **changes)])
    finally:
        await own.close()
    await ledger.until(lambda: any(fact.plan.pool == pool for fact in ledger.facts(PlanAdopted)))
    async with asyncio.timeout(LIMIT_SECONDS):
        while not await _is_known(running, pool):
            await asyncio.sleep(0.2)
    return pool


async def _is_known(running: RunningCentre, pool: str) -> bool:
    try:
        async with Desk.connect(presence=running.presence, routing=running.routing, pool=pool, agent_id="ann"):
            return True
    except DeskRefused as refused:
        if refused.reason not in {"UNKNOWN_POOL", "UNKNOWN_AGENT"}:
            raise
        return False
