"""A ledger made ready for the services: its topics, and a plan for every pool that has none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kindline.commands.plan_file import read_plans
from kindline.commands.plan_ledger import Application, apply_plans
from kindline.language.facts import PlanAdopted
from kindline.language.log import DecisionBatch
from kindline.language.plan import Plan
from kindline.ledger.codec import Undecodable, UnknownFact, decode_decision
from kindline.ledger.kafka.administration import ensure_topics
from kindline.ledger.opening import open_ledger
from kindline.ledger.port import Ledger, LedgerUnavailable, Partition, Record
from kindline.ledger.topics import DECISIONS

Answer = TypeVar("Answer")

TRIES, PAUSE_SECONDS = 10, 1.0
ADOPTION_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was done, a line each; and the pools whose plan is new, with where the decisions ended before it came."""

    said: list[str]
    new_pools: frozenset[str]
    ends: Mapping[Partition, int]


def prepare_ledger(kafka: str, *, partitions: int, plan: Path) -> Prepared:
    """Create what is missing.

    Raises PlanFileError, LedgerUnavailable, and ValueError when topics have another number of partitions.
    """
    plans = read_plans(plan)
    created = ensure_topics(kafka, partitions=partitions)
    said = [f"{len(created)} topics are new, {partitions} partitions each"] if created else ["The topics are there"]
    ends, applied = asyncio.run(_apply(kafka, plans))
    said += [
        f"Plan of {done.pool}: version {done.version}" + ("" if done.published else ", as before") for done in applied
    ]
    return Prepared(said, frozenset(done.pool for done in applied if done.published), ends)


def await_plans(kafka: str, prepared: Prepared) -> None:
    """Wait until every new plan is in force, for whoever signs in next; half a minute at the longest.

    A plan that no engine adopts in that time is for the services' logs to explain: nothing is raised for it.
    """
    if prepared.new_pools:
        asyncio.run(_adopted(kafka, prepared))


async def _patiently(act: Callable[[], Awaitable[Answer]]) -> Answer:
    """A broker that has just started on a busy machine answers late: ask again, for half a minute at the longest."""
    for _ in range(TRIES - 1):
        try:
            return await act()
        except LedgerUnavailable:
            await asyncio.sleep(PAUSE_SECONDS)
    return await act()


async def _apply(kafka: str, plans: tuple[Plan, ...]) -> tuple[Mapping[Partition, int], list[Application]]:
    ledger = await open_ledger(kafka, "kindline-plan")
    try:
        ends = await _patiently(lambda: _ends(ledger))
        return ends, await _patiently(lambda: apply_plans(ledger, plans, only_new=True))
    finally:
        await ledger.close()


async def _ends(ledger: Ledger) -> Mapping[Partition, int]:
    """Where the decisions end now."""
    shards = [Partition(DECISIONS, shard) for shard in range(await ledger.partitions(DECISIONS))]
    return {partition: its.end for partition, its in (await ledger.bounds(shards)).items()}


async def _adopted(kafka: str, prepared: Prepared) -> None:
    ledger = await open_ledger(kafka, "kindline-plan")
    reader, missing = ledger.reader(prepared.ends), set(prepared.new_pools)
    try:
        async with asyncio.timeout(ADOPTION_SECONDS):
            while missing:
                for record in await reader.read(1.0):
                    missing -= _pools_adopted(record)
    except TimeoutError:
        return
    finally:
        await ledger.close()


def _pools_adopted(record: Record) -> set[str]:
    """The pools whose plan a record puts into force; whether it counts matters little to who only waits."""
    try:
        decision = decode_decision(record.value or b"")
    except (Undecodable, UnknownFact):
        return set()
    facts = decision.facts if isinstance(decision, DecisionBatch) else ()
    return {fact.plan.pool for fact in facts if isinstance(fact, PlanAdopted)}
