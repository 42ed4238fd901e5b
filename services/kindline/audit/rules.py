"""A plan in force, as the auditor looks things up in it."""

from __future__ import annotations

from kindline.language.content import Channel
from kindline.language.ids import Instant
from kindline.language.plan import DEFAULT_CHANNELS, AgentPlan, ChannelPlan, Plan, QueuePlan

MILLION = 1_000_000
MINUTE = 60 * MILLION


def microseconds(at: Instant) -> int:
    """An instant or a length of time in whole microseconds."""
    return int(at * MILLION)


class Rules:
    """One plan, by name."""

    def __init__(self, plan: Plan) -> None:
        """Look into this plan."""
        self.plan = plan
        self.queues = {queue.name: queue for queue in plan.queues}
        self.agents: dict[str, AgentPlan] = {agent.agent_id: agent for agent in plan.agents}
        self._slope = round(plan.order.priority_per_minute * MILLION)
        self.calendars = {calendar.name: calendar for calendar in plan.calendars}
        self._channels: dict[Channel, ChannelPlan] = {row.channel: row for row in (*DEFAULT_CHANNELS, *plan.channels)}

    def place(self, priority: int, age: int) -> int:
        """What stands for an effective priority at any time, the lower the sooner; `age` is when it came."""
        return self._slope * age - priority * MILLION * MINUTE

    def horizon(self, at: Instant) -> int:
        """Whoever came before this has waited past the ceiling now."""
        ceiling = self.plan.order.starvation_seconds
        return microseconds(at) - microseconds(ceiling) if ceiling else 0

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
