"""The plan under which a bank's day is rehearsed: a queue for each call type, its servers with what they served.

Limits that stand for a machine's silence are stretched by the clock's speed, because on an accelerated clock a second
of the machine is many seconds of business.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kindline.language.content import Channel, Needs, SkillNeed
from kindline.language.plan import AgentPlan, ChannelPlan, EntryPointPlan, Plan, PoolLimits, QueuePlan, SkillPlan
from kindline.rehearsal.domain.calls import LoggedCall, Outcome
from kindline.rehearsal.domain.figures import TARGET_SECONDS
from kindline.rehearsal.domain.script import ENGLISH_KINDS
from kindline.rehearsal.domain.staffing import Shift

POOL = "anonymous-bank/calls"
ENTRY_POINT = "voice-{}"
MACHINE_SECONDS = 5.0
"""As long as an accept or a connection may take the machine, on a busy one."""
WRAP_UP_SECONDS = 10.0
DAY_SECONDS = 86_400.0


def bank_plan(calls: Sequence[LoggedCall], crew: Iterable[Shift], *, kinds: Iterable[str], speed: float) -> Plan:
    """A plan for these call types and this crew; `calls` is the whole log, from which the skills come."""
    skilled: dict[str, set[str]] = defaultdict(set)
    for call in calls:
        if call.server and call.outcome is Outcome.SERVED:
            skilled[call.server].add(call.kind)
    servers = sorted({shift.agent_id for shift in crew})
    rows = sorted(set(kinds))
    # A type that none of today's crew ever served is anybody's, or its callers could never be served.
    orphans = {kind for kind in rows if not any(kind in skilled[server] for server in servers)}
    machine = max(1.0, speed) * MACHINE_SECONDS
    return Plan(
        pool=POOL,
        time_zone="Asia/Jerusalem",
        skills=tuple(rows),
        queues=tuple(_queue(kind, machine) for kind in rows),
        entry_points=tuple(
            EntryPointPlan(name=ENTRY_POINT.format(kind), channel=Channel.VOICE, queue=kind, language=_language(kind))
            for kind in rows
        ),
        agents=tuple(_agent(server, [k for k in rows if k in skilled[server] or k in orphans]) for server in servers),
        channels=(ChannelPlan(channel=Channel.VOICE, units=100, at_once=1, missed_offers=3),),
        limits=_limits(speed, machine),
        reason_codes=("break", "end-of-shift"),
    )


def _queue(kind: str, machine: float) -> QueuePlan:
    language = "en" if kind in ENGLISH_KINDS else ""
    return QueuePlan(
        name=kind,
        title=f"Calls of type {kind}",
        needs=Needs(skills=(SkillNeed(skill=kind),), language=language),
        offer_seconds=max(20.0, machine),
        back_off_seconds=0.0,
        wrap_up_seconds=max(WRAP_UP_SECONDS, machine),
        answer_within_seconds=TARGET_SECONDS,
        warn_before_seconds=5.0,
    )


def _language(kind: str) -> str:
    return "en" if kind in ENGLISH_KINDS else "he"


def _agent(server: str, kinds: Sequence[str]) -> AgentPlan:
    languages = tuple(dict.fromkeys(["he", *(_language(kind) for kind in kinds)]))
    skills = tuple(SkillPlan(skill=kind, level=1) for kind in kinds)
    return AgentPlan(
        agent_id=server, display_name=server, skills=skills, languages=languages, channels=(Channel.VOICE,)
    )


def _limits(speed: float, machine: float) -> PoolLimits:
    usual = PoolLimits()
    factor = max(1.0, speed)
    return replace(
        usual,
        connect_seconds=max(usual.connect_seconds, machine),
        parking_seconds=usual.parking_seconds * factor,
        bot_seconds=DAY_SECONDS,
    )
