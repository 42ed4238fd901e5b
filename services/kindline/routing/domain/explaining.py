"""Why this agent and nobody else: how many agents each rule left out, told with the offer where counting is cheap."""

from __future__ import annotations

from kindline.language.facts.offers import Removal
from kindline.language.ids import Instant
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.places import absence
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.removals import COUNTED_UP_TO
from kindline.routing.domain.requirements import Requirement, unmet


def count_removals(
    pool: Pool, interaction: Interaction, now: Instant, *, interrupting: bool = False
) -> tuple[int, tuple[Removal, ...]]:
    """The number of agents who could have been chosen, and for each rule the number it left out, by the rules' names.

    In a pool with more agents nothing is counted: it is 1, the one chosen.
    """
    queued = interaction.queued
    if queued is None or len(pool.agents) > COUNTED_UP_TO:
        return 1, ()
    eligible, counts = pool.matching.removals(interaction, now, interrupting=interrupting)
    return eligible, tuple(Removal(rule=rule, agents=agents) for rule, agents in sorted(counts.items()) if agents)


def left_out_by(
    pool: Pool,
    agent: Agent,
    interaction: Interaction,
    requirement: Requirement,
    now: Instant,
    *,
    interrupting: bool = False,
) -> str:
    """The first rule that keeps an agent from being offered the interaction now; empty when none does.

    What `count_removals` counts for everybody at once, asked of one agent, and of nothing that is remembered. With
    `interrupting` those have room, too, who could set other work aside for it.
    """
    rule = absence(agent) or unmet(requirement, agent.plan, open_to_all=not pool.has_queue(requirement.queue))
    if rule:
        return rule
    if interaction.preferring and interaction.queued and interaction.queued.preferred_agent_id != agent.agent_id:
        return "preference"
    has_room = pool.capacity.may_interrupt if interrupting else pool.capacity.has_room
    if not has_room(agent, requirement.queue, requirement.channel):
        return "capacity"
    if pool.matching.rested_at(agent) > now:
        return "assignment_gap"
    return "back_off" if interaction.leaves_out(agent.agent_id, now) else ""
