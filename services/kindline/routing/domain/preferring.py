"""Who is waited for by whom, followed from facts: the deadline of each preference, and the customers of each agent."""

from __future__ import annotations

from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.timers import Due, Timers


def settle_preference(timers: Timers, pool: Pool, interaction: Interaction) -> None:
    """Watch a preference that holds, and drop one that does not: no agent is waited for once somebody has it."""
    queued = interaction.queued
    if queued is None or not interaction.preferring:
        return
    if interaction.waits:
        pool.preferring.setdefault(queued.preferred_agent_id, {})[interaction] = None
        timers.watch((Due.PREFERENCE, interaction.sequence, interaction.id), queued.preferred_until)
    else:
        drop_preference(timers, pool, interaction)


def drop_preference(timers: Timers, pool: Pool, interaction: Interaction) -> None:
    """Nobody in particular is waited for any more."""
    queued = interaction.queued
    if queued is None or not interaction.preferring:
        return
    interaction.preferring = False
    timers.watch((Due.PREFERENCE, interaction.sequence, interaction.id), None)
    waiting = pool.preferring.get(queued.preferred_agent_id, {})
    waiting.pop(interaction, None)
    if not waiting:
        pool.preferring.pop(queued.preferred_agent_id, None)
