"""Keeps every SLA clock of one shard, by the facts and times of counting batches alone.

Promises everybody who reads the same log the same facts under the same ids, in the same order: a worker that repeats a
batch, or one that does not know it was replaced, says nothing new. Promises its adapter the names of what changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kindline.language import facts as f
from kindline.language.content import Channel
from kindline.language.ids import Instant
from kindline.language.log import DecisionBatch
from kindline.language.sla import SlaBreached, SlaEvent, SlaMet, SlaTarget, SlaWarned
from kindline.sla.domain.contacts import OpenContact, Running, call_back_of, clocks_of
from kindline.sla.domain.due import ClockName, Due
from kindline.sla.domain.promises import PoolPromises, promises_of

UNSERVED = (f.InteractionAbandoned, f.InteractionDeflected, f.InteractionCancelled, f.InteractionExpired)


@dataclass(slots=True)
class Step:
    """What one batch did: facts to publish in this order, and the names of what changed."""

    events: list[SlaEvent] = field(default_factory=list)
    contacts: set[str] = field(default_factory=set)
    pools: set[str] = field(default_factory=set)


class Clocks:
    """The state of one shard: what the plans promise, open interactions, and their clocks."""

    def __init__(self, pools: dict[str, PoolPromises], contacts: dict[str, OpenContact]) -> None:
        """Begin with what was kept; the index of due clocks is made from it."""
        self.pools = pools
        self.contacts = contacts
        kept = [running for contact in contacts.values() for running in contact.clocks]
        self.running = len(kept)
        self._due = Due(entry for running in kept for entry in running.entries())

    def apply(self, batch: DecisionBatch) -> Step:
        """Take in a counting batch: first its time passes, then its facts happen at that time."""
        step = Step()
        self._pass_time(batch.decided_at, step)
        for fact in batch.facts:
            self._apply(fact, batch.decided_at, step)
        self._due.sweep(self.running, self._still_due)
        return step

    def _pass_time(self, now: Instant, step: Step) -> None:
        """Breach what is overdue, then warn of what still runs: a warning that comes with the breach helps nobody."""
        passed = list(dict.fromkeys(self._due.passed(now)))
        for name in passed:
            running = self._find(name)
            if running is not None and running.clock.deadline < now:
                step.events.append(SlaBreached(clock=running.clock, breached_at=running.clock.deadline))
                self._settle(running, step)
        for name in passed:
            running = self._find(name)
            if running is not None and running.warn_at is not None and running.warn_at < now:
                step.events.append(SlaWarned(clock=running.clock, warned_at=running.warn_at))
                contact = self.contacts[name[0]]
                warned = tuple(replace(each, warn_at=None) if each is running else each for each in contact.clocks)
                self._put(name[0], replace(contact, clocks=warned), step)

    def _apply(self, fact: f.Fact, now: Instant, step: Step) -> None:
        if isinstance(fact, f.InteractionReceived):
            self._put(fact.interaction_id, OpenContact(fact.pool, fact.channel), step)
        elif isinstance(fact, f.InteractionQueued):
            self._begin(fact, step)
        elif isinstance(fact, f.InteractionAnswered):
            self._meet((fact.interaction_id, SlaTarget.TIME_TO_ANSWER), now, step)
            self._meet((fact.interaction_id, SlaTarget.CALL_BACK), now, step)
        elif isinstance(fact, f.MessageSent):
            self._meet((fact.interaction_id, SlaTarget.FIRST_REPLY), now, step)
        elif isinstance(fact, f.InteractionCompleted):
            self._settle(self._find((fact.interaction_id, SlaTarget.FIRST_REPLY)), step)
        elif isinstance(fact, f.InteractionClosed):
            self._close(fact.interaction_id, step)
        elif isinstance(fact, UNSERVED):
            self._put(fact.interaction_id, None, step)
        elif isinstance(fact, f.CallBackPromised):
            self._promise(fact, step)
        elif isinstance(fact, f.PlanAdopted):
            self.pools[fact.plan.pool] = promises_of(fact.plan)
            step.pools.add(fact.plan.pool)

    def _begin(self, fact: f.InteractionQueued, step: Step) -> None:
        contact = self.contacts.get(fact.interaction_id) or OpenContact(fact.pool, Channel.UNSPECIFIED)
        if contact.begun:
            return
        promise = self.pools.get(fact.pool, {}).get(fact.queue)
        clocks = clocks_of(fact, promise, contact.channel) if promise else ()
        for running in clocks:
            for entry in running.entries():
                self._due.add(*entry)
        self._put(fact.interaction_id, replace(contact, begun=True, clocks=clocks), step)

    def _meet(self, name: ClockName, now: Instant, step: Step) -> None:
        running = self._find(name)
        if running is not None:
            step.events.append(SlaMet(clock=running.clock, met_at=now))
            self._settle(running, step)

    def _close(self, interaction_id: str, step: Step) -> None:
        """Cancel the wait for a reply; a clock for an answer that never came runs on to its breach."""
        contact = self.contacts.get(interaction_id)
        if contact is not None:
            left = tuple(each for each in contact.clocks if each.clock.target is not SlaTarget.FIRST_REPLY)
            self._put(interaction_id, replace(contact, closed=True, clocks=left), step)

    def _promise(self, fact: f.CallBackPromised, step: Step) -> None:
        """From here on the customer waits by their own choice: the promise is the call, by a clock that begins once."""
        contact = self.contacts.get(fact.interaction_id)
        if contact is None:
            return
        promise = self.pools.get(fact.pool, {}).get(fact.queue)
        before = contact.find(SlaTarget.CALL_BACK)
        over = contact.called and before is None
        clocks = () if over or promise is None else call_back_of(fact, promise, before)
        for running in clocks:
            for entry in running.entries():
                self._due.add(*entry)
        self._put(fact.interaction_id, replace(contact, called=True, clocks=clocks), step)

    def _settle(self, running: Running | None, step: Step) -> None:
        if running is not None:
            contact = self.contacts[running.clock.interaction_id]
            left = tuple(each for each in contact.clocks if each is not running)
            self._put(running.clock.interaction_id, replace(contact, clocks=left), step)

    def _put(self, interaction_id: str, after: OpenContact | None, step: Step) -> None:
        """Keep a contact as it is now, or forget it; a closed one goes with its last clock."""
        before = self.contacts.pop(interaction_id, None)
        if after is not None and not (after.closed and not after.clocks):
            self.contacts[interaction_id] = after
            self.running += len(after.clocks)
        self.running -= len(before.clocks) if before else 0
        step.contacts.add(interaction_id)

    def _find(self, name: ClockName) -> Running | None:
        contact = self.contacts.get(name[0])
        return contact.find(name[1]) if contact else None

    def _still_due(self, at: Instant, name: ClockName) -> bool:
        running = self._find(name)
        return running is not None and at in {running.clock.deadline, running.warn_at}
