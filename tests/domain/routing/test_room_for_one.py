"""Asked for one kind of work, the rules on what an agent may hold say what they say of all kinds at once."""

from __future__ import annotations

from itertools import product

import pytest

from kindline.language.content import Channel
from kindline.language.plan import AgentChannelLimit, AgentPlan, ChannelPlan, QueuePlan
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.capacity import Capacity
from kindline.routing.domain.hands import Grip

QUEUES = ("general", "billing")
CHANNELS = {
    Channel.VOICE: ChannelPlan(channel=Channel.VOICE, units=100, at_once=1),
    Channel.CHAT: ChannelPlan(channel=Channel.CHAT, units=20, at_once=2),
    Channel.EMAIL: ChannelPlan(channel=Channel.EMAIL, units=25, at_once=4),
}
"""Chats are limited by their number, letters by what they weigh."""


def busy(own_limit: int, calls: int, chats: int, letters: int) -> Agent:
    """An agent with so much in hand, one letter of it asleep; `own_limit` is how many chats they may hold, if not 0."""
    limits = (AgentChannelLimit(channel=Channel.CHAT, at_once=own_limit),) if own_limit else ()
    agent = Agent(pool="p", agent_id="amy", plan=AgentPlan(agent_id="amy", limits=limits))
    for plan, number in zip(CHANNELS.values(), (calls, chats, letters), strict=True):
        for one in range(number):
            agent.takes(f"{plan.channel}-{one}", plan.channel, plan.units, QUEUES[one % 2])
    if letters:
        agent.holds(f"{Channel.EMAIL}-0", 5, Grip.ASLEEP)
    return agent


@pytest.mark.parametrize("billing_at_once, own_limit", [(0, 0), (1, 0), (0, 1)])
def test_there_is_room_for_one_when_it_is_among_all_that_there_is_room_for(
    billing_at_once: int, own_limit: int
) -> None:
    """Whatever an agent has in hand, and whoever limits them: channel, queue, or their own part of the plan."""
    queues = [QueuePlan(name="general"), QueuePlan(name="billing", at_once=billing_at_once)]
    capacity = Capacity(CHANNELS, queues)
    answers = set()
    for held in product(range(2), range(3), range(5)):
        agent = busy(own_limit, *held)
        for queue, channel in product(QUEUES, (Channel.UNSPECIFIED, *CHANNELS)):
            answer = capacity.has_room(agent, queue, channel)
            assert answer == bool(capacity.room(agent) & capacity.bit(queue, channel)), (held, queue, channel)
            answers.add(answer)
    assert answers == {True, False}
