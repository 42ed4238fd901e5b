"""What a fact about a contact adds to the windows of its queues.

Promises supervisors that a contact counts once in a service level: in the queue and the minute of its arrival,
whichever queue or agent it met later.
"""

from __future__ import annotations

from collections.abc import Iterator

from kindline.language import facts as f
from kindline.language.facts.interactions import AbandonedWhere, QueuedReason
from kindline.language.ids import Instant
from kindline.language.service_level import SHORT_ABANDON_SECONDS
from kindline.queues.domain.contacts import Contact
from kindline.queues.domain.kept import Kept
from kindline.queues.domain.tallies import Key
from kindline.queues.domain.windows import (
    ABANDONS,
    ANSWERS,
    ARRIVALS,
    IN_TIME,
    LATE,
    LEFT,
    LEFT_IN_TIME,
    OFFERED,
    SHORT,
    Windows,
)

ARRIVED = (QueuedReason.ARRIVED, QueuedReason.HANDED_OVER)
LEFT_A_QUEUE = (AbandonedWhere.IN_QUEUE, AbandonedWhere.WHILE_OFFERED, AbandonedWhere.WHILE_CONNECTING)


def measure(kept: Kept, before: Contact, fact: f.Fact, now: Instant) -> Iterator[Key]:
    """Count a fact about a contact as it was before; gives the queues whose windows changed."""
    if isinstance(fact, f.InteractionQueued):
        yield from _queued(kept, before, fact, now)
    elif isinstance(fact, f.InteractionAnswered):
        queue = (before.pool, fact.queue or before.queue)
        _windows(kept, queue).happened(ANSWERS, now)
        yield queue
        yield from _measured(kept, before, fact, now)
    elif isinstance(fact, f.InteractionAbandoned) and fact.where in LEFT_A_QUEUE:
        queue = (before.pool, before.queue)
        _windows(kept, queue).happened(ABANDONS, now)
        yield queue
        yield from _measured(kept, before, fact, now)


def _queued(kept: Kept, before: Contact, fact: f.InteractionQueued, now: Instant) -> Iterator[Key]:
    queue = (fact.pool, fact.queue)
    if fact.reason in ARRIVED or (fact.reason is QueuedReason.OVERFLOWED and not before.first_queue):
        _windows(kept, queue).happened(ARRIVALS, now)
        yield queue
    if not before.first_queue and kept.target(queue) is not None:
        _windows(kept, queue).measured(OFFERED, arrived=fact.waiting_since, now=now)
        yield queue


def _measured(
    kept: Kept, before: Contact, fact: f.InteractionAnswered | f.InteractionAbandoned, now: Instant
) -> Iterator[Key]:
    """The first wait of a contact is over: whoever was counted as offered gets an outcome, whatever the plan is now."""
    queue = (before.pool, before.first_queue)
    # A queue that left the plan and is forgotten stays so: whatever it could still be told lies outside its windows.
    if before.arrived is not None and queue in kept.queues:
        in_time = fact.waited_seconds <= (kept.target(queue) or 0.0)
        _windows(kept, queue).measured(outcome_of(fact, in_time=in_time), arrived=before.arrived, now=now)
        yield queue


def outcome_of(fact: f.InteractionAnswered | f.InteractionAbandoned, *, in_time: bool) -> int:
    """Which count of the service level this end of a wait belongs to."""
    if isinstance(fact, f.InteractionAnswered):
        return IN_TIME if in_time else LATE
    if fact.waited_seconds < SHORT_ABANDON_SECONDS:
        return SHORT
    return LEFT_IN_TIME if in_time else LEFT


def _windows(kept: Kept, queue: Key) -> Windows:
    return kept.queues.setdefault(queue, Windows())
