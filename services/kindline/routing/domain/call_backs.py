"""What customers answer to an offered call-back, and what becomes of it when its hour has come.

The rule itself stands in the README of routing; audit derives it again from there.
"""

from __future__ import annotations

from kindline.language.facts import CallBackPromised, InteractionScheduled
from kindline.language.facts.interactions import QueuedReason
from kindline.language.facts.offers import OfferRevokedReason
from kindline.language.ids import Instant
from kindline.language.plan import QueuePlan
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.offers import revoke_all
from kindline.routing.domain.opening_hours import is_open, next_change
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.queueing import give_back

FARTHEST_SECONDS = 14 * 86_400.0
"""No wish reaches further into the future, and no opening is waited for longer; who wishes for more is called then."""

_WAITING = frozenset({InteractionState.SCHEDULED, InteractionState.QUEUED, InteractionState.OFFERED})


def promise(d: Decision, interaction: Interaction, wished_at: Instant | None) -> None:
    """The customer takes the call-back, or wishes it for another hour; without an offer, or with an agent, nothing."""
    if not interaction.call_back_offered or interaction.state not in _WAITING:
        return
    pool = d.state.pools[interaction.pool]
    queue = pool.queue(interaction.queue)
    due_at = d.now
    # Written so that no number, NaN included, is ever a time in the past.
    if wished_at is not None and wished_at > d.now:
        due_at = _when_open(pool, queue, min(wished_at, d.now + FARTHEST_SECONDS))
    d.emit(
        CallBackPromised(
            pool=interaction.pool,
            interaction_id=interaction.id,
            due_at=due_at,
            deadline=due_at + queue.longest_wait_seconds,
            queue=interaction.queue,
        )
    )
    if due_at > d.now:
        revoke_all(d, interaction, OfferRevokedReason.CALL_BACK_PROMISED)
        d.emit(InteractionScheduled(pool=interaction.pool, interaction_id=interaction.id, due_at=due_at))
    elif interaction.state is InteractionState.SCHEDULED:
        fall_due(d, interaction)


def _when_open(pool: Pool, queue: QueuePlan, wished: Instant) -> Instant:
    """The wished hour; where the queue is closed then, when it opens next: nobody is promised a call by nobody."""
    calendar, zone = pool.calendars.get(queue.calendar), pool.plan.time_zone
    if calendar is None or is_open(calendar, zone, wished):
        return wished
    opens = next_change(calendar, zone, wished)
    return wished if opens is None or opens > wished + FARTHEST_SECONDS else opens


def fall_due(d: Decision, interaction: Interaction) -> None:
    """The hour has come: it is in its queue again, where it would stand had its customer waited."""
    give_back(d, interaction, QueuedReason.CALL_BACK_DUE)
