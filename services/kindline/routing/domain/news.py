"""What a batch of decisions means to each agent: offers that come and go, work that changes, words that are said.

Promises the gRPC edge every piece of news of a counting batch, in its order, with the agent it concerns; who owns which
interaction is remembered here, because the fact that ends work does not name the agent who had it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import get_args

from kindline.language import facts as f
from kindline.language.agent_view import AgentKey
from kindline.language.facts import Fact
from kindline.language.facts.offers import OfferIssued, OfferRevokedReason
from kindline.language.snapshot import InteractionRow, MessageRow, SnapshotRow
from kindline.routing.domain.talk import message_of


class OfferEnd(IntEnum):
    """How an offer ended, as the agent sees it; numbers as on the wire."""

    UNSPECIFIED = 0
    ACCEPTED = 1
    DECLINED = 2
    EXPIRED = 3
    REVOKED = 4
    RESCINDED = 5
    FAILED = 6


@dataclass(frozen=True, slots=True)
class OfferHeldOut:
    """An offer is held out."""

    offer: OfferIssued


@dataclass(frozen=True, slots=True)
class OfferIsGone:
    """An offer ended."""

    offer_id: str
    end: OfferEnd
    revoked_reason: OfferRevokedReason = OfferRevokedReason.UNSPECIFIED


@dataclass(frozen=True, slots=True)
class WorkChanged:
    """Work began or changed; how it stands, and what was said before `begun_at`, is read from the state."""

    interaction_id: str
    begun_at: float = 0.0


@dataclass(frozen=True, slots=True)
class MessageSaid:
    """Somebody said something in the agent's work."""

    interaction_id: str
    message: MessageRow


@dataclass(frozen=True, slots=True)
class WorkIsOver:
    """The agent has the interaction no more; `cause` is the fact's name."""

    interaction_id: str
    cause: str


News = OfferHeldOut | OfferIsGone | WorkChanged | MessageSaid | WorkIsOver
Addressed = tuple[AgentKey, News]

OfferEnded = f.OfferAccepted | f.OfferDeclined | f.OfferExpired | f.OfferRevoked | f.OfferRescinded | f.OfferFailed
OFFER_ENDS: dict[str, OfferEnd] = {f"Offer{end.name.capitalize()}": end for end in OfferEnd if end}
"""Facts about offers are named by how the offer ended."""
CHANGES = (f.InteractionAnswered, f.InteractionHeld, f.InteractionResumed, f.InteractionSlept, f.InteractionCompleted)
ENDS = (
    f.InteractionQueued,
    f.InteractionClosed,
    f.InteractionAbandoned,
    f.InteractionDeflected,
    f.InteractionCancelled,
    f.InteractionExpired,
)
NEWSWORTHY = frozenset({OfferIssued, *get_args(OfferEnded), *CHANGES, *ENDS, f.EventRecorded, f.MessageSent})
"""Asked first, since most facts are news to no agent."""


@dataclass(slots=True)
class Newsroom:
    """Turns facts into news; `owners` is which agent has which interaction."""

    owners: dict[str, AgentKey] = field(default_factory=dict)

    def restore(self, rows: Iterable[SnapshotRow]) -> None:
        """Begin from a snapshot's rows."""
        self.owners = {
            row.received.interaction_id: (row.received.pool, row.agent_id)
            for row in rows
            if isinstance(row, InteractionRow) and row.agent_id
        }

    def news(self, facts: Iterable[Fact], decided_at: float) -> Iterator[Addressed]:
        """The news in the facts of one counting batch, in their order.

        Work is shown as it stands after the batch, so it is shown once however often it changed.
        """
        begun: set[str] = set()
        shown: set[str] = set()
        for fact in facts:
            if type(fact) not in NEWSWORTHY:
                continue
            if isinstance(fact, OfferIssued):
                yield (fact.pool, fact.agent_id), OfferHeldOut(fact)
            elif isinstance(fact, OfferEnded):
                begun |= {fact.interaction_id} if isinstance(fact, f.OfferAccepted) else set()
                shown |= begun
                yield from self._offer_ended(fact, decided_at)
            elif isinstance(fact, CHANGES):
                if (owner := self.owners.get(fact.interaction_id)) and fact.interaction_id not in shown:
                    yield owner, WorkChanged(fact.interaction_id)
                shown.add(fact.interaction_id)
            elif isinstance(fact, ENDS):
                shown.discard(fact.interaction_id)
                if owner := self.owners.pop(fact.interaction_id, None):
                    yield owner, WorkIsOver(fact.interaction_id, type(fact).__name__)
            elif isinstance(fact, f.EventRecorded | f.MessageSent) and fact.interaction_id not in begun:
                yield from self._said(fact, decided_at)

    def _offer_ended(self, fact: OfferEnded, decided_at: float) -> Iterator[Addressed]:
        key = (fact.pool, fact.agent_id)
        reason = fact.reason if isinstance(fact, f.OfferRevoked) else OfferRevokedReason.UNSPECIFIED
        yield key, OfferIsGone(fact.offer_id, OFFER_ENDS[type(fact).__name__], reason)
        if isinstance(fact, f.OfferAccepted):
            self.owners[fact.interaction_id] = key
            yield key, WorkChanged(fact.interaction_id, decided_at)

    def _said(self, fact: f.EventRecorded | f.MessageSent, decided_at: float) -> Iterator[Addressed]:
        owner = self.owners.get(fact.interaction_id)
        message = message_of(fact, decided_at)
        if owner and message:
            yield owner, MessageSaid(fact.interaction_id, message)
