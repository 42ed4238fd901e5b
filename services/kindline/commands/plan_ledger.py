"""Plans in the ledger: what is published for each pool, and publishing the next version of what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kindline.language.ids import shard_of
from kindline.language.plan import Plan, PlanPublished
from kindline.ledger import codec, topics
from kindline.ledger.envelope import Undecodable, WrongContentType, decode_input, headers
from kindline.ledger.port import Ledger, Partition
from kindline.ledger.whole import whole_records
from kindline.runtime.clock import BusinessClock
from kindline.runtime.identities import fresh_id

SOURCE = "kindline/plan"


@dataclass(frozen=True, slots=True)
class Application:
    """What became of one pool's plan."""

    pool: str
    version: int
    published: bool
    """False: the plan in the ledger says the same already."""


async def published_plans(ledger: Ledger) -> Mapping[str, Plan]:
    """The newest plan of each pool. Raises LedgerUnavailable."""
    shards = await ledger.partitions(topics.PLAN)
    bounds = await ledger.bounds([Partition(topics.PLAN, shard) for shard in range(shards)])
    plans: dict[str, Plan] = {}
    async for record in whole_records(ledger, bounds):
        try:
            event = decode_input(record)
        except (Undecodable, WrongContentType):
            continue  # The engine sends it to the dead letters; here it is no plan.
        if isinstance(event, PlanPublished):
            _keep_newest(plans, event.plan)
    return plans


def _keep_newest(plans: dict[str, Plan], plan: Plan) -> None:
    known = plans.get(plan.pool)
    if known is None or plan.version > known.version:
        plans[plan.pool] = plan


async def apply_plans(ledger: Ledger, plans: Iterable[Plan], *, only_new: bool = False) -> list[Application]:
    """Publish each plan that differs from the one in the ledger, as the pool's next version.

    With `only_new` a pool that has a plan keeps it. Raises LedgerUnavailable.
    """
    known = await published_plans(ledger)
    shards = await ledger.partitions(topics.PLAN)
    writer = ledger.writer()
    done = []
    try:
        for plan in plans:
            before = known.get(plan.pool)
            if before is not None and (only_new or replace(plan, version=before.version) == before):
                done.append(Application(plan.pool, before.version, published=False))
                continue
            numbered = replace(plan, version=before.version + 1 if before else plan.version)
            envelope = headers(
                kind="PlanPublished", event_id=fresh_id(), source=SOURCE, happened_at=BusinessClock().now()
            )
            partition = Partition(topics.PLAN, shard_of(plan.pool, shards))
            value = codec.encode(PlanPublished(plan=numbered))
            await writer.append(partition, plan.pool.encode(), value, envelope)
            done.append(Application(plan.pool, numbered.version, published=True))
    finally:
        await writer.close()
    return done
