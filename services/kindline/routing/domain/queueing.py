"""How interactions come into queues: one fact says which, with all needs, the priority, the age and the deadline."""

from __future__ import annotations

from dataclasses import dataclass

from kindline.language.content import Content
from kindline.language.facts import InteractionDeflected, InteractionExpired, InteractionQueued
from kindline.language.facts.interactions import DeflectedReason, ExpiryReason, QueuedReason
from kindline.language.ids import Instant
from kindline.language.queue_rules import OverflowAction, OverflowCause
from kindline.language.quick import made_quickly, maker
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.handed_over import own_needs, own_priority
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.ladder_climbing import climb, inform
from kindline.routing.domain.overflow import Comer, Place, TurnedAway, find_place
from kindline.routing.domain.preference import NOBODY_IN_PARTICULAR, Preference, preferred_for
from kindline.routing.domain.promised import is_owed
from kindline.routing.domain.requirements import merged


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How an interaction enters a queue."""

    queue: str
    reason: QueuedReason
    waiting_since: Instant | None = None
    note: Content | None = None


interaction_queued, NO_CAUSE = maker(InteractionQueued), OverflowCause.UNSPECIFIED


def enqueue(d: Decision, interaction: Interaction, entry: Entry) -> None:
    """Give an interaction to a queue, at its age, or to where the queue's rules send it instead."""
    pool = d.state.pools[interaction.pool]
    found: Place | TurnedAway = Place(pool.queue(entry.queue))
    if pool.visits.has_rules:
        found = find_place(d.state, comer(d, interaction, entry), entry.queue)
    if isinstance(found, Place):
        join(d, interaction, entry, found, overflowed_from="" if found.queue.name == entry.queue else entry.queue)
    elif interaction.answered:
        # Who has been served already is not sent away: the agent named this queue, so here it waits.
        join(d, interaction, entry, Place(pool.queue(entry.queue)))
    else:
        turn_away(d, interaction, found)


def comer(d: Decision, interaction: Interaction, entry: Entry, *, been: tuple[str, ...] = ()) -> Comer:
    """Who asks to join, as the rules of queues see them."""
    return Comer(
        pool=d.state.pools[interaction.pool],
        channel=interaction.channel,
        own=own_needs(interaction, entry.reason),
        answered=is_owed(interaction),
        at=d.now,
        been=been,
    )


def join(d: Decision, interaction: Interaction, entry: Entry, place: Place, *, overflowed_from: str = "") -> None:
    """It waits in the queue where it found a place; what nobody is there for it does without at once."""
    queue, own = place.queue, own_needs(interaction, entry.reason)
    reason = QueuedReason.OVERFLOWED if overflowed_from else entry.reason
    preference = preferred_for(d, interaction, queue, reason)
    d.emit(
        interaction_queued(
            pool=interaction.pool,
            interaction_id=interaction.id,
            queue=queue.name,
            needs=merged(queue.needs, own),
            priority=own_priority(interaction) + queue.weight,
            waiting_since=interaction.waiting_since if entry.waiting_since is None else entry.waiting_since,
            segment=interaction.queued.segment + 1 if interaction.queued else 1,
            reason=reason,
            from_agent_id=interaction.agent_id,
            deadline=interaction.call_back.deadline if interaction.call_back else d.now + queue.longest_wait_seconds,
            note=entry.note,
            preferred_agent_id=preference.agent_id,
            preferred_until=preference.until,
            overflowed_from=overflowed_from,
            overflow_cause=place.cause if overflowed_from else NO_CAUSE,
        )
    )
    for announcement in place.announcements:
        inform(d, interaction, announcement)
    if queue.ladder:
        climb(d, interaction)


def turn_away(d: Decision, interaction: Interaction, away: TurnedAway) -> None:
    """It is sent elsewhere, or leaves a message: an end, with the reason."""
    leaves_message = away.rule.action is OverflowAction.LEAVE_MESSAGE
    d.emit(
        InteractionDeflected(
            pool=interaction.pool,
            interaction_id=interaction.id,
            cause=f"{away.queue}: {away.rule.cause.name.lower()}",
            reason=DeflectedReason.LEAVE_MESSAGE if leaves_message else DeflectedReason.OVERFLOW,
            overflow_cause=away.rule.cause,
            announcement=away.rule.announce,
        )
    )


def give_back(
    d: Decision, interaction: Interaction, reason: QueuedReason, preference: Preference = NOBODY_IN_PARTICULAR
) -> None:
    """Take an interaction from its agent, back to the queue it came from, with what it needed there, at its age."""
    queued = interaction.queued
    if queued is None:
        return
    longest = d.state.pools[interaction.pool].queue(queued.queue).longest_wait_seconds
    d.emit(
        interaction_queued(
            pool=interaction.pool,
            interaction_id=interaction.id,
            queue=queued.queue,
            needs=queued.needs,
            priority=queued.priority,
            waiting_since=queued.waiting_since,
            segment=queued.segment + 1,
            reason=reason,
            from_agent_id=interaction.agent_id,
            deadline=interaction.call_back.deadline if interaction.call_back else d.now + longest,
            preferred_agent_id=preference.agent_id,
            preferred_until=preference.until,
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
