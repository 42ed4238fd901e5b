"""The one agent a customer is meant to meet again: waited for at first, and never longer than there is hope.

Promises customers that a preference costs them no place in line, and no time with an agent who is not there, cannot
serve them, or did not take them.
"""

from __future__ import annotations

from typing import NamedTuple

from kindline.language.facts import PreferenceEnded
from kindline.language.facts.interactions import QueuedReason
from kindline.language.facts.waiting import PreferenceEndedReason
from kindline.language.ids import Instant
from kindline.language.plan import QueuePlan
from kindline.language.queue_rules import Preferred
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.last_agents import remembered_seconds
from kindline.routing.domain.requirements import unmet

_ANEW = frozenset({QueuedReason.ARRIVED, QueuedReason.HANDED_OVER, QueuedReason.TRANSFERRED, QueuedReason.OVERFLOWED})
"""Why an interaction joins a queue whose preference then holds; who comes back to one has been waited for already."""


class Preference(NamedTuple):
    """An agent who is waited for, and until when; nobody."""

    agent_id: str = ""
    until: Instant = 0.0


NOBODY_IN_PARTICULAR = Preference()


def preferred_for(d: Decision, interaction: Interaction, queue: QueuePlan, reason: QueuedReason) -> Preference:
    """Whom an interaction that joins a queue waits for at first; never who passed it on, or has just let it go."""
    plan = queue.preference
    if plan is None or reason not in _ANEW:
        return NOBODY_IN_PARTICULAR
    pool = d.state.pools[interaction.pool]
    agent_id = interaction.account_owner
    if plan.prefer is Preferred.LAST_AGENT:
        agent_id = pool.last_agents.of(interaction.received.customer, d.now - remembered_seconds(plan))
    passed_on = agent_id in {interaction.agent_id, interaction.passed_on_by}
    if agent_id not in pool.agent_plans or passed_on or interaction.back_offs.get(agent_id, d.now) > d.now:
        return NOBODY_IN_PARTICULAR
    return Preference(agent_id, d.now + plan.for_seconds)


def end_preferences(d: Decision) -> None:
    """Wait no more for those who are not there, or who cannot serve the interaction any more."""
    state = d.state
    waiting = [interaction for interaction in state.stirred_interactions if interaction.preferring]
    for agent in state.touched:
        preferring = state.pools[agent.pool].preferring
        if preferring:
            # In an order that whoever begins from a snapshot knows, too.
            waiting += sorted(preferring.get(agent.agent_id, ()), key=lambda one: one.sequence)
    for interaction in waiting:
        if interaction.preferring and not _is_hope(d, interaction):
            end(d, interaction, PreferenceEndedReason.UNAVAILABLE)


def not_taken(d: Decision, interaction: Interaction, agent_id: str) -> None:
    """An agent let an offer go; if they were waited for, that is over."""
    if interaction.preferring and _preferred(interaction) == agent_id:
        end(d, interaction, PreferenceEndedReason.NOT_TAKEN)


def time_is_over(d: Decision, interaction: Interaction) -> None:
    """An agent has been waited for long enough."""
    if interaction.preferring:
        end(d, interaction, PreferenceEndedReason.TIME)


def end(d: Decision, interaction: Interaction, reason: PreferenceEndedReason) -> None:
    """Anybody who can serve it may, from here on."""
    d.emit(
        PreferenceEnded(
            pool=interaction.pool,
            interaction_id=interaction.id,
            agent_id=_preferred(interaction),
            reason=reason,
        )
    )


def _preferred(interaction: Interaction) -> str:
    return interaction.queued.preferred_agent_id if interaction.queued else ""


def _is_hope(d: Decision, interaction: Interaction) -> bool:
    pool = d.state.pools[interaction.pool]
    agent: Agent | None = pool.agents.get(_preferred(interaction))
    if agent is None or not agent.is_willing:
        return False
    requirement = interaction.requirement
    return not unmet(requirement, agent.plan, open_to_all=not pool.has_queue(requirement.queue))
