"""Which overflow rules may touch one that waits, and when; pure reading of a plan and of one interaction."""

from __future__ import annotations

from collections.abc import Iterator

from kindline.language.ids import Instant
from kindline.language.plan import QueuePlan
from kindline.language.queue_rules import OverflowAction, OverflowCause, OverflowRule
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.promised import is_owed

RETRY_SECONDS = 30.0
"""After this long it is tried again to move whom no other queue would take."""

STAYING = frozenset({OverflowCause.WAITED, OverflowCause.NOBODY_ON_STAY})


def rules_of_staying(interaction: Interaction, queue: QueuePlan) -> Iterator[OverflowRule]:
    """The rules that may move or end an interaction while it waits; who is owed an answer is never sent away."""
    for rule in queue.overflow:
        if rule.cause in STAYING and (rule.action is OverflowAction.TO_QUEUE or not is_owed(interaction)):
            yield rule


def next_try(interaction: Interaction, rule: OverflowRule, at: Instant, *, tried: bool, alone: bool) -> Instant | None:
    """When a rule falls due, or is tried again, or None; `alone` says that nobody is there for the interaction."""
    begins = interaction.joined_at + rule.after_seconds
    if begins > at:
        return begins
    if tried and (alone or rule.cause is OverflowCause.WAITED):
        again = begins + RETRY_SECONDS * ((at - begins) // RETRY_SECONDS + 1)
        return again if again > at else again + RETRY_SECONDS
    # Whoever waits for nobody is found by class; everybody else is due.
    return begins if rule.cause is OverflowCause.WAITED else None
