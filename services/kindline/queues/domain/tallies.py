"""Who is where: per queue who waits, is held out and is with an agent; per agent what they have on their desk.

Promises the floor that counts always equal the contacts they were counted from: a contact is taken out as it was and
put in as it is, and nothing else changes a count.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from kindline.language.snapshot import InteractionState as S
from kindline.queues.domain.contacts import WITH_AN_AGENT, Contact
from kindline.queues.domain.waiting import Waiting

Key = tuple[str, str]
"""Pool and queue, or pool and agent."""


@dataclass(slots=True)
class QueueTally:
    """One queue's contacts by where they stand."""

    waiting: Waiting = field(default_factory=Waiting)
    offered: int = 0
    active: int = 0
    scheduled: int = 0

    def __bool__(self) -> bool:
        """Whether anybody is there."""
        return bool(len(self.waiting) or self.offered or self.active or self.scheduled)


@dataclass(slots=True)
class Tallies:
    """All counts of one shard."""

    queues: dict[Key, QueueTally] = field(default_factory=dict)
    offers: Counter[Key] = field(default_factory=Counter)
    active: Counter[Key] = field(default_factory=Counter)
    wrapping_up: Counter[Key] = field(default_factory=Counter)

    def put(self, contact: Contact, change: int) -> None:
        """Count a contact in (1) or out (-1)."""
        if contact.queue:
            self._put_queue(contact, change)
        for _, agent_id in contact.offers:
            _add(self.offers, (contact.pool, agent_id), change)
        if contact.agent_id and contact.state in WITH_AN_AGENT:
            _add(self.active, (contact.pool, contact.agent_id), change)
        elif contact.agent_id and contact.state is S.COMPLETED:
            _add(self.wrapping_up, (contact.pool, contact.agent_id), change)

    def _put_queue(self, contact: Contact, change: int) -> None:
        key = (contact.pool, contact.queue)
        tally = self.queues.setdefault(key, QueueTally())
        if contact.state is S.QUEUED:
            if change > 0:
                tally.waiting.add(contact.interaction_id, contact.waiting_since)
            else:
                tally.waiting.remove(contact.interaction_id)
        elif contact.state is S.OFFERED:
            tally.offered += change
        elif contact.state is S.SCHEDULED:
            tally.scheduled += change
        elif contact.state in WITH_AN_AGENT:
            tally.active += change
        if change < 0 and not tally:
            del self.queues[key]

    def works(self, agent: Key) -> bool:
        """Whether an agent has anything on their desk."""
        return bool(self.offers[agent] or self.active[agent] or self.wrapping_up[agent])


def places(contact: Contact) -> tuple[list[Key], list[Key]]:
    """The queues and the agents whose rows show this contact."""
    agents = [(contact.pool, agent_id) for _, agent_id in contact.offers]
    if contact.agent_id:
        agents.append((contact.pool, contact.agent_id))
    return [(contact.pool, contact.queue)] if contact.queue else [], agents


def _add(counter: Counter[Key], key: Key, change: int) -> None:
    counter[key] += change
    if not counter[key]:
        del counter[key]
