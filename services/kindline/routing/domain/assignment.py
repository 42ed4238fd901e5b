"""Who serves whom: after each decision everybody who may be matched now is, first in line first, to the agent due.

One definition, whatever stirred: of all interactions that have an eligible agent the first in line gets the best of its
agents, and again, until no pair is left. Only what the decision stirred needs to be looked at, as all else was left
without a pair by the decision before.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from kindline.language.facts import OfferIssued
from kindline.language.facts.offers import Choice
from kindline.language.ids import offer_id
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.explaining import RULE, count_removals
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.timers import Due


def wake(d: Decision) -> None:
    """Stir those whose back-off or rest between two assignments has ended."""
    while (key := d.state.wakes.take(d.now)) is not None:
        kind, first, agent_id = key
        if kind is Due.GAP:
            agent = d.state.agent(first, agent_id)
        else:
            interaction = d.state.interactions.get(first)
            agent = d.state.agent(interaction.pool, agent_id) if interaction else None
        if agent is not None:
            d.state.stirred_agents[agent] = None


def assign(d: Decision) -> None:
    """Issue every offer that can be issued now."""
    state = d.state
    candidates: list[tuple[int, int, Agent | Interaction]] = []
    for agent in state.stirred_agents:
        key = state.pools[agent.pool].matching.next_for(agent, d.now)
        if key is not None:
            candidates.append((key, len(candidates), agent))
    for interaction in state.stirred_interactions:
        if interaction.place is not None:
            candidates.append((interaction.place, len(candidates), interaction))
    heapify(candidates)
    while candidates:
        key, number, candidate = heappop(candidates)
        again = _assign_to(d, key, candidate) if isinstance(candidate, Agent) else _assign_one(d, candidate)
        if again is not None:
            heappush(candidates, (again, number, candidate))


def _assign_one(d: Decision, interaction: Interaction) -> int | None:
    """Offer an interaction once, if anybody can take it; its place when it may be offered once more."""
    if interaction.place is None or not _offer(d, interaction):
        return None
    return interaction.place


def _assign_to(d: Decision, key: int, agent: Agent) -> int | None:
    """Offer what is first in line for an agent; the place of what comes next for them."""
    matching = d.state.pools[agent.pool].matching
    now_first = matching.next_for(agent, d.now)
    if now_first == key and not _offer(d, matching.at(key)):
        return None
    return matching.next_for(agent, d.now) if now_first == key else now_first


def _offer(d: Decision, interaction: Interaction) -> bool:
    pool = d.state.pools[interaction.pool]
    found = pool.matching.agent_for(interaction, d.now)
    if found is None:
        return False
    agent, score = found
    number = interaction.last_offer_number + 1
    eligible, removals = count_removals(pool, interaction, d.now)
    d.emit(
        OfferIssued(
            pool=pool.name,
            offer_id=offer_id(interaction.id, number),
            interaction_id=interaction.id,
            agent_id=agent.agent_id,
            number=number,
            queue=interaction.queue,
            channel=interaction.channel,
            units=pool.channels[interaction.channel].units,
            expires_at=d.now + pool.queue(interaction.queue).offer_seconds,
            choice=Choice(rule=RULE, score=score, eligible=eligible, removals=removals, plan_version=pool.plan.version),
        )
    )
    return True
