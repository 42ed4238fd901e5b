"""A plan whose general queue has some rules, and a log as if they had been others."""

from __future__ import annotations

from dataclasses import replace

from kindline.language.calendars import CalendarFrame, CalendarPlan, Weekday
from kindline.language.plan import Plan
from kindline.language.plan_checks import problems
from kindline.language.queue_rules import (
    OverflowAction,
    OverflowCause,
    OverflowRule,
)
from tests.domain.audit.recorded import Log, audited, found, under
from tests.given import agent, plan, queue

FULL, CLOSED, WAITED = OverflowCause.FULL, OverflowCause.CLOSED, OverflowCause.WAITED
NOBODY = OverflowCause.NOBODY_ON_JOIN

WEEK = tuple(day for day in Weekday if day)
CALENDARS = (
    CalendarPlan(name="always", frames=(CalendarFrame(days=WEEK, opens="00:00", closes="24:00"),)),
    CalendarPlan(name="never", frames=(CalendarFrame(days=WEEK, opens="00:00", closes="00:01"),)),
)


def general(**rules: object) -> Plan:
    """A plan whose general queue has these rules; Zoe could serve anybody."""
    first = replace(queue(), **rules)  # type: ignore[arg-type]
    crew = (agent("amy", billing=1), agent("zoe", billing=5, languages=["en"]))
    adopted = replace(plan(queues=(first, queue("billing"), queue("third")), agents=crew), calendars=CALENDARS)
    assert problems(adopted) == ()
    return adopted


def as_if(log: Log, **rules: object) -> dict[str, int]:
    """What is found in the log if the general queue had had other rules."""

    def other(one: Plan) -> Plan:
        queues = [replace(row, **rules) if row.name == "general" else row for row in one.queues]  # type: ignore[arg-type]
        return replace(one, queues=tuple(queues))

    return found(audited(under(log, other)))


def with_an_able_amy(one: Plan) -> Plan:
    """The plan in which Amy could serve anybody."""
    return replace(one, agents=(agent("amy", billing=5, languages=["en"]), *one.agents[1:]))


def rule(cause: OverflowCause, to: str = "", after: float = 0.0) -> OverflowRule:
    """A rule that sends to another queue, or away."""
    action = OverflowAction.TO_QUEUE if to else OverflowAction.DEFLECT
    return OverflowRule(cause=cause, action=action, queue=to, after_seconds=after)
