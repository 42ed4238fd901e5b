"""Work that waits for other work of its agent: set aside when that is accepted, taken up again when that is over.

Nobody decides here whether to interrupt; capacity.py and matching do, as the last resort. Where an agent ends above
their units all the same, it is written down.
"""

from __future__ import annotations

from kindline.language.facts import CapacityExceeded, InteractionHeld, InteractionResumed
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.capacity import interruptible
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.hands import Grip
from kindline.routing.domain.interactions import Interaction


def make_room(d: Decision, accepted: Interaction) -> None:
    """Set aside as little as need be for what was accepted just now, the latest arrivals first."""
    pool = d.state.pools[accepted.pool]
    agent = pool.agents[accepted.agent_id]
    if agent.used <= agent.units:
        return
    names = interruptible(agent, pool.capacity.interrupts(accepted.channel))
    for other in sorted((d.state.interactions[name] for name in names), key=lambda one: one.sequence, reverse=True):
        if agent.used > agent.units:
            d.emit(InteractionHeld(pool=other.pool, interaction_id=other.id, interrupted_by=accepted.id))
    tell_excess(d, agent, accepted.id)


def take_up_interrupted(d: Decision) -> None:
    """What was interrupted by something that its agent does not hold any more, or that sleeps, goes on."""
    for agent in list(d.state.touched):
        if not agent.set_aside:
            continue
        owned = sorted((d.state.interactions[name] for name in agent.work), key=lambda one: one.sequence)
        for interaction in owned:
            by = agent.hands.get(interaction.interrupted_by)
            is_over = bool(interaction.interrupted_by) and (by is None or by.grip is Grip.ASLEEP)
            if is_over and interaction.state is InteractionState.HELD:
                take_up(d, interaction)


def take_up(d: Decision, interaction: Interaction) -> None:
    """Interrupted work goes on, and takes its units again."""
    units = interaction.units
    d.emit(InteractionResumed(pool=interaction.pool, interaction_id=interaction.id, units=units))
    tell_excess(d, d.state.pools[interaction.pool].agents[interaction.agent_id], interaction.id)


def tell_excess(d: Decision, agent: Agent, interaction_id: str) -> None:
    """Write down that an agent uses more than their units, if they do; empty: their plan brought it about."""
    over = agent.used - agent.units
    if over > 0:
        d.emit(
            CapacityExceeded(pool=agent.pool, agent_id=agent.agent_id, interaction_id=interaction_id, units_over=over)
        )
