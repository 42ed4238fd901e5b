"""An open interaction as the floor shows it, and how each fact moves it.

Promises the floor one place that knows the facts' meaning; a contact never changes in place, so that what is shown can
always be taken away again exactly as it was counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kindline.language import facts as f
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState as S

OFFER_ENDS = (f.OfferDeclined, f.OfferExpired, f.OfferRevoked, f.OfferRescinded, f.OfferFailed)
ENDS = (
    f.InteractionClosed,
    f.InteractionAbandoned,
    f.InteractionDeflected,
    f.InteractionCancelled,
    f.InteractionExpired,
)
MOVES: dict[type, S] = {
    f.InteractionScheduled: S.SCHEDULED,
    f.InteractionHeld: S.HELD,
    f.InteractionResumed: S.ACTIVE,
    f.InteractionSlept: S.DORMANT,
    f.InteractionCompleted: S.COMPLETED,
}
"""Facts that move a contact and say nothing else about it that the floor shows."""

ContactFact = (
    f.InteractionQueued
    | f.InteractionScheduled
    | f.OfferIssued
    | f.OfferAccepted
    | f.OfferDeclined
    | f.OfferExpired
    | f.OfferRevoked
    | f.OfferRescinded
    | f.OfferFailed
    | f.InteractionAnswered
    | f.InteractionHeld
    | f.InteractionResumed
    | f.InteractionSlept
    | f.InteractionCompleted
    | f.InteractionClosed
    | f.InteractionAbandoned
    | f.InteractionDeflected
    | f.InteractionCancelled
    | f.InteractionExpired
)
"""Facts that can change what the floor shows of a contact."""

WITH_AN_AGENT = frozenset({S.CONNECTING, S.ACTIVE, S.HELD, S.DORMANT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One interaction; `offers` are the live ones, each with its agent.

    `first_queue` and `arrived` say which queue's service level it belongs to and when it arrived there; `arrived` is
    None where nothing was promised on arrival, and once it was answered.
    """

    interaction_id: str
    pool: str
    state: S = S.RECEIVED
    queue: str = ""
    waiting_since: Instant = 0.0
    agent_id: str = ""
    offers: tuple[tuple[str, str], ...] = ()
    first_queue: str = ""
    arrived: Instant | None = None


def move(contact: Contact, fact: ContactFact, *, promised: bool) -> Contact | None:
    """The contact after a fact about it; None when it has ended. `promised`: its queue promises an answer in time."""
    if isinstance(fact, f.InteractionQueued):
        return _queued(contact, fact, promised=promised)
    if isinstance(fact, f.OfferIssued):
        offers = (*contact.offers, (fact.offer_id, fact.agent_id))
        return replace(contact, state=S.OFFERED if contact.state is S.QUEUED else contact.state, offers=offers)
    if isinstance(fact, f.OfferAccepted):
        left = _without(contact, fact.offer_id)
        return replace(contact, state=S.CONNECTING, agent_id=fact.agent_id, offers=left)
    if isinstance(fact, OFFER_ENDS):
        left = _without(contact, fact.offer_id)
        if contact.state is S.OFFERED and not left:
            return replace(contact, state=S.QUEUED, offers=left)
        return replace(contact, offers=left)
    if isinstance(fact, f.InteractionAnswered):
        return replace(contact, state=S.ACTIVE, agent_id=fact.agent_id or contact.agent_id, arrived=None)
    if isinstance(fact, ENDS):
        return None
    return replace(contact, state=MOVES.get(type(fact), contact.state))


def _queued(contact: Contact, fact: f.InteractionQueued, *, promised: bool) -> Contact:
    """Into a queue: the first one is where its service level belongs, whatever becomes of it later."""
    first = not contact.first_queue
    return replace(
        contact,
        state=S.QUEUED,
        queue=fact.queue,
        waiting_since=fact.waiting_since,
        agent_id="",
        first_queue=fact.queue if first else contact.first_queue,
        arrived=(fact.waiting_since if promised else None) if first else contact.arrived,
    )


def _without(contact: Contact, offer_id: str) -> tuple[tuple[str, str], ...]:
    return tuple(offer for offer in contact.offers if offer[0] != offer_id)
