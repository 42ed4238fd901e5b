"""Keeps what is due to those who wait in step with how they stand, for folding and after a snapshot."""

from __future__ import annotations

from kindline.language.ids import Instant
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.timers import Due, Timers


def settle_visit(timers: Timers, pool: Pool, interaction: Interaction, at: Instant, *, tried: bool = False) -> None:
    """Watch for what is due to one that waits; `tried` says that all that can be done now has just been done."""
    if pool.visits.has_rules:
        due = pool.visits.settle(interaction, pool.queue(interaction.queue), at, tried=tried)
        timers.watch((Due.LADDER, interaction.sequence, interaction.id), due)
        watch_visits(timers, pool)


def notice(timers: Timers, pool: Pool, agent: Agent, at: Instant) -> None:
    """An agent may have come or gone: watch for those whom nobody is left for."""
    if pool.visits.has_rules:
        pool.visits.notice(agent, at)
        watch_visits(timers, pool)


def watch_visits(timers: Timers, pool: Pool) -> None:
    """Watch for those for whom nobody is there."""
    timers.watch((Due.NOBODY, pool.name, ""), pool.visits.lonely_since)
