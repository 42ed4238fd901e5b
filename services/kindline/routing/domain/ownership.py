"""Whose interaction, whose offer: the checks that every command at the desk shares, each with its reason to refuse."""

from __future__ import annotations

from kindline.language.facts import OfferIssued
from kindline.language.facts.agents import RefusalReason
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.interactions import Interaction

Outcome = tuple[RefusalReason, str] | None
"""Why a command is refused, for machines and for people; None when it was carried out."""


def offer_of(d: Decision, agent: Agent, name: str) -> tuple[Interaction, OfferIssued] | None:
    """A pending offer to the agent with its interaction, or None."""
    interaction = d.state.interactions.get(name.rpartition(".")[0])
    offer = interaction.offers.get(name) if interaction else None
    if interaction is None or offer is None or offer.agent_id != agent.agent_id or offer.pool != agent.pool:
        return None
    return interaction, offer


def owned(d: Decision, agent: Agent, interaction_id: str) -> tuple[Interaction | None, Outcome]:
    """The agent's own open interaction, or None and why not."""
    still_open = d.state.interactions.get(interaction_id)
    interaction = still_open or d.state.ended.get(interaction_id)
    if interaction is None or interaction.pool != agent.pool:
        return None, (RefusalReason.UNKNOWN_INTERACTION, "no such interaction is open")
    if interaction.agent_id != agent.agent_id:
        return None, (RefusalReason.NOT_YOUR_INTERACTION, "the interaction is not with you")
    if still_open is None:
        return None, wrong_state(interaction, "be open")
    return interaction, None


def wrong_state(interaction: Interaction, must: str) -> tuple[RefusalReason, str]:
    """The interaction is somewhere else in its life."""
    return RefusalReason.WRONG_STATE, f"the interaction is {interaction.state.name}; it must {must}"


def reason_code_refused(d: Decision, agent: Agent, code: str) -> Outcome:
    """A reason code must be one of the tenant's, where the tenant has any; none at all is always right."""
    known = d.state.pools[agent.pool].plan.reason_codes
    if code and known and code not in known:
        return RefusalReason.UNKNOWN_REASON_CODE, f"use one of: {', '.join(known)}"
    return None
