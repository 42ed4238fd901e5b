"""The kinds of news that agents get: offers that come and go, work that changes and ends, words that are said.

Promises the gRPC edge one small value for each, which names its interaction or its offer.
"""

from __future__ import annotations

from typing import NamedTuple

from kindline.language.agent_view import OfferEnd
from kindline.language.facts.offers import OfferIssued, OfferRevokedReason
from kindline.language.snapshot import MessageRow


class OfferHeldOut(NamedTuple):
    """An offer is held out."""

    offer: OfferIssued


class OfferIsGone(NamedTuple):
    """An offer ended."""

    offer_id: str
    end: OfferEnd
    revoked_reason: OfferRevokedReason = OfferRevokedReason.UNSPECIFIED


class WorkChanged(NamedTuple):
    """Work began or changed; how it stands, and what was said before `begun_at`, is read from the state."""

    interaction_id: str
    begun_at: float = 0.0


class MessageSaid(NamedTuple):
    """Somebody said something in the agent's work."""

    interaction_id: str
    message: MessageRow


class WorkIsOver(NamedTuple):
    """The agent has the interaction no more; `cause` is the fact's name."""

    interaction_id: str
    cause: str


News = OfferHeldOut | OfferIsGone | WorkChanged | MessageSaid | WorkIsOver
