"""Capacity in a plan: what cannot be meant is told to the person who wrote it, with its place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kindline.language.content import Channel
from kindline.language.plan import AgentChannelLimit, ChannelPlan, Plan
from kindline.language.plan_checks import problems
from tests.given import agent, plan

CHAT, VOICE, EMAIL, MESSAGE = Channel.CHAT, Channel.VOICE, Channel.EMAIL, Channel.MESSAGE


def told(in_question: Plan) -> list[tuple[str | int, ...]]:
    """Where a plan is wrong."""
    return [problem.path for problem in problems(in_question)]


def limited(*limits: AgentChannelLimit, channels: tuple[Channel, ...] = ()) -> Plan:
    """A plan whose last agent has these limits."""
    last = replace(agent("dee"), limits=limits, channels=channels)
    return plan(agents=(*plan().agents, last))


def test_a_plan_with_limits_interrupting_and_sleepers_is_valid() -> None:
    """Calls interrupt chats and mails, chats interrupt mails, chats sleep, and one agent takes no calls."""
    channels = (
        ChannelPlan(channel=VOICE, interrupts=(CHAT, EMAIL)),
        ChannelPlan(channel=CHAT, interrupts=(EMAIL,), dormant_after_seconds=300.0, dormant_units=10),
    )
    assert told(replace(limited(AgentChannelLimit(channel=VOICE, at_once=0)), channels=channels)) == []


@pytest.mark.parametrize(
    "limits, path",
    [
        ([AgentChannelLimit()], "channel"),
        ([AgentChannelLimit(channel=CHAT), AgentChannelLimit(channel=CHAT, at_once=2)], "channel"),
        ([AgentChannelLimit(channel=VOICE)], "channel"),
        ([AgentChannelLimit(channel=CHAT, at_once=-1)], "at_once"),
    ],
)
def test_a_limit_that_says_nothing_is_refused(limits: list[AgentChannelLimit], path: str) -> None:
    """A limit for no channel, for a channel twice, for one the agent does not serve, or below none."""
    wrong = told(limited(*limits, channels=(CHAT,)))
    assert wrong == [("agents", 3, "limits", len(limits) - 1, path)]


def test_a_queue_that_nobody_has_room_for_is_refused() -> None:
    """Everybody may hold no call at all, so no caller would ever be served."""
    none = (AgentChannelLimit(channel=VOICE, at_once=0),)
    nobody = plan(agents=tuple(replace(one, limits=none) for one in plan().agents))
    assert told(nobody) == [("queues", 0)]


@pytest.mark.parametrize("channel", [Channel.UNSPECIFIED, VOICE, CHAT])
def test_what_must_not_be_interrupted_is_refused(channel: Channel) -> None:
    """A chat interrupts no call, no channel that is none, and no chat."""
    channels = (ChannelPlan(channel=CHAT, interrupts=(channel,)),)
    assert told(plan(channels=channels)) == [("channels", 0, "interrupts", 0)]


def test_a_channel_named_twice_is_refused() -> None:
    """A call interrupts mails once."""
    assert told(plan(channels=(ChannelPlan(channel=VOICE, interrupts=(EMAIL, EMAIL)),))) == [
        ("channels", 0, "interrupts", 1)
    ]


def test_interrupting_in_a_circle_is_refused() -> None:
    """Chat over mail, mail over messages, messages over chat: work would push itself aside for ever."""
    channels = (
        ChannelPlan(channel=CHAT, interrupts=(EMAIL,)),
        ChannelPlan(channel=EMAIL, interrupts=(MESSAGE,)),
        ChannelPlan(channel=MESSAGE, interrupts=(CHAT,)),
        ChannelPlan(channel=VOICE, interrupts=(CHAT, EMAIL)),
    )
    assert told(plan(channels=channels)) == [("channels", index, "interrupts", 0) for index in range(3)]


def test_sleep_that_costs_more_than_work_is_refused() -> None:
    """Asleep a chat may cost what it costs awake, and not one unit more."""
    assert told(plan(channels=(ChannelPlan(channel=CHAT, units=20, dormant_units=20),))) == []
    wrong = plan(channels=(ChannelPlan(channel=CHAT, units=20, dormant_units=21),))
    assert told(wrong) == [("channels", 0, "dormant_units")]


def test_calls_do_not_sleep() -> None:
    """Whoever is silent on the telephone is still on the telephone."""
    channels = (ChannelPlan(channel=VOICE, dormant_after_seconds=60.0),)
    assert told(plan(channels=channels)) == [("channels", 0, "dormant_after_seconds")]
