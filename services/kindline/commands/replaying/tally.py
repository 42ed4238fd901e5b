"""What else a replay showed, counted: transfers, overflow, steps of the ladder, and promises of a wait.

Promises a promise of a wait one definition: the first range a customer was told holds if they are answered before its
end; who leaves before that is neither kept nor broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kindline.language import facts as f
from kindline.language.facts.interactions import QueuedReason
from kindline.language.ids import Instant

UNCOUNTED = frozenset({f.InteractionReceived, f.InteractionClosed, f.InteractionCompleted, f.OfferIssued})
"""Frequent facts that say nothing of what is counted here."""

FIRST = frozenset({QueuedReason.ARRIVED, QueuedReason.HANDED_OVER})


@dataclass(slots=True)
class Tally:
    """Counts of one column."""

    transfers: int = 0
    overflowed: int = 0
    deflected: int = 0
    relaxed: int = 0
    waits_kept: int = 0
    waits_broken: int = 0
    meant_for: int = 0
    """Visits that were to meet one agent, should that be possible."""
    met: int = 0
    """Those of them whom that agent answered."""
    _meant: dict[str, str] = field(default_factory=dict)
    _told: dict[str, Instant] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)

    def follow(self, at: Instant, facts: Sequence[f.Fact]) -> None:
        """Take in one decision."""
        for fact in facts:
            if type(fact) in UNCOUNTED:
                continue
            match fact:
                case f.InteractionQueued():
                    self.transfers += fact.reason is QueuedReason.TRANSFERRED
                    self.overflowed += fact.reason is QueuedReason.OVERFLOWED
                    if fact.preferred_agent_id and fact.reason in FIRST:
                        self.meant_for += 1
                        self._meant[fact.interaction_id] = fact.preferred_agent_id
                case f.InteractionRelaxed():
                    self.relaxed += 1
                case f.CustomerInformed(expected_wait=wait) if wait and fact.interaction_id not in self._known:
                    self._known.add(fact.interaction_id)
                    self._told[fact.interaction_id] = at + wait.most_seconds
                case f.InteractionAnswered():
                    self.met += self._meant.pop(fact.interaction_id, "") == fact.agent_id
                    self._settle(fact.interaction_id, at, answered=True)
                case f.InteractionAbandoned() | f.InteractionExpired() | f.InteractionCancelled():
                    self._settle(fact.interaction_id, at, answered=False)
                case f.InteractionDeflected():
                    self.deflected += 1
                    self._settle(fact.interaction_id, at, answered=False)

    def _settle(self, interaction_id: str, at: Instant, *, answered: bool) -> None:
        until = self._told.pop(interaction_id, None)
        if until is not None:
            self.waits_kept += answered and at <= until
            self.waits_broken += at > until
