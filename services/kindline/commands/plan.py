"""`kindline plan`: check, apply and show plans.

Promises people who write plans: `check` and `apply` name every mistake with file, line and field, and nothing is
published from a file that has one. Exit code 0 done, 1 refused or out of reach, 2 wrong usage.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from kindline.commands.plan_file import DEFAULT_PLAN, PlanFileError, read_plans
from kindline.commands.plan_ledger import apply_plans, published_plans
from kindline.language.plan import Plan, PlanPublished
from kindline.ledger import codec
from kindline.ledger.opening import open_ledger
from kindline.ledger.port import Ledger, LedgerUnavailable
from kindline.runtime.main import CannotStart

Result = TypeVar("Result")
FILE = click.Path(dir_okay=False, path_type=Path)
KAFKA = click.option(
    "--kafka", envvar="KINDLINE_KAFKA", default="127.0.0.1:9092", show_default=True, help="Where Kafka is."
)


@click.group("plan")
def plan() -> None:
    """Check, apply and show plans: queues, entry points, agents and their limits."""


@plan.command("check")
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Say what is wrong with FILE, or that nothing is."""
    plans = _read(file)
    click.echo(f"{file} is valid: {', '.join(found.pool for found in plans)}")


@plan.command("apply")
@click.argument("file", type=FILE, default=DEFAULT_PLAN)
@click.option("--only-new", is_flag=True, help="Leave pools alone that have a plan.")
@KAFKA
def apply(file: Path, only_new: bool, kafka: str) -> None:  # noqa: FBT001 - click's signature
    """Publish the plans in FILE; a pool whose plan has changed gets its next version.

    Without FILE it is the plan that comes with Kindline.
    """
    plans = _read(file)
    for done in _with_ledger(kafka, lambda ledger: apply_plans(ledger, plans, only_new=only_new)):
        word = "published" if done.published else "unchanged"
        click.echo(f"{done.pool}: version {done.version} {word}")


@plan.command("show")
@click.argument("pool", required=False)
@KAFKA
def show(pool: str | None, kafka: str) -> None:
    """Show the published plan of POOL as protojson, or name all pools."""
    plans = _with_ledger(kafka, published_plans)
    if pool is None:
        for name, found in sorted(plans.items()):
            click.echo(f"{name}: version {found.version}, {len(found.queues)} queues, {len(found.agents)} agents")
    elif pool in plans:
        click.echo(codec.encode_json(PlanPublished(plan=plans[pool])))
    else:
        click.echo(f"No plan for {pool!r}; there are plans for: {', '.join(sorted(plans)) or 'no pool'}", err=True)
        sys.exit(1)


def _read(file: Path) -> tuple[Plan, ...]:
    try:
        return read_plans(file)
    except PlanFileError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _with_ledger(kafka: str, act: Callable[[Ledger], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        ledger = await open_ledger(kafka, "kindline-plan")
        try:
            return await act(ledger)
        finally:
            await ledger.close()

    try:
        return asyncio.run(run())
    except (CannotStart, LedgerUnavailable, LookupError) as error:
        click.echo(f"The ledger at {kafka} is out of reach: {error}. Is Kafka running? See `kindline up`.", err=True)
        sys.exit(1)
