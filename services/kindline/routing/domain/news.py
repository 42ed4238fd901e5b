"""What a batch of decisions means to each agent: offers that come and go, work that changes, words that are said.

Promises the gRPC edge every piece of news of a counting batch, in its order, with the agent it concerns; who owns which
interaction is remembered here, because the fact that ends work does not name the agent who had it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, get_args

from kindline.language import facts as f
from kindline.language.agent_view import AgentKey, OfferEnd
from kindline.language.facts import Fact
from kindline.language.facts.offers import OfferIssued, OfferRevokedReason
from kindline.language.snapshot import InteractionRow, SnapshotRow
from kindline.routing.domain.news_kinds import (
    MessageSaid,
    News,
    OfferHeldOut,
    OfferIsGone,
    WorkChanged,
    WorkIsOver,
)
from kindline.routing.domain.talk import message_of

NO_REASON = OfferRevokedReason.UNSPECIFIED
Addressed = tuple[AgentKey, News]

OfferEnded = f.OfferAccepted | f.OfferDeclined | f.OfferExpired | f.OfferRevoked | f.OfferRescinded | f.OfferFailed
Change = f.InteractionAnswered | f.InteractionHeld | f.InteractionResumed | f.InteractionSlept | f.InteractionCompleted
End = (
    f.InteractionQueued
    | f.InteractionClosed
    | f.InteractionAbandoned
    | f.InteractionDeflected
    | f.InteractionCancelled
    | f.InteractionExpired
)
OFFER_ENDS: dict[type[OfferEnded], OfferEnd] = {
    f.OfferAccepted: OfferEnd.ACCEPTED,
    f.OfferDeclined: OfferEnd.DECLINED,
    f.OfferExpired: OfferEnd.EXPIRED,
    f.OfferRevoked: OfferEnd.REVOKED,
    f.OfferRescinded: OfferEnd.RESCINDED,
    f.OfferFailed: OfferEnd.FAILED,
}


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

    def news(self, facts: Iterable[Fact], decided_at: float) -> list[Addressed]:
        """The news in the facts of one counting batch, in their order.

        Work is shown as it stands after the batch, so it is shown once however often it changed.
        """
        edition = Edition(self.owners, decided_at)
        for fact in facts:
            report = REPORTS.get(type(fact))
            if report is not None:
                report(edition, fact)
        return edition.news


class Edition:
    """The news of one batch: what of it is told already, and who owns what by now."""

    __slots__ = ("begun", "decided_at", "news", "owners", "shown")

    def __init__(self, owners: dict[str, AgentKey], decided_at: float) -> None:
        """Nothing is told yet; `owners` changes with what is."""
        self.owners = owners
        self.decided_at = decided_at
        self.news: list[Addressed] = []
        self.begun: set[str] = set()
        """Work that began in this batch: it is shown with all that was said in it."""
        self.shown: set[str] = set()
        """Work that is shown, as it stands after the batch."""


def _offer_issued(edition: Edition, fact: OfferIssued) -> None:
    edition.news.append(((fact.pool, fact.agent_id), OfferHeldOut(fact)))


def _offer_ended(edition: Edition, fact: OfferEnded) -> None:
    reason = fact.reason if isinstance(fact, f.OfferRevoked) else NO_REASON
    edition.news.append(((fact.pool, fact.agent_id), OfferIsGone(fact.offer_id, OFFER_ENDS[type(fact)], reason)))


def _offer_accepted(edition: Edition, fact: f.OfferAccepted) -> None:
    _offer_ended(edition, fact)
    name, key = fact.interaction_id, (fact.pool, fact.agent_id)
    edition.begun.add(name)
    edition.shown.add(name)
    edition.owners[name] = key
    edition.news.append((key, WorkChanged(name, edition.decided_at)))


def _changed(edition: Edition, fact: Change) -> None:
    name = fact.interaction_id
    if name not in edition.shown:
        edition.shown.add(name)
        if owner := edition.owners.get(name):
            edition.news.append((owner, WorkChanged(name)))


def _ended(edition: Edition, fact: End) -> None:
    name = fact.interaction_id
    edition.shown.discard(name)
    if owner := edition.owners.pop(name, None):
        edition.news.append((owner, WorkIsOver(name, type(fact).__name__)))


def _said(edition: Edition, fact: f.EventRecorded | f.MessageSent) -> None:
    name = fact.interaction_id
    owner = edition.owners.get(name)
    if owner and name not in edition.begun and (message := message_of(fact, edition.decided_at)):
        edition.news.append((owner, MessageSaid(name, message)))


# Each function takes exactly the facts of its rows, which no type of Python can say of a table.
REPORTS: dict[type[Fact], Callable[[Edition, Any], None]] = {
    OfferIssued: _offer_issued,
    **dict.fromkeys(OFFER_ENDS, _offer_ended),
    f.OfferAccepted: _offer_accepted,
    **dict.fromkeys(get_args(Change), _changed),
    **dict.fromkeys(get_args(End), _ended),
    f.EventRecorded: _said,
    f.MessageSent: _said,
}
"""Most facts are news to no agent."""
