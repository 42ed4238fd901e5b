"""What the floor needs of a pool's plan: which queues there are, what they promise, and what people are called."""

from __future__ import annotations

from dataclasses import dataclass, field

from kindline.language.plan import Plan


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """Queue to the seconds within which it promises an answer, None where it promises none; agent to display name."""

    queues: dict[str, float | None] = field(default_factory=dict)
    agents: dict[str, str] = field(default_factory=dict)


def pool_plan(plan: Plan) -> PoolPlan:
    """That much of a plan."""
    return PoolPlan(
        {queue.name: queue.answer_within_seconds for queue in plan.queues},
        {agent.agent_id: agent.display_name for agent in plan.agents},
    )
