"""Whether an offer lived through a time in which nobody decided.

Promises agents that an outage is never held against them, however many others the same customer is offered to.
"""

from __future__ import annotations

from kindline.language.facts import OfferIssued
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.pools import Pool

GRAIN = 1e-3
"""Seconds within which two instants are one."""


def lived_through_outage(pool: Pool, interaction: Interaction, offer: OfferIssued) -> bool:
    """Whether a pending offer was extended because nobody decided for a while."""
    if offer.choice.plan_version != pool.plan.version:
        # Only under the plan it was issued by can be told how long it was meant to live; after another it is as any.
        return False
    # When it was issued is not kept: since then the interaction may have been offered to more, and more to the agent.
    assigned_at = pool.agents[offer.agent_id].last_assigned_at
    issued_at = interaction.state_since if assigned_at is None else min(interaction.state_since, assigned_at)
    return offer.expires_at - issued_at > pool.queue(offer.queue).offer_seconds + GRAIN
