"""What became of each rehearsed call, folded from the decisions, for the switch, the callers and the figures.

Promises that only facts of batches that count make a fate, so what is counted at the end is the ledger's own word.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from kindline.language import facts as f
from kindline.language.content import Because
from kindline.language.facts.interactions import AbandonedWhere
from kindline.language.ids import Instant
from kindline.language.log import DecisionBatch
from kindline.language.service_level import Wait

ENDS = (
    f.InteractionClosed,
    f.InteractionAbandoned,
    f.InteractionDeflected,
    f.InteractionCancelled,
    f.InteractionExpired,
)


@dataclass(slots=True)
class Fate:
    """One call as the decisions tell it."""

    thread: str
    interaction_id: str
    queued: bool = False
    found_nobody_free: bool = False
    """No agent was offered the call in the moment in which it came into its queue."""
    in_hand: bool = False
    """An offer is open, or the connection is being made."""
    connecting: Connection | None = None
    answered_at: Instant | None = None
    waited: float = 0.0
    abandoned: AbandonedWhere | None = None
    completed_at: Instant | None = None
    ends: int = 0

    @property
    def served(self) -> bool:
        """Whether an agent answered."""
        return self.answered_at is not None

    @property
    def wait(self) -> Wait:
        """The time in the queue, as the ledger measured it."""
        return Wait(self.waited, self.served)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An accepted offer: the switch has to connect this agent, because of this decision."""

    thread: str
    interaction_id: str
    offer_id: str
    agent_id: str
    because: Because


@dataclass(slots=True)
class Fates:
    """All calls of one pool by their thread; calls that nobody rehearses are passed over."""

    threads: Collection[str]
    by_thread: dict[str, Fate] = field(default_factory=dict)
    by_id: dict[str, Fate] = field(default_factory=dict)
    received_twice: int = 0

    def apply(self, batch: DecisionBatch, offset: int) -> Mapping[str, Fate]:
        """Take in a batch that counts; gives the fates that changed, by thread."""
        changed: dict[str, Fate] = {}
        offered = {fact.interaction_id for fact in batch.facts if isinstance(fact, f.OfferIssued)}
        for fact in batch.facts:
            if isinstance(fact, f.InteractionReceived):
                self._receive(fact)
            fate = self.by_id.get(getattr(fact, "interaction_id", ""))
            if fate is None or isinstance(fact, f.EventRecorded):
                continue
            changed[fate.thread] = fate
            because = Because(epoch=batch.epoch, seq=batch.seq, offset=offset)
            _follow(fate, fact, at=batch.decided_at, at_once=fate.interaction_id in offered, because=because)
        return changed

    def _receive(self, fact: f.InteractionReceived) -> None:
        if fact.thread not in self.threads:
            return
        if fact.thread in self.by_thread:
            self.received_twice += 1
            return
        fate = Fate(fact.thread, fact.interaction_id)
        self.by_thread[fact.thread] = self.by_id[fact.interaction_id] = fate

    @property
    def ended(self) -> int:
        """How many calls have come to their end."""
        return sum(fate.ends > 0 for fate in self.by_thread.values())

    @property
    def ended_wrongly(self) -> int:
        """How many calls have not ended exactly once, or were never received."""
        return len(self.threads) - sum(fate.ends == 1 for fate in self.by_thread.values()) + self.received_twice


def _follow(fate: Fate, fact: f.Fact, *, at: Instant, at_once: bool, because: Because) -> None:
    match fact:
        case f.InteractionQueued():
            fate.found_nobody_free |= not at_once and not fate.queued
            fate.queued, fate.in_hand, fate.connecting = True, False, None
        case f.InteractionAnswered():
            fate.connecting, fate.in_hand = None, False
            if not fate.served:
                fate.answered_at, fate.waited = at, fact.waited_seconds
        case f.InteractionCompleted():
            fate.completed_at = at
        case f.InteractionAbandoned():
            fate.abandoned = fact.where
            fate.waited = fate.waited if fate.served else fact.waited_seconds
        case _:
            _follow_offer(fate, fact, because)
    if isinstance(fact, ENDS):
        fate.ends += 1
        fate.connecting, fate.in_hand = None, False


def _follow_offer(fate: Fate, fact: f.Fact, because: Because) -> None:
    match fact:
        case f.OfferIssued():
            fate.in_hand = True
        case f.OfferAccepted():
            fate.connecting = Connection(
                thread=fate.thread,
                interaction_id=fate.interaction_id,
                offer_id=fact.offer_id,
                agent_id=fact.agent_id,
                because=because,
            )
        case f.OfferDeclined() | f.OfferExpired() | f.OfferRevoked() | f.OfferFailed():
            fate.in_hand = False
