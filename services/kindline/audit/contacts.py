"""Re-derives every interaction from the facts alone, and checks I1, I3 and I4 at each position of the log.

It promises the auditor independence: it shares with the engine the words of the language and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kindline.audit.findings import Findings, Invariant
from kindline.language import facts as f
from kindline.language.content import Channel
from kindline.language.facts.interactions import AbandonedWhere
from kindline.language.graph import ENDS, FACT_MOVES, INTERACTION_MOVES, WITH_AGENT
from kindline.language.snapshot import InteractionState as S

OFFER_ENDS = (f.OfferAccepted, f.OfferDeclined, f.OfferExpired, f.OfferRevoked, f.OfferRescinded, f.OfferFailed)


@dataclass(slots=True)
class Contact:
    """One interaction as the facts tell it."""

    interaction_id: str
    pool: str
    channel: Channel
    thread: str
    state: S = S.RECEIVED
    queue: str = ""
    owner_agent: str = ""
    offers: dict[str, str] = field(default_factory=dict)
    """Live offers: offer id to agent id."""
    last_offer: int = 0
    queued_at: float | None = None
    waited: float | None = None
    """Seconds until answered or abandoned; None while it waits or when it never did."""
    answered: bool = False
    abandoned: AbandonedWhere | None = None
    first_queue: str = ""
    answered_by: str = ""
    answered_at: float = 0.0
    completed_at: float = 0.0


class Contacts:
    """All interactions of a ledger, and what was wrong with them."""

    def __init__(self, findings: Findings, *, whole: bool = True) -> None:
        """`whole` is False for a log whose beginning was trimmed: what began before it cannot be judged."""
        self.by_id: dict[str, Contact] = {}
        self.open_threads: dict[tuple[str, str, str], str] = {}
        self._accounts: dict[str, str] = {}
        self._findings = findings
        self._whole = whole

    def apply(self, fact: f.Fact, *, at: float, place: str, offers_at_once: int) -> None:
        """Take in one fact, decided at `at`; `offers_at_once` is the limit of its queue's plan."""
        if isinstance(fact, f.InteractionReceived):
            self._receive(fact, place)
            return
        contact = self._contact(fact, place)
        if contact is None:
            return
        if isinstance(fact, f.OfferIssued):
            self._issue(contact, fact, place, offers_at_once)
        elif isinstance(fact, OFFER_ENDS):
            self._end_offer(contact, fact, place)
        self._follow(contact, fact, at, place)

    def _contact(self, fact: f.Fact, place: str) -> Contact | None:
        name = getattr(fact, "interaction_id", None)
        if not name or isinstance(fact, f.EventRecorded):
            return None
        contact = self.by_id.get(name)
        if contact is None and self._whole:
            self._findings.find(Invariant.LOG, place, f"{type(fact).__name__} for unknown interaction {name}")
        return contact

    def _receive(self, fact: f.InteractionReceived, place: str) -> None:
        key = (fact.pool, fact.account, fact.thread)
        if fact.interaction_id in self.by_id:
            self._findings.find(Invariant.NOTHING_LOST, place, f"interaction {fact.interaction_id} was received twice")
        if key in self.open_threads:
            what = f"thread {fact.thread!r} of {fact.account} has two open interactions"
            self._findings.find(Invariant.ONE_OWNER, place, what)
        self.open_threads[key] = fact.interaction_id
        self._accounts[fact.interaction_id] = fact.account
        self.by_id[fact.interaction_id] = Contact(fact.interaction_id, fact.pool, fact.channel, fact.thread)

    def _issue(self, contact: Contact, fact: f.OfferIssued, place: str, offers_at_once: int) -> None:
        if fact.number != contact.last_offer + 1:
            what = f"offer number {fact.number} follows {contact.last_offer} on {contact.interaction_id}"
            self._findings.find(Invariant.ONE_OWNER, place, what)
        contact.last_offer = fact.number
        if contact.state is S.QUEUED:
            self._move(contact, S.OFFERED, place)
        elif contact.state is not S.OFFERED:
            self._findings.find(Invariant.GRAPH, place, f"offered while {contact.state.name}: {contact.interaction_id}")
        contact.offers[fact.offer_id] = fact.agent_id
        if len(contact.offers) > offers_at_once:
            what = f"{len(contact.offers)} live offers on {contact.interaction_id}, allowed are {offers_at_once}"
            self._findings.find(Invariant.ONE_OWNER, place, what)

    def _end_offer(self, contact: Contact, fact: f.Fact, place: str) -> None:
        offer, agent = getattr(fact, "offer_id", ""), getattr(fact, "agent_id", "")
        if contact.offers.pop(offer, None) != agent:
            what = f"{type(fact).__name__} for {offer}, which is not live with {agent}"
            self._findings.find(Invariant.ONE_OWNER, place, what)
        back = not contact.offers and contact.state is S.OFFERED and not isinstance(fact, f.OfferAccepted)
        if back:
            self._move(contact, S.QUEUED, place)

    def _follow(self, contact: Contact, fact: f.Fact, at: float, place: str) -> None:
        target = FACT_MOVES.get(type(fact))
        if target is None:
            return
        self._move(contact, target, place)
        agent = getattr(fact, "agent_id", "")
        if agent and target in WITH_AGENT and contact.owner_agent not in ("", agent):
            what = f"{type(fact).__name__} by {agent}, owner is {contact.owner_agent}: {contact.interaction_id}"
            self._findings.find(Invariant.ONE_OWNER, place, what)
        contact.owner_agent = (agent or contact.owner_agent) if target in WITH_AGENT else ""
        self._measure(contact, fact, at)
        if target is S.COMPLETED:
            # The work is done: whoever speaks on the thread from here on is a new contact.
            self._free_thread(contact)
        if target in ENDS:
            self._end(contact, place)

    def _measure(self, contact: Contact, fact: f.Fact, at: float) -> None:
        if isinstance(fact, f.InteractionQueued):
            contact.queue = fact.queue
            if contact.queued_at is None:
                contact.queued_at, contact.first_queue = fact.waiting_since, fact.queue
        elif isinstance(fact, f.InteractionAnswered) and not contact.answered:
            contact.answered, contact.waited = True, fact.waited_seconds
            contact.answered_by, contact.answered_at = fact.agent_id, at
        elif isinstance(fact, f.InteractionAbandoned):
            contact.abandoned, contact.waited = fact.where, fact.waited_seconds
        elif isinstance(fact, f.InteractionCompleted):
            contact.completed_at = at

    def _move(self, contact: Contact, target: S, place: str) -> None:
        if target not in INTERACTION_MOVES[contact.state]:
            what = f"{contact.interaction_id} moved from {contact.state.name} to {target.name}"
            self._findings.find(Invariant.GRAPH, place, what)
        contact.state = target

    def _end(self, contact: Contact, place: str) -> None:
        if contact.offers:
            what = f"{contact.interaction_id} ended with live offers {sorted(contact.offers)}"
            self._findings.find(Invariant.ONE_OWNER, place, what)
        self._free_thread(contact)

    def _free_thread(self, contact: Contact) -> None:
        key = (contact.pool, self._accounts[contact.interaction_id], contact.thread)
        if self.open_threads.get(key) == contact.interaction_id:
            del self.open_threads[key]
