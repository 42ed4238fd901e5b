"""What makes a plan valid: for people who write one, and for the engine that must not adopt a broken one.

Each check is one small function that names what is wrong and where, so that a file's line and field can be shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from kindline.language.content import Channel, Needs
from kindline.language.plan import DEFAULT_CHANNELS, AgentPlan, ChannelPlan, Plan, QueuePlan
from kindline.language.plan_checks_capacity import agent_limits, interrupting, never_room, sleeping
from kindline.language.plan_checks_hours import calendars, known_calendars, zones
from kindline.language.plan_checks_overflow import limits, overflow, overflow_circles
from kindline.language.plan_checks_queues import ladders, preferences
from kindline.language.plan_problems import Problem
from kindline.language.plan_ranges import HIGHEST_VERSION, LIMITS, ORDER, RANGES

HIGHEST_PRIORITY = 9
HIGHEST_LEVEL = 5


def problems(plan: Plan) -> tuple[Problem, ...]:
    """All that is wrong with a plan; none means that it may be adopted."""
    return tuple(problem for check in CHECKS for problem in check(plan))


def channel_plan(plan: Plan, channel: Channel) -> ChannelPlan:
    """What one interaction of this channel costs under the plan, or by default where the plan is silent."""
    for row in (*plan.channels, *DEFAULT_CHANNELS):
        if row.channel == channel:
            return row
    raise LookupError(channel)


def serves(agent: AgentPlan, queue: QueuePlan, needs: Needs, channel: Channel) -> bool:
    """Whether an agent may ever be offered an interaction with these needs from this queue on this channel."""
    if agent.channels and channel not in agent.channels:
        return False
    if agent.queues and queue.name not in agent.queues:
        return False
    if needs.language and needs.language not in agent.languages:
        return False
    levels = {skill.skill: skill.level for skill in agent.skills}
    return all(levels.get(need.skill, 0) >= max(need.level, 1) for need in needs.skills)


def _pool_name(plan: Plan) -> Iterator[Problem]:
    tenant, slash, pool = plan.pool.partition("/")
    if not (tenant and slash and pool) or "/" in pool:
        yield Problem(("pool",), f"is {plan.pool!r}; it must read tenant/pool")
    if not 1 <= plan.version <= HIGHEST_VERSION:
        yield Problem(("version",), f"is {plan.version}; it must be 1 or more, and at most {HIGHEST_VERSION:,}")


def _unique_names(plan: Plan) -> Iterator[Problem]:
    yield from _unique("queues", "name", [queue.name for queue in plan.queues])
    yield from _unique("entry_points", "name", [point.name for point in plan.entry_points])
    yield from _unique("agents", "agent_id", [agent.agent_id for agent in plan.agents])
    yield from _unique("channels", "channel", [row.channel.name for row in plan.channels])


def _unique(section: str, field: str, names: Sequence[str]) -> Iterator[Problem]:
    seen = Counter[str]()
    for index, name in enumerate(names):
        seen[name] += 1
        if not name or name == Channel.UNSPECIFIED.name:
            yield Problem((section, index, field), "is missing")
        elif seen[name] > 1:
            yield Problem((section, index, field), f"{name!r} is there already; each name stands once")


def _floor_names(plan: Plan) -> Iterator[Problem]:
    # kindline.floor keys rows by pool/queue and pool/agent: one name for both would show one instead of the other.
    queues = {queue.name for queue in plan.queues}
    for index, agent in enumerate(plan.agents):
        if agent.agent_id in queues:
            message = f"{agent.agent_id!r} is a queue's name too; queues and agents of a pool share one set of names"
            yield Problem(("agents", index, "agent_id"), message)


def _known_skills(plan: Plan) -> Iterator[Problem]:
    for index, queue in enumerate(plan.queues):
        for number, need in enumerate(queue.needs.skills):
            yield from _skill(plan, need.skill, need.level, ("queues", index, "needs", "skills", number))
    for index, agent in enumerate(plan.agents):
        for number, skill in enumerate(agent.skills):
            path = ("agents", index, "skills", number)
            yield from _skill(plan, skill.skill, skill.level, path)
            if any(other.skill == skill.skill for other in agent.skills[:number]):
                yield Problem((*path, "skill"), f"{skill.skill!r} is there already; each skill has one level")


def _skill(plan: Plan, skill: str, level: int, path: tuple[str | int, ...]) -> Iterator[Problem]:
    if skill not in plan.skills:
        yield Problem((*path, "skill"), f"unknown skill {skill!r}; the plan's skills are: {_some(plan.skills)}")
    if not 1 <= level <= HIGHEST_LEVEL:
        yield Problem((*path, "level"), f"is {level}; levels go from 1 to {HIGHEST_LEVEL}")


def _known_queues(plan: Plan) -> Iterator[Problem]:
    names = dict.fromkeys(queue.name for queue in plan.queues)
    known = _some(tuple(names))
    for index, point in enumerate(plan.entry_points):
        if point.queue not in names:
            yield Problem(("entry_points", index, "queue"), f"unknown queue {point.queue!r}; the plan has: {known}")
        if not 0 <= point.priority <= HIGHEST_PRIORITY:
            message = f"is {point.priority}; priorities go from 0 to {HIGHEST_PRIORITY}"
            yield Problem(("entry_points", index, "priority"), message)
        if point.channel is Channel.UNSPECIFIED:
            yield Problem(("entry_points", index, "channel"), "is missing")
    for index, agent in enumerate(plan.agents):
        for number, queue in enumerate(agent.queues):
            if queue not in names:
                yield Problem(("agents", index, "queues", number), f"unknown queue {queue!r}; the plan has: {known}")


def _some(names: Sequence[str]) -> str:
    """Names as a person reads them: of a large plan only the first, for each mistake in it repeats them."""
    shown = ", ".join(names[:NAMES_SHOWN]) or "none yet"
    return f"{shown} and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else shown


def _served_queues(plan: Plan) -> Iterator[Problem]:
    for index, queue in enumerate(plan.queues):
        points = [point for point in plan.entry_points if point.queue == queue.name]
        for channel in {point.channel: None for point in points}:
            able = (agent for agent in plan.agents if serves(agent, queue, queue.needs, channel))
            if channel and all(never_room(plan, agent, channel) for agent in able):
                where = f"{queue.name!r} on {channel.name.lower()}"
                message = f"nobody in the plan can serve {where}: see its needs, and the agents' limits and units"
                yield Problem(("queues", index), message)


def _numbers(plan: Plan) -> Iterator[Problem]:
    rows: dict[str, Sequence[object]] = {
        "queues": plan.queues,
        "agents": plan.agents,
        "channels": plan.channels,
        "entry_points": plan.entry_points,
    }
    for (section, field), (allowed, message) in RANGES.items():
        for index, row in enumerate(rows[section]):
            value = getattr(row, field)
            if value is not None and not allowed(value):
                yield Problem((section, index, field), f"is {value:g}; it {message}")


def _limits(plan: Plan) -> Iterator[Problem]:
    for section, owner, rows in (("limits", plan.limits, LIMITS), ("order", plan.order, ORDER)):
        for field, (allowed, message) in rows.items():
            value = getattr(owner, field)
            if not allowed(value):
                yield Problem((section, field), f"is {value:g}; it {message}")


NAMES_SHOWN = 20

CHECKS: tuple[Callable[[Plan], Iterator[Problem]], ...] = (
    _pool_name,
    _unique_names,
    _floor_names,
    _known_skills,
    _known_queues,
    _served_queues,
    _numbers,
    _limits,
    agent_limits,
    interrupting,
    sleeping,
    zones,
    calendars,
    known_calendars,
    ladders,
    preferences,
    limits,
    overflow,
    overflow_circles,
)
"""Every check, in the order in which people read its findings."""
