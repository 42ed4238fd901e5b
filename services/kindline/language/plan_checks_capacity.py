"""What makes the rules of a plan on capacity valid: limits of agents, interrupting, and conversations that sleep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kindline.language.content import Channel
from kindline.language.plan import DEFAULT_CHANNELS, AgentPlan, ChannelPlan, Plan
from kindline.language.plan_problems import Problem
from kindline.language.plan_ranges import MOST

KNOWN = ", ".join(channel.name.lower() for channel in Channel if channel)


def agent_limits(plan: Plan) -> Iterator[Problem]:
    """Each limit of an agent names a channel they serve, once, and a number from 0."""
    for index, agent in enumerate(plan.agents):
        for number, limit in enumerate(agent.limits):
            path = ("agents", index, "limits", number)
            yield from _limited_channel(agent, number, (*path, "channel"))
            if not 0 <= limit.at_once <= MOST:
                message = f"is {limit.at_once}; it must be 0, for none at all, or more, and at most {MOST:,}"
                yield Problem((*path, "at_once"), message)


def _limited_channel(agent: AgentPlan, number: int, path: tuple[str | int, ...]) -> Iterator[Problem]:
    channel = agent.limits[number].channel
    if channel is Channel.UNSPECIFIED:
        yield Problem(path, f"is missing; name one of: {KNOWN}")
    elif any(other.channel is channel for other in agent.limits[:number]):
        yield Problem(path, f"{channel.name.lower()} has a limit already; each channel has one")
    elif agent.channels and channel not in agent.channels:
        yield Problem(path, f"{agent.agent_id!r} does not serve {channel.name.lower()}: see their channels")


def interrupting(plan: Plan) -> Iterator[Problem]:
    """Channels interrupt others, never calls, and never round in a circle."""
    rows = {row.channel: row for row in plan.channels}
    for index, row in enumerate(plan.channels):
        for number, other in enumerate(row.interrupts):
            path = ("channels", index, "interrupts", number)
            if other is Channel.UNSPECIFIED:
                yield Problem(path, f"is missing; name one of: {KNOWN}")
            elif other is Channel.VOICE:
                yield Problem(path, "is voice; nobody is cut off in the middle of a call")
            elif other in row.interrupts[:number]:
                yield Problem(path, f"{other.name.lower()} is there already; each channel stands once")
            elif row.channel in _reached(other, rows):
                message = f"goes round in a circle: {other.name.lower()} interrupts {row.channel.name.lower()} in turn"
                yield Problem(path, message)


def _reached(start: Channel, rows: Mapping[Channel, ChannelPlan]) -> set[Channel]:
    """The channel itself, and all whose work it may push aside, directly or through others."""
    reached: set[Channel] = set()
    ahead = [start]
    while ahead:
        channel = ahead.pop()
        if channel not in reached:
            reached.add(channel)
            ahead += rows[channel].interrupts if channel in rows else ()
    return reached


def sleeping(plan: Plan) -> Iterator[Problem]:
    """A conversation that sleeps costs no more than one that is awake, and calls do not sleep."""
    for index, row in enumerate(plan.channels):
        if row.dormant_units > row.units:
            message = f"is {row.dormant_units}; asleep it must not cost more than awake, which is {row.units}"
            yield Problem(("channels", index, "dormant_units"), message)
        if row.dormant_after_seconds and row.channel is Channel.VOICE:
            yield Problem(("channels", index, "dormant_after_seconds"), "is for written channels; a call never sleeps")


def never_room(plan: Plan, agent: AgentPlan, channel: Channel) -> bool:
    """Whether an agent can never be given anything on a channel: they may have none of it, or it takes too much."""
    costs = next((row.units for row in (*plan.channels, *DEFAULT_CHANNELS) if row.channel is channel), 0)
    none = any(limit.channel is channel and limit.at_once == 0 for limit in agent.limits)
    return none or costs > agent.units
