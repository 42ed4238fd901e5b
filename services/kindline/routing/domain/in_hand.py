"""What a new owner's first word is about: those of very many that are with an agent, found through the agents."""

from __future__ import annotations

from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.state import ShardState


def in_hand(state: ShardState) -> list[Interaction]:
    """The interactions that are offered to agents, connecting or with them, each once."""
    agents = [agent for pool in state.pools.values() for agent in pool.agents.values()]
    return [state.interactions[name] for name in dict.fromkeys(name for agent in agents for name in agent.hands)]
