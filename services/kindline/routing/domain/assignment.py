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
from kindline.language.quick import maker
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.choosing import INTERRUPTING, Chosen
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.explaining import count_removals
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.timers import Due

offer_issued, choice = maker(OfferIssued), maker(Choice)


def wake(d: Decision) -> None:
    """Stir those whose back-off or rest between two assignments has ended."""
    while (key := d.state.wakes.take(d.now)) is not None:
        kind, first, agent_id = key
        if kind is Due.GAP:
            agent = d.state.agent(str(first), agent_id)
        else:
            interaction = d.state.interactions.get(str(first))
            agent = d.state.agent(interaction.pool, agent_id) if interaction else None
        if agent is not None:
            d.state.stirred_agents[agent] = None


def assign(d: Decision) -> None:
    """Issue every offer that can be issued now."""
    state = d.state
    candidates: list[tuple[int, int, Agent | Interaction, Interaction]] = []
    stirred: list[Agent | Interaction] = [*state.stirred_agents, *state.stirred_interactions]
    for candidate in stirred:
        first = _first(d, candidate)
        if first is not None:
            candidates.append((first[0], len(candidates), candidate, first[1]))
    heapify(candidates)
    issued = False
    while candidates:
        place, number, candidate, interaction = heappop(candidates)
        if issued:
            # Offers change who is first for whom; whoever is not first any more comes back at their new place.
            first = _first(d, candidate)
            if first is None or first[0] != place:
                if first is not None:
                    heappush(candidates, (first[0], number, candidate, first[1]))
                continue
        chosen = _chosen(d, candidate, interaction)
        if chosen is not None:
            _offer(d, interaction, chosen)
            issued = True
            first = _first(d, candidate)
            if first is not None:
                heappush(candidates, (first[0], number, candidate, first[1]))


def _first(d: Decision, candidate: Agent | Interaction) -> tuple[int, Interaction] | None:
    """For whom a candidate stands now, with their place in line: for itself, or for the first they can serve."""
    matching = d.state.pools[candidate.pool].matching
    first = candidate if isinstance(candidate, Interaction) else matching.next_for(candidate, d.now)
    place = None if first is None else matching.place_of(first, d.now)
    return None if first is None or place is None else (place, first)


def _chosen(d: Decision, candidate: Agent | Interaction, interaction: Interaction) -> Chosen | None:
    """The agent due for whom a candidate stands for, or None."""
    state, matching = d.state, d.state.pools[candidate.pool].matching
    if isinstance(candidate, Interaction):
        return None if matching.is_behind(candidate) else matching.agent_for(candidate, d.now)
    if len(state.stirred_agents) == 1 and interaction not in state.stirred_interactions:
        # Nothing else has changed, so whoever could serve it but for this agent would have been given it before.
        return matching.only(candidate, interaction, d.now)
    return matching.agent_for(interaction, d.now)


def _offer(d: Decision, interaction: Interaction, chosen: Chosen) -> None:
    pool = d.state.pools[interaction.pool]
    agent, score, rule = chosen
    number = interaction.last_offer_number + 1
    eligible, removals = count_removals(pool, interaction, d.now, interrupting=rule == INTERRUPTING)
    d.emit(
        offer_issued(
            pool=pool.name,
            offer_id=offer_id(interaction.id, number),
            interaction_id=interaction.id,
            agent_id=agent.agent_id,
            number=number,
            queue=interaction.queue,
            channel=interaction.channel,
            units=pool.channels[interaction.channel].units,
            expires_at=d.now + pool.queue(interaction.queue).offer_seconds,
            choice=choice(rule=rule, score=score, eligible=eligible, removals=removals, plan_version=pool.plan.version),
        )
    )
