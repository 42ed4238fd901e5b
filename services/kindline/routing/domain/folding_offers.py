"""How facts about offers change the state: capacity is held from the offer on, and given back with it."""

from __future__ import annotations

from kindline.language.facts.agents import RoutingStateReason
from kindline.language.facts.offers import (
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferExpiryCause,
    OfferFailed,
    OfferIssued,
    OfferRescinded,
    OfferRevoked,
)
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.promised import wait_ends_at
from kindline.routing.domain.state import ShardState
from kindline.routing.domain.timers import Due
from kindline.routing.domain.watching import watch_rest

OFFERED, CONNECTING = InteractionState.OFFERED, InteractionState.CONNECTING
OFFER, OFFERED_WORK, WORK = Due.OFFER, RoutingStateReason.OFFER, RoutingStateReason.WORK
"""By names of this module: to ask an Enum for a member takes as long as much of what is done here."""


def issued(state: ShardState, interaction: Interaction, fact: OfferIssued, at: Instant) -> None:
    """An interaction is held out to an agent, whose capacity it holds from here on."""
    pool = state.pools[fact.pool]
    agent = pool.agents[fact.agent_id]
    interaction.offers[fact.offer_id] = fact
    interaction.last_offer_number = fact.number
    interaction.moves(OFFERED, at, None)
    agent.reckons(at)
    agent.takes(fact.interaction_id, fact.channel, fact.units, fact.queue)
    agent.last_assigned_at = at
    if state.is_ready:
        state.timers.watch((OFFER, fact.interaction_id, fact.offer_id), fact.expires_at)
        watch_rest(state, agent)
    state.settle_agent(agent, OFFERED_WORK, freed=False)
    state.settle_interaction(interaction)


def accepted(state: ShardState, interaction: Interaction, fact: OfferAccepted, at: Instant) -> None:
    """The agent owns the interaction, and what the offer held is held on."""
    offer = interaction.offers.pop(fact.offer_id)
    agent = state.pools[fact.pool].agents[fact.agent_id]
    interaction.agent_id = fact.agent_id
    interaction.units = offer.units
    interaction.moves(CONNECTING, at, fact.connect_by)
    agent.work[fact.interaction_id] = None
    agent.missed_offers = 0
    # What the agent can take is as it was, for the offer held the capacity; only what they are doing is new.
    agent.counts_time(at)
    if state.is_ready:
        state.timers.watch((OFFER, fact.interaction_id, fact.offer_id), None)
        state.touched.setdefault(agent, WORK)
    state.settle_interaction(interaction)


def declined(state: ShardState, interaction: Interaction, fact: OfferDeclined, at: Instant) -> None:
    """The agent left it, and is left out for a while."""
    state.pools[fact.pool].agents[fact.agent_id].missed_offers = 0
    leave_out(state, interaction, fact.agent_id, fact.back_off_until, at)
    _over(state, interaction, fact, at)


def expired(state: ShardState, interaction: Interaction, fact: OfferExpired, at: Instant) -> None:
    """It went by; unless an outage was to blame, it counts."""
    if fact.cause is OfferExpiryCause.NO_ANSWER:
        state.pools[fact.pool].agents[fact.agent_id].missed_offers += 1
    leave_out(state, interaction, fact.agent_id, fact.back_off_until, at)
    _over(state, interaction, fact, at)


def taken_back(
    state: ShardState, interaction: Interaction, fact: OfferRevoked | OfferRescinded | OfferFailed, at: Instant
) -> None:
    """It was taken back, which is nobody's fault."""
    _over(state, interaction, fact, at)


def leave_out(state: ShardState, interaction: Interaction, agent_id: str, until: Instant, at: Instant) -> None:
    """Leave an agent out until a time; forget those whose time is over."""
    interaction.back_offs = {agent: end for agent, end in interaction.back_offs.items() if end > at}
    if until > at:
        interaction.back_offs[agent_id] = until
        state.wakes.watch((Due.BACK_OFF, interaction.id, agent_id), until)


def _over(
    state: ShardState,
    interaction: Interaction,
    fact: OfferDeclined | OfferExpired | OfferRevoked | OfferRescinded | OfferFailed,
    at: Instant,
) -> None:
    agent = state.pools[fact.pool].agents[fact.agent_id]
    del interaction.offers[fact.offer_id]
    state.timers.watch((OFFER, fact.interaction_id, fact.offer_id), None)
    if not interaction.offers and interaction.state is InteractionState.OFFERED:
        interaction.moves(InteractionState.QUEUED, at, wait_ends_at(interaction))
    agent.reckons(at)
    agent.lets_go(fact.interaction_id)
    state.settle_agent(agent, RoutingStateReason.OFFER)
    state.settle_interaction(interaction)
