"""One pool: the plan in force, its agents, and who waits for whom."""

from __future__ import annotations

from kindline.language.content import Channel
from kindline.language.ids import Instant
from kindline.language.plan import DEFAULT_CHANNELS, AgentPlan, ChannelPlan, EntryPointPlan, Plan, QueuePlan
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.capacity import Capacity
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.last_agents import LastAgents
from kindline.routing.domain.matching import Matching
from kindline.routing.domain.visits import Visits
from kindline.routing.domain.waits import Flow, flows_under


class Pool:
    """The plan in force for one pool, found by name, and what lives under it."""

    __slots__ = (
        "_queues",
        "agent_plans",
        "agents",
        "calendars",
        "capacity",
        "channels",
        "entry_points",
        "flows",
        "last_agents",
        "lets_sleep",
        "limits",
        "matching",
        "name",
        "plan",
        "preferring",
        "skills",
        "visits",
    )

    def __init__(self, plan: Plan, now: Instant) -> None:
        """Begin with a plan and nobody at work."""
        self.agents: dict[str, Agent] = {}
        self.flows: dict[str, Flow] = {}
        self.last_agents = LastAgents()
        self.preferring: dict[str, dict[Interaction, None]] = {}
        """For each agent the interactions that wait for them alone."""
        self.adopt(plan, now)

    def adopt(self, plan: Plan, now: Instant) -> None:
        """Another plan is in force; matching begins empty, the caller fills it again."""
        self.plan = plan
        self.name = plan.pool
        """Its name, `tenant/pool`."""
        self.limits = plan.limits
        """The time limits in force."""
        self._queues: dict[str, QueuePlan] = {queue.name: queue for queue in plan.queues}
        self.entry_points: dict[str, EntryPointPlan] = {point.name: point for point in plan.entry_points}
        self.agent_plans: dict[str, AgentPlan] = {agent.agent_id: agent for agent in plan.agents}
        self.skills = frozenset(plan.skills)
        self.calendars = {calendar.name: calendar for calendar in plan.calendars}
        self.channels: dict[Channel, ChannelPlan] = {row.channel: row for row in (*DEFAULT_CHANNELS, *plan.channels)}
        self.lets_sleep = any(channel.dormant_after_seconds for channel in self.channels.values())
        """Whether conversations of any channel may fall asleep; where they may not, nobody watches for it."""
        self.visits = Visits(plan, self.channels)
        self.capacity = Capacity(self.channels, plan.queues)
        for agent in self.agents.values():
            agent.place = None
        self.matching = Matching(plan, self.capacity, now)
        self.flows = flows_under(plan, self.flows)
        self.last_agents.adopt(plan)

    def has_queue(self, name: str) -> bool:
        """Whether the plan in force has the queue, so that something new may enter it."""
        return name in self._queues

    def queue(self, name: str) -> QueuePlan:
        """The queue's settings; a queue that left the plan drains under the defaults of the language."""
        return self._queues.get(name) or QueuePlan(name=name)
