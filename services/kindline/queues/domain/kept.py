"""What the floor keeps over restarts, and what one batch did to it.

Promises the adapter that `Kept` is everything: whatever else the floor knows is derived from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kindline.language.floor import FloorRow
from kindline.language.ids import Instant
from kindline.queues.domain.agents import Agent
from kindline.queues.domain.contacts import Contact
from kindline.queues.domain.plans import PoolPlan
from kindline.queues.domain.tallies import Key
from kindline.queues.domain.windows import Windows


@dataclass(slots=True, kw_only=True)
class Kept:
    """One shard. A queue is there from its plan, or its first contact, until it is out of plan, empty and forgotten."""

    now: Instant | None = None
    """When the newest batch was decided that changed anything, or began a new slot; None before the first."""
    pools: dict[str, PoolPlan] = field(default_factory=dict)
    queues: dict[Key, Windows] = field(default_factory=dict)
    agents: dict[Key, Agent] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)

    def planned(self, queue: Key) -> bool:
        """Whether the pool's plan has this queue."""
        plan = self.pools.get(queue[0])
        return plan is not None and queue[1] in plan.queues

    def target(self, queue: Key) -> float | None:
        """Within how many seconds this queue promises an answer; None where it does not."""
        plan = self.pools.get(queue[0])
        return plan.queues.get(queue[1]) if plan else None

    def employed(self, agent: Key) -> bool:
        """Whether the pool's plan has this agent."""
        plan = self.pools.get(agent[0])
        return plan is not None and agent[1] in plan.agents

    def display_name(self, agent: Key) -> str:
        """What people call them; empty where the plan does not say."""
        plan = self.pools.get(agent[0])
        return plan.agents.get(agent[1], "") if plan else ""


@dataclass(slots=True)
class Step:
    """What one batch did: rows to publish, keys whose row is gone, the names of what changed, and what to look at."""

    rows: list[FloorRow] = field(default_factory=list)
    gone: list[Key] = field(default_factory=list)
    time: bool = False
    pools: set[str] = field(default_factory=set)
    queues: set[Key] = field(default_factory=set)
    agents: set[Key] = field(default_factory=set)
    contacts: set[str] = field(default_factory=set)
    look_at_queues: set[Key] = field(default_factory=set)
    look_at_agents: set[Key] = field(default_factory=set)

    def __bool__(self) -> bool:
        """Whether there is anything to keep."""
        return bool(self.time or self.pools or self.queues or self.agents or self.contacts)
