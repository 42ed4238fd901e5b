"""What an agent has room for: the one place that says so, for matching, for waking sleepers and for explaining.

There is room if the units fit beside what is used and set aside, and if the most particular limit on numbers is not
reached: the agent's own for the channel, else the queue's, else the channel's. The answer for everything at once is a
mask: one bit for each channel, and one more for each channel of each queue that has a limit of its own, so that a plan
without such queues costs what it did before there were any.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kindline.language.content import Channel
from kindline.language.plan import ChannelPlan, QueuePlan
from kindline.routing.domain.agents import DEFAULT_UNITS, Agent
from kindline.routing.domain.hands import Grip

FIRST_QUEUE_BIT = 1 + max(Channel)


class _Cost(NamedTuple):
    """What one interaction of a channel takes; `limited` are the bits of it in queues that have a limit."""

    channel: Channel
    units: int
    at_once: int
    bit: int
    limited: int
    interrupts: frozenset[Channel]


class Capacity:
    """The rules of one pool's plan on what its agents may hold."""

    __slots__ = ("_bits", "_costs", "_fitting", "_interrupting", "_least", "_limits", "_units", "knows_interrupting")

    def __init__(self, channels: Mapping[Channel, ChannelPlan], queues: Iterable[QueuePlan]) -> None:
        """Take the rules of a plan."""
        self._bits: dict[tuple[str, Channel], int] = {}
        self._limits: dict[str, tuple[int, int]] = {}
        for queue in queues:
            if queue.at_once:
                bits = 0
                for channel in channels:
                    self._bits[queue.name, channel] = 1 << (FIRST_QUEUE_BIT + len(self._bits))
                    bits |= self._bits[queue.name, channel]
                self._limits[queue.name] = (queue.at_once, bits)
        costs = sorted(map(self._cost, channels.values()), key=lambda cost: cost.units)
        self._costs = {cost.channel: cost for cost in costs}
        self._interrupting = [cost for cost in costs if cost.interrupts]
        self._least = costs[0].units
        # The channels that fit into what is free are the first so many of these, for as many as their units fit.
        self._units = [cost.units for cost in costs]
        limits = [(cost.channel, cost.at_once, cost.bit) for cost in costs]
        self._fitting = [limits[:count] for count in range(len(limits) + 1)]
        self.knows_interrupting = bool(self._interrupting)
        """Whether any channel may interrupt another's work."""

    def _cost(self, plan: ChannelPlan) -> _Cost:
        limited = sum(bit for (_, channel), bit in self._bits.items() if channel is plan.channel)
        # Nobody is cut off in the middle of a sentence, whatever a plan says.
        interrupts = frozenset(plan.interrupts) - {Channel.VOICE}
        return _Cost(plan.channel, plan.units, plan.at_once, 1 << plan.channel, limited, interrupts)

    def bit(self, queue: str, channel: Channel) -> int:
        """The bit that stands for a queue's interactions on a channel in every mask."""
        return self._bits.get((queue, channel), 1 << channel)

    def room(self, agent: Agent) -> int:
        """What an agent has room for, without interrupting anything."""
        plan = agent.plan
        free = (plan.units or DEFAULT_UNITS) - agent.used - agent.set_aside
        if free < self._least:
            return 0
        if self._limits or plan.limits:
            return self._within(agent, self._costs.values(), free)
        # As `_within`, where nothing limits numbers but the channels: this is asked for each offer.
        mask, held = 0, agent.held
        for channel, at_once, bit in self._fitting[bisect_right(self._units, free)]:
            if held[channel] < at_once:
                mask |= bit
        return mask

    def room_by_interrupting(self, agent: Agent) -> int:
        """What an agent has room for if work may be interrupted for it that its channel may interrupt."""
        mask = 0
        for cost in self._interrupting:
            movable = sum(agent.hands[name].units for name in interruptible(agent, cost.interrupts))
            mask |= self._within(agent, (cost,), agent.units - agent.used + movable)
        return mask

    def any_room(self, agent: Agent) -> bool:
        """Whether an agent could be given anything at all, by whatever way."""
        return bool(self.room(agent)) or (self.knows_interrupting and bool(self.room_by_interrupting(agent)))

    def has_room(self, agent: Agent, queue: str, channel: Channel) -> bool:
        """Whether an agent has room for one more of this kind, without interrupting anything."""
        if self._limits or agent.plan.limits:
            return bool(self.room(agent) & self.bit(queue, channel))
        # As `room`, for the one channel that is asked for: each offer that counts is looked at by this.
        cost = self._costs.get(channel)
        if cost is None or agent.held[channel] >= cost.at_once:
            return False
        return agent.used + agent.set_aside + cost.units <= agent.units

    def may_interrupt(self, agent: Agent, queue: str, channel: Channel) -> bool:
        """Whether an agent has room for one more of this kind if other work may be interrupted for it."""
        return bool(self.room_by_interrupting(agent) & self.bit(queue, channel))

    def has_room_to_wake(self, agent: Agent, interaction_id: str) -> bool:
        """Whether a sleeper in an agent's hands may be as much work as any of its kind."""
        hand = agent.hands[interaction_id]
        free = agent.units - agent.used - agent.set_aside + hand.units
        return bool(self._within(agent, self._costs.values(), free) & self.bit(hand.queue, hand.channel))

    def interrupts(self, channel: Channel) -> frozenset[Channel]:
        """The channels whose work an interaction of this channel may interrupt."""
        return self._costs[channel].interrupts

    def _within(self, agent: Agent, costs: Iterable[_Cost], free: int) -> int:
        full = 0
        if self._limits:
            for queue, count in agent.held_queues.items():
                at_once, bits = self._limits.get(queue, (count + 1, 0))
                full |= bits if count >= at_once else 0
        mask = 0
        for cost in costs:
            if cost.units > free:
                continue
            held = agent.held[cost.channel]
            own = own_limit(agent, cost.channel) if agent.plan.limits else None
            if own is None:
                mask |= (cost.bit if held < cost.at_once else 0) | (cost.limited & ~full)
            elif held < own:
                mask |= cost.bit | cost.limited
        return mask


def own_limit(agent: Agent, channel: Channel) -> int | None:
    """How many of a channel an agent may hold by their own part of the plan; None when it does not say."""
    return next((limit.at_once for limit in agent.plan.limits if limit.channel is channel), None)


def interruptible(agent: Agent, channels: frozenset[Channel]) -> list[str]:
    """The interactions an agent works on that may be interrupted for a channel that interrupts these."""
    return [
        name for name, hand in agent.hands.items() if hand.grip is Grip.OPEN and hand.units and hand.channel in channels
    ]
