"""What can be replayed: a bank's log file, or a span of the ledger, behind one face.

Promises that both are played by the same engine on the same virtual clock, and are told in the same table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from math import inf
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kindline.commands.counted_log import Progress, Start, counting_batches, decisions
from kindline.commands.plan_ledger import published_plans
from kindline.commands.replaying.outcome import Outcome, Staging, logged_outcome, staged
from kindline.commands.replaying.recorded import Recorded, Script
from kindline.commands.replaying.serving import Habits
from kindline.commands.replaying.span import NothingToReplay, Span
from kindline.language.ids import shard_of
from kindline.language.plan import Plan
from kindline.language.reading import Reading
from kindline.ledger import topics
from kindline.ledger.port import Ledger

SHOWN = 5
Chosen = tuple[datetime | None, datetime | None]
"""Local times, from, and until which instant; None reaches to the log's end."""


class Source(Protocol):
    """Something that happened once, and can be played again under other plans."""

    @property
    def title(self) -> str:
        """What it is, in a few words."""

    @property
    def arrivals(self) -> int:
        """How many customers come."""

    def own_plan(self) -> Plan:
        """The plan to begin with."""

    def logged(self, plan: Plan) -> Outcome:
        """What happened; with the promises of this plan where the log has none of its own."""

    def strangers(self, plan: Plan) -> tuple[str, ...]:
        """Who was at work and is not in the plan."""

    def turned_away(self, plan: Plan) -> dict[str, int]:
        """Who came for what the plan has no place for, by type; they count as having ended otherwise."""

    def staged(self, plan: Plan) -> Staging:
        """Made ready under a plan. Raises PlanUnfit."""


@dataclass(frozen=True, slots=True)
class FromFile:
    """A span of a bank's log."""

    span: Span
    habits: Habits

    @property
    def title(self) -> str:
        """Calls and days."""
        days = sorted({call.day for call in self.span.calls})
        return f"{self.arrivals:,} calls, {days[0]} to {days[-1]}"

    @property
    def arrivals(self) -> int:
        """Calls that asked for an agent."""
        return len(self.span.script)

    def own_plan(self) -> Plan:
        """The plan that the log suggests."""
        return self.span.own_plan()

    def logged(self, plan: Plan) -> Outcome:
        """What happened."""
        return logged_outcome(self.span, plan)

    def strangers(self, plan: Plan) -> tuple[str, ...]:
        """Who was at work and is not in the plan."""
        return self.span.strangers(plan)

    def turned_away(self, plan: Plan) -> dict[str, int]:
        """Types of call for which the plan has no place."""
        return self.span.turned_away(plan)

    def staged(self, plan: Plan) -> Staging:
        """Made ready under a plan. Raises PlanUnfit."""
        return staged(self.span, plan, self.habits)


@dataclass(frozen=True, slots=True)
class FromLedger:
    """A span of one pool's own log."""

    recorded: Recorded
    script: Script
    zone: tzinfo
    outcome: Outcome = field(init=False)

    def __post_init__(self) -> None:
        """Keep what happened."""
        object.__setattr__(self, "outcome", self.recorded.outcome())

    @property
    def title(self) -> str:
        """Interactions, pool and span."""
        begin, end = (
            f"{datetime.fromtimestamp(at, tz=self.zone):%Y-%m-%d %H:%M}"
            for at in (max(self.script.begin, self.script.callers[0].arrives_at), self.script.until)
        )
        return f"{self.arrivals:,} interactions of {self.script.pool}, {begin} to {end}"

    @property
    def arrivals(self) -> int:
        """Interactions that began in the span."""
        return len(self.script.callers)

    def own_plan(self) -> Plan:
        """The plan that was in force."""
        if self.recorded.plan is None:
            message = f"the log of {self.script.pool} has no plan: give one with --plan"
            raise NothingToReplay(message)
        return self.recorded.plan

    def logged(self, _plan: Plan) -> Outcome:
        """What happened, under the plans that were in force."""
        return self.outcome

    def strangers(self, plan: Plan) -> tuple[str, ...]:
        """Who was there and is not in the plan."""
        return self.script.strangers(plan)

    def turned_away(self, _plan: Plan) -> dict[str, int]:
        """None: a plan without a place for those who came is refused."""
        return {}

    def staged(self, plan: Plan) -> Staging:
        """Made ready under a plan. Raises PlanUnfit."""
        return self.script.staged(plan)


def cut_words(recorded: Recorded, zone: tzinfo) -> str:
    """What a replay of a log whose beginning was deleted does not know; empty for a whole log."""
    if recorded.cut_at is None:
        return ""
    words = (
        f"The log of {recorded.pool} begins at {datetime.fromtimestamp(recorded.cut_at, tz=zone):%Y-%m-%d %H:%M}: what "
        "came before is deleted. Whoever signed in before it counts as absent until they sign in again, so the replay "
        "may show longer waits than there were, and the plan is the one published last until another comes into force. "
        "Begin with --from a day on which everybody had signed in anew."
    )
    if recorded.unseen:
        some = ", ".join(sorted(recorded.unseen)[:SHOWN])
        words += f" Of {len(recorded.unseen)} agents who were given work it is not known when they came: {some}"
        words += ", ..." if len(recorded.unseen) > SHOWN else ""
    return words


async def from_ledger(
    ledger: Ledger, pool: str, chosen: Chosen, seed: int, progress: Progress = lambda *_: None
) -> tuple[Recorded, Script, tzinfo]:
    """A span of a pool's log. Raises NothingToReplay, LedgerUnavailable, LogUnreadable."""
    plans = await published_plans(ledger)
    if not pool and len(plans) != 1:
        message = f"the ledger has {len(plans)} pools ({', '.join(sorted(plans)) or 'none'}): say which with --pool"
        raise NothingToReplay(message)
    pool = pool or next(iter(plans))
    if pool not in plans:
        message = f"the ledger has no pool {pool}; it has {', '.join(sorted(plans)) or 'none'}"
        raise NothingToReplay(message)
    zone = _zone(plans[pool].time_zone)
    recorded = Recorded(pool, *_span(chosen, zone))
    shard = shard_of(pool, await ledger.partitions(topics.DECISIONS))
    bounds = (await ledger.bounds([decisions(shard)]))[decisions(shard)]
    start = Start(offset=bounds.begin, reading=Reading() if bounds.begin == 0 else None)
    if not start.knows_all:
        recorded.plan = plans[pool]
    async for _, batch in counting_batches(ledger, shard, start, bounds.end, progress):
        if recorded.cut_at is None and not start.knows_all:
            recorded.cut_at = batch.decided_at
        recorded.take(batch)
    try:
        return recorded, Script.of(recorded, seed), zone
    except NothingToReplay as nothing:
        message = f"{nothing}. {cut_words(recorded, zone)}".rstrip(". ")
        raise NothingToReplay(message) from nothing


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _span(chosen: Chosen, zone: tzinfo) -> tuple[float, float]:
    begin, until = chosen
    first = begin.replace(tzinfo=zone).timestamp() if begin else 0.0
    last = until.replace(tzinfo=zone).timestamp() if until else inf
    return first, last
