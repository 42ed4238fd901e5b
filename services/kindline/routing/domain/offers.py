"""The life of an offer after it was issued: accepted, declined, gone by, or taken back."""

from __future__ import annotations

from kindline.language.content import Channel
from kindline.language.facts import (
    AgentRoutingStateChanged,
    InteractionAnswered,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferIssued,
    OfferRescinded,
    OfferRevoked,
)
from kindline.language.facts.agents import RoutingState, RoutingStateReason
from kindline.language.facts.offers import OfferExpiryCause, OfferRevokedReason
from kindline.language.quick import maker
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.interrupting import make_room
from kindline.routing.domain.outages import lived_through_outage
from kindline.routing.domain.preference import not_taken
from kindline.routing.domain.promised import waited_seconds
from kindline.routing.domain.queueing import expire_if_over

offer_accepted, interaction_answered = maker(OfferAccepted), maker(InteractionAnswered)


def accept(d: Decision, interaction: Interaction, offer: OfferIssued) -> None:
    """The agent takes it; the others hear first that they lost, so that nobody owns what another still holds out."""
    pool = d.state.pools[offer.pool]
    for other in [other for other in interaction.offers.values() if other.offer_id != offer.offer_id]:
        d.emit(
            OfferRescinded(
                pool=other.pool,
                offer_id=other.offer_id,
                interaction_id=other.interaction_id,
                agent_id=other.agent_id,
            )
        )
    d.emit(
        offer_accepted(
            pool=offer.pool,
            offer_id=offer.offer_id,
            interaction_id=offer.interaction_id,
            agent_id=offer.agent_id,
            connect_by=d.now + pool.limits.connect_seconds,
        )
    )
    make_room(d, interaction)
    if interaction.channel is not Channel.VOICE:
        answer(d, interaction)


def answer(d: Decision, interaction: Interaction) -> None:
    """The agent and the customer are together."""
    d.emit(
        interaction_answered(
            pool=interaction.pool,
            interaction_id=interaction.id,
            agent_id=interaction.agent_id,
            queue=interaction.queue,
            waited_seconds=waited_seconds(interaction, d.now),
            deadline=d.now + d.state.pools[interaction.pool].limits.longest_work_seconds,
        )
    )


def decline(d: Decision, interaction: Interaction, offer: OfferIssued, reason_code: str) -> None:
    """The agent leaves it."""
    d.emit(
        OfferDeclined(
            pool=offer.pool,
            offer_id=offer.offer_id,
            interaction_id=offer.interaction_id,
            agent_id=offer.agent_id,
            reason_code=reason_code,
            back_off_until=d.now + d.state.pools[offer.pool].queue(offer.queue).back_off_seconds,
        )
    )
    expire_if_over(d, interaction)
    not_taken(d, interaction, offer.agent_id)


def expire(d: Decision, interaction: Interaction, offer: OfferIssued) -> None:
    """Nobody answered; an offer that lived through an outage is held against nobody."""
    pool = d.state.pools[offer.pool]
    outage = lived_through_outage(pool, interaction, offer)
    d.emit(
        OfferExpired(
            pool=offer.pool,
            offer_id=offer.offer_id,
            interaction_id=offer.interaction_id,
            agent_id=offer.agent_id,
            cause=OfferExpiryCause.OUTAGE if outage else OfferExpiryCause.NO_ANSWER,
            back_off_until=d.now if outage else d.now + pool.queue(offer.queue).back_off_seconds,
        )
    )
    if not outage:
        _notice_silence(d, pool.agents[offer.agent_id], offer.channel)
    expire_if_over(d, interaction)
    not_taken(d, interaction, offer.agent_id)


def revoke_all(d: Decision, interaction: Interaction, reason: OfferRevokedReason) -> None:
    """Take back every offer of an interaction."""
    for offer in list(interaction.offers.values()):
        revoke(d, offer, reason)


def revoke_from(d: Decision, agent: Agent, reason: OfferRevokedReason) -> None:
    """Take back every offer that an agent holds, in order of arrival; what is too late to be offered again is over."""
    held = [d.state.interactions[name] for name in agent.hands if name not in agent.work]
    for interaction in sorted(held, key=lambda one: one.sequence):
        for offer in [offer for offer in interaction.offers.values() if offer.agent_id == agent.agent_id]:
            revoke(d, offer, reason)
        expire_if_over(d, interaction)


def revoke(d: Decision, offer: OfferIssued, reason: OfferRevokedReason) -> None:
    """Take back one offer, without penalty."""
    d.emit(
        OfferRevoked(
            pool=offer.pool,
            offer_id=offer.offer_id,
            interaction_id=offer.interaction_id,
            agent_id=offer.agent_id,
            reason=reason,
        )
    )


def _notice_silence(d: Decision, agent: Agent, channel: Channel) -> None:
    limit = d.state.pools[agent.pool].channels[channel].missed_offers
    if agent.missed_offers < limit or agent.not_responding:
        return
    d.emit(
        AgentRoutingStateChanged(
            pool=agent.pool,
            agent_id=agent.agent_id,
            routing_state=RoutingState.NOT_RESPONDING,
            reason=RoutingStateReason.MISSED_OFFERS,
        )
    )
