"""A ledger made ready for the services: its topics, and a plan for every pool that has none."""

from __future__ import annotations

import asyncio
from pathlib import Path

from kindline.commands.plan_file import read_plans
from kindline.commands.plan_ledger import apply_plans
from kindline.language.plan import Plan
from kindline.ledger.kafka.administration import ensure_topics
from kindline.ledger.opening import open_ledger


def prepare_ledger(kafka: str, *, partitions: int, plan: Path) -> list[str]:
    """Create what is missing and say what was done, a line each.

    Raises PlanFileError, LedgerUnavailable, and ValueError when topics have another number of partitions.
    """
    plans = read_plans(plan)
    created = ensure_topics(kafka, partitions=partitions)
    said = [f"{len(created)} topics are new, {partitions} partitions each"] if created else ["The topics are there"]
    return said + asyncio.run(_apply(kafka, plans))


async def _apply(kafka: str, plans: tuple[Plan, ...]) -> list[str]:
    ledger = await open_ledger(kafka, "kindline-plan")
    try:
        applied = await apply_plans(ledger, plans, only_new=True)
    finally:
        await ledger.close()
    return [
        f"Plan of {done.pool}: version {done.version}" + ("" if done.published else ", as before") for done in applied
    ]
