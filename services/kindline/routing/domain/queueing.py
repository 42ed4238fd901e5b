"""How interactions come into queues: one fact says which, with all needs, the priority, the age and the deadline."""

from __future__ import annotations

from dataclasses import dataclass

from kindline.language.content import NO_NEEDS, Content, Needs
from kindline.language.facts import InteractionExpired, InteractionQueued
from kindline.language.facts.interactions import ExpiryReason, QueuedReason
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.requirements import merged


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How an interaction enters a queue; `needs` are those beyond its own, `priority` replaces its own."""

    queue: str
    reason: QueuedReason
    needs: Needs = NO_NEEDS
    priority: int | None = None
    waiting_since: Instant | None = None
    note: Content | None = None


def enqueue(d: Decision, interaction: Interaction, entry: Entry) -> None:
    """Give an interaction to a queue, at its age."""
    pool = d.state.pools[interaction.pool]
    queue = pool.queue(entry.queue)
    own = merged(interaction.received.needs, entry.needs)
    priority = interaction.received.priority if entry.priority is None else entry.priority
    d.emit(
        InteractionQueued(
            pool=interaction.pool,
            interaction_id=interaction.id,
            queue=queue.name,
            needs=merged(queue.needs, own),
            priority=priority + queue.weight,
            waiting_since=interaction.waiting_since if entry.waiting_since is None else entry.waiting_since,
            segment=interaction.queued.segment + 1 if interaction.queued else 1,
            reason=entry.reason,
            from_agent_id=interaction.agent_id,
            deadline=d.now + queue.longest_wait_seconds,
            note=entry.note,
        )
    )


def give_back(d: Decision, interaction: Interaction, reason: QueuedReason) -> None:
    """Take an interaction from its agent, back to the queue it came from, with what it needed there, at its age."""
    queued = interaction.queued
    if queued is None:
        return
    d.emit(
        InteractionQueued(
            pool=interaction.pool,
            interaction_id=interaction.id,
            queue=queued.queue,
            needs=queued.needs,
            priority=queued.priority,
            waiting_since=queued.waiting_since,
            segment=queued.segment + 1,
            reason=reason,
            from_agent_id=interaction.agent_id,
            deadline=d.now + d.state.pools[interaction.pool].queue(queued.queue).longest_wait_seconds,
        )
    )


def expire_if_over(d: Decision, interaction: Interaction) -> None:
    """An offer in flight may outlast the longest wait; when it is over and nobody took it, so is the wait."""
    over = interaction.deadline is not None and interaction.deadline <= d.now
    if over and interaction.state is InteractionState.QUEUED and interaction.deadline is not None:
        d.emit(
            InteractionExpired(
                pool=interaction.pool,
                interaction_id=interaction.id,
                reason=ExpiryReason.WAITED_TOO_LONG,
                deadline=interaction.deadline,
            )
        )
