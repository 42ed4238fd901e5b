"""What becomes of somebody who would join a queue, worked out anew from the plan and from who waits and works.

The expected wait is the one thing that no fact tells, so where a rule asks for it both answers are followed: whoever
joined did right if they did so under either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil
from typing import NamedTuple

from kindline.audit.attendance import after_step, anybody, merged
from kindline.audit.cases import Kind
from kindline.audit.hall import House
from kindline.audit.opening_hours import is_open
from kindline.language.content import Channel, Needs
from kindline.language.ids import Instant
from kindline.language.plan import QueuePlan
from kindline.language.queue_rules import OverflowAction, OverflowCause

MOST_HOPS = 5
GRAIN = 1e-9


class Outcome(NamedTuple):
    """A queue that lets it join, or nobody's: then `rule_of` is the queue whose rule sends it elsewhere, and how."""

    queue: str
    cause: OverflowCause
    """Of the first queue's rule that applied; for an end, of the rule that decided."""
    rule_of: str = ""
    action: OverflowAction = OverflowAction.UNSPECIFIED
    announcement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comer:
    """Who would join; `own` is what they need beyond what a queue asks."""

    channel: Channel
    own: Needs
    answered: bool
    been: tuple[str, ...]
    at: Instant


class Joining:
    """The rules of one pool as they stand now."""

    def __init__(self, house: House, comer: Comer, too_long: frozenset[str] = frozenset()) -> None:
        """`too_long` are the queues whose expected wait is taken to be too long."""
        self._house = house
        self._comer = comer
        self._too_long = too_long

    def ask(self, queue: str) -> Outcome:
        """What becomes of them at the queue of this name."""
        found = self._ask((*self._comer.been, queue))
        # Whoever was served once is never sent away: they join the queue they were sent to.
        return Outcome(queue, OverflowCause.UNSPECIFIED) if found.rule_of and self._comer.answered else found

    def _ask(self, path: tuple[str, ...]) -> Outcome:
        rules, queue = self._house.rules, self._house.rules.queue(path[-1])
        refused: Outcome | None = None
        for rule in queue.overflow:
            if rule.action is OverflowAction.ANNOUNCE or not self.holds(rule.cause, queue):
                continue
            if rule.action is OverflowAction.TO_QUEUE:
                hops = len(path) - len(self._comer.been)
                if rule.queue in path or hops > MOST_HOPS or rule.queue not in rules.queues:
                    continue
                found = self._ask((*path, rule.queue))
                if not found.rule_of:
                    return found._replace(cause=rule.cause)
                refused = refused or found
                continue
            end = Outcome("", rule.cause, queue.name, rule.action, rule.announce)
            if not self._comer.answered:
                return end
            refused = refused or end
        return refused or Outcome(queue.name, OverflowCause.UNSPECIFIED)

    def holds(self, cause: OverflowCause, queue: QueuePlan) -> bool:
        """Whether a cause holds for the comer at a queue now; those of staying never do."""
        if cause is OverflowCause.CLOSED:
            calendar = self._house.rules.calendars.get(queue.calendar)
            return calendar is not None and not is_open(calendar, self._house.rules.plan.time_zone, self._comer.at)
        if cause is OverflowCause.FULL:
            return is_full(self._house, queue, answered=self._comer.answered)
        if cause is OverflowCause.WAIT_TOO_LONG:
            return queue.name in self._too_long
        return cause is OverflowCause.NOBODY_ON_JOIN and self._is_alone(queue)

    def _is_alone(self, queue: QueuePlan) -> bool:
        kind: Kind = (queue.name, self._comer.channel, merged(queue.needs, self._comer.own), (), "")
        last = max((number for number, step in enumerate(queue.ladder, 1) if step.when_nobody), default=0)
        kinds = [kind]
        for step in queue.ladder[:last]:
            kinds.append(after_step(kinds[-1], step))
        return not any(anybody(self._house, one) for one in kinds)


def is_full(house: House, queue: QueuePlan, *, answered: bool) -> bool:
    """Whether as many wait in a queue as may; who was answered once may use the buffer too."""
    most = queue.limits.most_waiting
    allowed = most + (ceil(most * queue.limits.transfer_buffer - GRAIN) if answered else 0)
    return bool(most) and house.waiting(queue.name) >= allowed


def outcomes(house: House, comer: Comer, queue: str) -> Iterator[Outcome]:
    """All that may become of a comer at a queue, whatever the expected waits."""
    unsure = [one.name for one in house.rules.queues.values() if one.limits.longest_expected_wait_seconds]
    for answers in product((False, True), repeat=min(len(unsure), MOST_HOPS + 1)):
        too_long = frozenset(name for name, answer in zip(unsure, answers, strict=False) if answer)
        yield Joining(house, comer, too_long).ask(queue)
