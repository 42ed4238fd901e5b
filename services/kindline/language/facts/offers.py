"""Decided facts in the life of an offer, each with the reason. These names are the storage: they never change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from kindline.language.content import Channel
from kindline.language.quick import made_quickly


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Removal says how many agents one rule left out of a choice."""

    rule: str
    agents: int


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Choice is why this agent: enough to explain the offer to a person."""

    rule: str
    score: float
    eligible: int
    removals: tuple[Removal, ...] = ()
    plan_version: int


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class OfferIssued:
    """OfferIssued: one interaction is held out to one agent; the capacity is held from here on."""

    pool: str
    offer_id: str
    interaction_id: str
    agent_id: str
    number: int
    queue: str
    channel: Channel
    units: int
    expires_at: float
    choice: Choice


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAccepted:
    """OfferAccepted: the agent took the offer and owns the interaction; CONNECTING until InteractionAnswered."""

    pool: str
    offer_id: str
    interaction_id: str
    agent_id: str
    connect_by: float


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDeclined:
    """OfferDeclined: the agent left the offer; the interaction keeps its place."""

    pool: str
    offer_id: str
    interaction_id: str
    agent_id: str
    reason_code: str
    back_off_until: float


class OfferExpiryCause(IntEnum):
    """OfferExpiryCause says why an offer went by."""

    UNSPECIFIED = 0
    NO_ANSWER = 1
    OUTAGE = 2


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class OfferExpired:
    """OfferExpired: the offer went by unanswered; the interaction keeps its place."""

    pool: str
    offer_id: str
    interaction_id: str
    agent_id: str
    cause: OfferExpiryCause
    back_off_until: float


class OfferRevokedReason(IntEnum):
    """OfferRevokedReason says why an offer was taken back."""

    UNSPECIFIED = 0
    CUSTOMER_LEFT = 1
    AGENT_LOST = 2
    STATUS_CHANGED = 3
    PLAN_CHANGED = 4
    INTERACTION_ENDED = 5
    CALL_BACK_PROMISED = 6


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRevoked:
    """OfferRevoked: the offer was taken back, without penalty."""

    pool: str
    offer_id: str
    interaction_id: str
    agent_id: str
    reason: OfferRevokedReason


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRescinded:
    """OfferRescinded: another agent took the interaction first, without penalty."""

    pool: str
    offer_id: str
    interaction_id: str
    agent_id: str


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFailed:
    """OfferFailed: the offer could not be delivered, without penalty."""

    pool: str
    offer_id: str
    interaction_id: str
    agent_id: str
    cause: str
