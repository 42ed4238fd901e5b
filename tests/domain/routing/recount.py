"""Counts again, from the rows of interactions alone, what each agent carries; the engine's sums must be the same."""

from __future__ import annotations

from collections import Counter

from kindline.language.graph import WITH_AGENT
from kindline.language.snapshot import InteractionRow, InteractionState
from kindline.routing.domain.engine import Engine
from tests.given import Centre


def in_hand(engine: Engine, pool: str, agent_id: str) -> list[tuple[InteractionRow, int, str]]:
    """What an agent holds, each with its units and the queue it came from."""
    found = []
    for row in engine.interactions():
        if row.received.pool != pool:
            continue
        if row.agent_id == agent_id and row.state in WITH_AGENT:
            found.append((row, row.units, row.queued.queue if row.queued else ""))
        found += [(row, offer.units, offer.queue) for offer in row.offers if offer.agent_id == agent_id]
    return found


def recount(engine: Engine, pool: str, agent_id: str) -> dict[str, object]:
    """All sums of an agent, from the interactions."""
    held = in_hand(engine, pool, agent_id)
    awake = [(row, queue) for row, _, queue in held if row.state is not InteractionState.DORMANT]
    return {
        "used": sum(units for row, units, _ in held if not row.interrupted_by),
        "set_aside": sum(units for row, units, _ in held if row.interrupted_by),
        "sleepers": len(held) - len(awake),
        "hands": {row.received.interaction_id for row, _, _ in held},
        "work": {row.received.interaction_id for row, _, _ in held if row.agent_id == agent_id},
        "held": Counter(row.received.channel for row, _ in awake),
        "held_queues": Counter(queue for _, queue in awake),
    }


def assert_hands_are_what_the_interactions_say(centre: Centre) -> None:
    """No sum an agent carries has drifted from what is to be counted."""
    state = centre.engine._state  # noqa: SLF001 - the sums have no door of their own: this is what watches them.
    for pool in state.pools.values():
        for agent in pool.agents.values():
            carried = {
                "used": agent.used,
                "set_aside": agent.set_aside,
                "sleepers": agent.sleepers,
                "hands": set(agent.hands),
                "work": set(agent.work),
                "held": +Counter(dict(enumerate(agent.held))),
                "held_queues": agent.held_queues,
            }
            assert carried == recount(centre.engine, pool.name, agent.agent_id)
