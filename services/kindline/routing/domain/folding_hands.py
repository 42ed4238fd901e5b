"""How an agent's hands follow from the state of what is in them: every fold that moves an interaction calls here."""

from __future__ import annotations

from kindline.language.facts.agents import RoutingStateReason
from kindline.language.ids import Instant
from kindline.routing.domain.hands import ASIDE, ASLEEP, grip_of
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.state import ShardState

WORK = RoutingStateReason.WORK
_LIGHT = frozenset({ASIDE, ASLEEP})


def hold_as_it_stands(state: ShardState, interaction: Interaction, at: Instant) -> None:
    """Its agent holds an interaction as its state says, and is matched anew where that changes what they can take."""
    agent = state.agent(interaction.pool, interaction.agent_id)
    hand = agent.hands.get(interaction.id) if agent else None
    if agent is None or hand is None:
        return
    former, grip = hand.grip, grip_of(interaction)
    if hand.units == interaction.units and (former is grip or not (former in _LIGHT or grip in _LIGHT)):
        # It weighs what it did, so that no sum over the hands changes.
        hand.grip = grip
        if former is not grip and state.pools[agent.pool].capacity.knows_interrupting:
            state.settle_agent(agent, WORK)
        return
    agent.reckons(at)
    was_at_work = agent.is_at_work
    agent.holds(interaction.id, interaction.units, grip)
    if was_at_work and not agent.is_at_work:
        agent.idle_since = at
    state.settle_agent(agent, WORK)


def free(state: ShardState, interaction: Interaction, at: Instant) -> None:
    """No agent owns it any more, and none holds capacity for it."""
    agent = state.agent(interaction.pool, interaction.agent_id) if interaction.agent_id else None
    if agent is not None and interaction.id in agent.hands:
        agent.reckons(at)
        hand = agent.lets_go(interaction.id)
        if hand.grip is not ASLEEP and not agent.is_at_work:
            agent.idle_since = at
        state.settle_agent(agent, WORK)
    interaction.agent_id = interaction.interrupted_by = ""
    interaction.units = 0
