"""How agents spent a rehearsal, folded from the decisions: time at work, and time with a contact in hand.

Promises the report occupancies without names: what leaves this fold is a distribution over people.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.ids import Instant
from kindline.language.log import DecisionBatch
from kindline.rehearsal.domain.figures import Spread, spread


@dataclass(slots=True)
class _Hours:
    """One agent's clocks; the two instants are None while they stand."""

    at_work_since: Instant | None = None
    busy_since: Instant | None = None
    contacts: int = 0
    at_work: float = 0.0
    busy: float = 0.0

    def status(self, *, working: bool, at: Instant) -> None:
        if working and self.at_work_since is None:
            self.at_work_since = at
        elif not working and self.at_work_since is not None:
            self.at_work += at - self.at_work_since
            self.at_work_since = None

    def contact(self, change: int, at: Instant) -> None:
        self.contacts += change
        if self.contacts > 0 and self.busy_since is None:
            self.busy_since = at
        elif self.contacts == 0 and self.busy_since is not None:
            self.busy += at - self.busy_since
            self.busy_since = None


@dataclass(slots=True)
class CrewHours:
    """The hours of every agent of one pool."""

    pool: str
    _hours: dict[str, _Hours] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)

    def apply(self, batch: DecisionBatch) -> None:
        """Take in a batch that counts."""
        for fact in batch.facts:
            if getattr(fact, "pool", "") == self.pool:
                self._follow(fact, batch.decided_at)

    def _follow(self, fact: f.Fact, at: Instant) -> None:
        match fact:
            case f.AgentStatusDeclared():
                self._of(fact.agent_id).status(working=fact.status is AgentStatus.AVAILABLE, at=at)
            case f.AgentSignedOut():
                self._of(fact.agent_id).status(working=False, at=at)
            case f.InteractionAnswered():
                self._release(fact.interaction_id, at)
                self._owners[fact.interaction_id] = fact.agent_id
                self._of(fact.agent_id).contact(1, at)
            case f.InteractionClosed() | f.InteractionQueued() | f.InteractionExpired():
                self._release(fact.interaction_id, at)

    def _of(self, agent_id: str) -> _Hours:
        return self._hours.setdefault(agent_id, _Hours())

    def _release(self, interaction_id: str, at: Instant) -> None:
        owner = self._owners.pop(interaction_id, None)
        if owner is not None:
            self._of(owner).contact(-1, at)

    def end(self, at: Instant) -> None:
        """Reckon up to an instant: whatever agents are at goes on, and counts no longer."""
        for hours in self._hours.values():
            hours.contact(-hours.contacts, at)
            hours.status(working=False, at=at)
        self._owners.clear()

    def occupancy(self) -> Spread:
        """Time with a contact in hand (talk, hold, wrap-up) in the time at work, as a spread over agents."""
        return spread(min(1.0, hours.busy / hours.at_work) for hours in self._hours.values() if hours.at_work > 0)
