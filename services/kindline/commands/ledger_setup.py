"""A ledger made ready for the services: its topics, and a plan for every pool that has none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from kindline.commands.plan_file import read_plans
from kindline.commands.plan_ledger import Application, apply_plans
from kindline.language.plan import Plan
from kindline.ledger.kafka.administration import ensure_topics
from kindline.ledger.opening import open_ledger
from kindline.ledger.port import LedgerUnavailable

TRIES, PAUSE_SECONDS = 10, 1.0


def prepare_ledger(kafka: str, *, partitions: int, plan: Path) -> list[str]:
    """Create what is missing and say what was done, a line each.

    Raises PlanFileError, LedgerUnavailable, and ValueError when topics have another number of partitions.
    """
    plans = read_plans(plan)
    created = ensure_topics(kafka, partitions=partitions)
    said = [f"{len(created)} topics are new, {partitions} partitions each"] if created else ["The topics are there"]
    return said + asyncio.run(_apply(kafka, plans))


async def _patiently(act: Callable[[], Awaitable[list[Application]]]) -> list[Application]:
    """A broker that has just started on a busy machine answers late: ask again, for half a minute at the longest."""
    for _ in range(TRIES - 1):
        try:
            return await act()
        except LedgerUnavailable:
            await asyncio.sleep(PAUSE_SECONDS)
    return await act()


async def _apply(kafka: str, plans: tuple[Plan, ...]) -> list[str]:
    ledger = await open_ledger(kafka, "kindline-plan")
    try:
        applied = await _patiently(lambda: apply_plans(ledger, plans, only_new=True))
    finally:
        await ledger.close()
    return [
        f"Plan of {done.pool}: version {done.version}" + ("" if done.published else ", as before") for done in applied
    ]
