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
    stirred: list[Agent | Interaction] = [*state.stirred_agents, *state.stirred_interactions]
    for candidate in stirred:
        place = _place(d, candidate)
        if place is not None:
            candidates.append((place, len(candidates), candidate))
    heapify(candidates)
    issued = False
    while candidates:
        key, number, candidate = heappop(candidates)
        if issued:
            # Offers change who is first for whom; whoever is not first any more comes back at their new place.
            now_at = _place(d, candidate)
            if now_at != key:
                if now_at is not None:
                    heappush(candidates, (now_at, number, candidate))
                continue
        interaction, chosen = _pair(d, candidate, key)
        if chosen is not None:
            _offer(d, interaction, chosen)
            issued = True
            again = _place(d, candidate)
            if again is not None:
                heappush(candidates, (again, number, candidate))


def _place(d: Decision, candidate: Agent | Interaction) -> int | None:
    """The place in line that a candidate stands for now: their own, or that of the first they can serve."""
    matching = d.state.pools[candidate.pool].matching
    if isinstance(candidate, Interaction):
        return matching.place_of(candidate, d.now)
    return matching.next_for(candidate, d.now)


def _pair(d: Decision, candidate: Agent | Interaction, place: int) -> tuple[Interaction, Chosen | None]:
    """Who is first in line of those that a candidate stands for, and the agent due, or None."""
    state, matching = d.state, d.state.pools[candidate.pool].matching
    if isinstance(candidate, Interaction):
        return candidate, None if matching.is_behind(candidate) else matching.agent_for(candidate, d.now)
    interaction = matching.at(place)
    if len(state.stirred_agents) == 1 and interaction not in state.stirred_interactions:
        # Nothing else has changed, so whoever could serve it but for this agent would have been given it before.
        return interaction, matching.only(candidate, interaction, d.now)
    return interaction, matching.agent_for(interaction, d.now)


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
