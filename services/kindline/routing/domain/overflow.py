"""Where an interaction that would join a queue finds a place: in it, in the queue it overflows to, or nowhere.

It only looks; whoever asks makes the facts. The rule itself stands in the README of routing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from kindline.language.content import Channel, Needs
from kindline.language.ids import Instant
from kindline.language.plan import QueuePlan
from kindline.language.queue_rules import OverflowAction, OverflowCause, OverflowRule, QueueLimits
from kindline.routing.domain.estimators import expected_wait
from kindline.routing.domain.ladder import in_reach
from kindline.routing.domain.opening_hours import is_open
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.requirements import Requirement, merged
from kindline.routing.domain.state import ShardState

MOST_HOPS = 5
GRAIN = 1e-9
"""Below this a share of a limit is a slip of the pen of floating point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comer:
    """Who asks to join; `own` is what is needed beyond what a queue asks, `been` the queues it overflowed from."""

    pool: Pool
    channel: Channel
    own: Needs
    answered: bool
    at: Instant
    been: tuple[str, ...] = ()


class Place(NamedTuple):
    """A queue lets it join; `cause` is why it is not the first one that was asked."""

    queue: QueuePlan
    announcements: tuple[str, ...] = ()
    cause: OverflowCause = OverflowCause.UNSPECIFIED


class TurnedAway(NamedTuple):
    """No queue lets it join, and this queue's rule says what becomes of it."""

    queue: str
    rule: OverflowRule


def find_place(state: ShardState, comer: Comer, name: str) -> Place | TurnedAway:
    """Where it may join that would join the queue of this name; pure."""
    return _ask(state, comer, (*comer.been, name), len(comer.been))


def _ask(state: ShardState, comer: Comer, path: tuple[str, ...], before: int) -> Place | TurnedAway:
    queue = comer.pool.queue(path[-1])
    announcements: list[str] = []
    refused: TurnedAway | None = None
    for rule in queue.overflow:
        if rule.cause not in CAUSES or not CAUSES[rule.cause](state, comer, queue):
            continue
        if rule.action is OverflowAction.ANNOUNCE:
            announcements.append(rule.announce)
        elif rule.action is OverflowAction.TO_QUEUE:
            if rule.queue in path or len(path) - before > MOST_HOPS or not comer.pool.has_queue(rule.queue):
                continue
            found = _ask(state, comer, (*path, rule.queue), before)
            if isinstance(found, Place):
                return sent_on(found, rule)
            refused = refused or found
        elif comer.answered:
            refused = refused or TurnedAway(queue.name, rule)
        else:
            return TurnedAway(queue.name, rule)
    return refused or Place(queue, tuple(announcements))


def sent_on(place: Place, rule: OverflowRule) -> Place:
    """A place in the queue of a rule, with the rule's announcement first and its cause."""
    said = (rule.announce,) if rule.announce else ()
    return place._replace(announcements=(*said, *place.announcements), cause=rule.cause)


def most_allowed(limits: QueueLimits, *, answered: bool) -> int:
    """How many may wait; who was answered once may use the buffer too, rounded up."""
    buffer = ceil(limits.most_waiting * limits.transfer_buffer - GRAIN) if answered else 0
    return limits.most_waiting + buffer


def _closed(_state: ShardState, comer: Comer, queue: QueuePlan) -> bool:
    calendar = comer.pool.calendars.get(queue.calendar)
    return calendar is not None and not is_open(calendar, comer.pool.plan.time_zone, comer.at)


def _full(_state: ShardState, comer: Comer, queue: QueuePlan) -> bool:
    limits = queue.limits
    if not limits.most_waiting:
        return False
    return comer.pool.visits.length(queue.name) >= most_allowed(limits, answered=comer.answered)


def _wait_too_long(state: ShardState, comer: Comer, queue: QueuePlan) -> bool:
    most = queue.limits.longest_expected_wait_seconds
    if not most:
        return False
    expected = expected_wait(state, comer.pool.name, queue.name)
    buffer = queue.limits.transfer_buffer if comer.answered else 0.0
    return expected is not None and expected.most_seconds > most * (1 + buffer)


def _nobody(_state: ShardState, comer: Comer, queue: QueuePlan) -> bool:
    asks = Requirement(queue.name, comer.channel, merged(queue.needs, comer.own))
    return not in_reach(comer.pool.visits.attendance, queue, asks)


CAUSES: dict[OverflowCause, Callable[[ShardState, Comer, QueuePlan], bool]] = {
    OverflowCause.CLOSED: _closed,
    OverflowCause.FULL: _full,
    OverflowCause.WAIT_TOO_LONG: _wait_too_long,
    OverflowCause.NOBODY_ON_JOIN: _nobody,
}
"""Whether a cause holds now, for each that matters to who would join."""
