"""What a replay begins with: the calls and the crew of a span of a log, and the plans to play them under.

Promises a person who chose badly the reason, before anything is played.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console

from kindline.commands.plan_file import read_plans
from kindline.commands.replaying.span import PlanUnfit, Span, span_of
from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.rehearsal.domain.bank_plan import POOL
from kindline.rehearsal.log_file import read_call_log

ISRAEL = "Asia/Jerusalem"


def read_span(file: Path, chosen: tuple[datetime | None, datetime | None], seed: int, console: Console) -> Span:
    """The calls and the crew of a span of local time, which ends before its second instant; None is the log's end.

    Raises LogUnreadable, NothingToReplay.
    """
    log = read_call_log(file)
    for line in log.words():
        console.print(line, markup=False, highlight=False)
    days = [call.day for call in log.calls] or [date.min]
    begin = chosen[0] or datetime.combine(min(days), datetime.min.time())
    until = chosen[1] or datetime.combine(max(days), datetime.min.time()) + timedelta(days=1)
    return span_of(
        log.calls,
        midnight_of=_midnight,
        begin=_instant(begin),
        until=_instant(until),
        seed=seed,
    )


def _instant(local: datetime) -> float:
    return _midnight(local.date()) + (local - datetime.combine(local.date(), datetime.min.time())).total_seconds()


def _midnight(day: date) -> Instant:
    try:
        zone: tzinfo = ZoneInfo(ISRAEL)
    except ZoneInfoNotFoundError:
        # A machine without time zones: winter time, which shifts a whole day and no wait.
        zone = timezone(timedelta(hours=2))
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def plan_of(file: Path, pool: str = POOL) -> Plan:
    """The one plan in a file that is meant. Raises PlanFileError, PlanUnfit."""
    plans = read_plans(file)
    if len(plans) == 1:
        return plans[0]
    for plan in plans:
        if plan.pool == pool:
            return plan
    message = f"{file}: has {len(plans)} pools and none is {pool}; give a file with one pool"
    raise PlanUnfit(message)
