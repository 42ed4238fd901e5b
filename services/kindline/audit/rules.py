"""A plan in force, as the auditor looks things up in it."""

from __future__ import annotations

from kindline.language.content import Channel
from kindline.language.plan import DEFAULT_CHANNELS, AgentPlan, ChannelPlan, Plan, QueuePlan

SECONDS = 60.0


class Rules:
    """One plan, by name."""

    def __init__(self, plan: Plan) -> None:
        """Look into this plan."""
        self.plan = plan
        self.queues = {queue.name: queue for queue in plan.queues}
        self.agents: dict[str, AgentPlan] = {agent.agent_id: agent for agent in plan.agents}
        self.calendars = {calendar.name: calendar for calendar in plan.calendars}
        self._channels: dict[Channel, ChannelPlan] = {row.channel: row for row in (*DEFAULT_CHANNELS, *plan.channels)}

    @property
    def slope(self) -> float:
        """What a second of waiting adds to the effective priority; a plan's slope counts to the millionth a minute."""
        return round(self.plan.order.priority_per_minute, 6) / SECONDS

    @property
    def ceiling(self) -> float:
        """Seconds of waiting after which nobody who came later goes first; 0: none."""
        return self.plan.order.starvation_seconds

    @property
    def gap(self) -> float:
        """Least seconds between two assignments to one agent."""
        return self.plan.limits.assignment_gap_seconds

    def queue(self, name: str) -> QueuePlan:
        """A queue's rules; a queue that left the plan drains under the defaults of the language."""
        return self.queues.get(name) or QueuePlan(name=name)

    def channel(self, channel: Channel) -> ChannelPlan:
        """What one interaction of a channel costs."""
        return self._channels[channel]
