"""Sleeping conversations: they cost their agent a fraction, and wake to them if they are free, else to the queue."""

from __future__ import annotations

from kindline.language.facts import InteractionResumed, InteractionSlept
from kindline.language.facts.interactions import QueuedReason
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.preference import NOBODY_IN_PARTICULAR, Preference
from kindline.routing.domain.queueing import give_back
from kindline.routing.domain.silence import sleeps_at


def fall_asleep(d: Decision, interaction: Interaction) -> None:
    """The customer has been silent for as long as the plan says; it ends when it would have ended."""
    plan = d.state.pools[interaction.pool].channels[interaction.channel]
    due = sleeps_at(interaction, plan)
    if due is not None and due <= d.now:
        d.emit(
            InteractionSlept(
                pool=interaction.pool,
                interaction_id=interaction.id,
                units=min(interaction.units, plan.dormant_units),
                deadline=d.now if interaction.deadline is None else interaction.deadline,
            )
        )


def wake_up(d: Decision, interaction: Interaction) -> None:
    """The customer speaks: back to work with their agent if they could take it now, else to the queue at its age."""
    if interaction.state is not InteractionState.DORMANT:
        return
    pool = d.state.pools[interaction.pool]
    agent = pool.agents[interaction.agent_id]
    if agent.is_willing and pool.capacity.has_room_to_wake(agent, interaction.id):
        units = pool.channels[interaction.channel].units
        d.emit(InteractionResumed(pool=interaction.pool, interaction_id=interaction.id, units=units))
    else:
        # Whoever is here and has their hands full may have room soon: where the queue waits for one agent, for them.
        plan = pool.queue(interaction.queue).preference if agent.is_willing else None
        waited_for = Preference(agent.agent_id, d.now + plan.for_seconds) if plan else NOBODY_IN_PARTICULAR
        give_back(d, interaction, QueuedReason.WOKEN, waited_for)
