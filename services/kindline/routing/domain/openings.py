"""How an interaction opens: checked against the plan, received, then queued, held by a bot, or too late."""

from __future__ import annotations

from kindline.language.content import Direction, Needs, ParticipantRole
from kindline.language.events import InteractionStarted, LegRinging, MessageReceived
from kindline.language.facts import EventRecorded, InteractionExpired, InteractionReceived
from kindline.language.facts.inputs import DeadLetterReason
from kindline.language.facts.interactions import ExpiryReason, QueuedReason
from kindline.language.ids import interaction_id
from kindline.language.plan import EntryPointPlan
from kindline.language.plan_checks import HIGHEST_LEVEL, HIGHEST_PRIORITY
from kindline.language.quick import maker
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.inputs import EventArrived
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.queueing import Entry, enqueue

event_recorded, interaction_received = maker(EventRecorded), maker(InteractionReceived)
ARRIVED, INBOUND = QueuedReason.ARRIVED, Direction.INBOUND
BOT, NOBODY = ParticipantRole.BOT, ParticipantRole.UNSPECIFIED
"""By names of this module: to ask an Enum for a member takes longer than to read a field."""

Opening = InteractionStarted | MessageReceived | LegRinging


def open_interaction(d: Decision, arrived: EventArrived, entry_point: EntryPointPlan) -> Interaction | None:
    """Open an interaction with the event; None when the event is not fit for it."""
    pool = d.state.pools[arrived.pool]
    happening = arrived.event.event
    if not isinstance(happening, Opening):
        return None
    started = happening if isinstance(happening, InteractionStarted) else _as_started(happening)
    wrong = _what_is_wrong(pool, started)
    if wrong:
        d.refuse(arrived.reference, DeadLetterReason.INVALID_FIELD, wrong)
        return None
    received = _received(d, arrived, entry_point, started)
    d.emit(received)
    d.emit(
        event_recorded(
            pool=pool.name,
            interaction_id=received.interaction_id,
            identity=arrived.identity,
            opening=True,
            event=arrived.event,
        )
    )
    interaction = d.state.interactions[received.interaction_id]
    too_late_at = received.arrived_at + entry_point.valid_for_seconds
    if too_late_at < d.now:
        d.emit(
            InteractionExpired(
                pool=pool.name,
                interaction_id=interaction.id,
                reason=ExpiryReason.ARRIVED_TOO_LATE,
                deadline=too_late_at,
            )
        )
    elif not started.held_by_bot:
        enqueue(d, interaction, Entry(queue=received.queue, reason=ARRIVED))
    return interaction


def _as_started(happening: MessageReceived | LegRinging) -> InteractionStarted:
    language = happening.language if isinstance(happening, MessageReceived) else ""
    return InteractionStarted(direction=Direction.INBOUND, customer=happening.customer, language=language)


def _received(
    d: Decision, arrived: EventArrived, entry_point: EntryPointPlan, started: InteractionStarted
) -> InteractionReceived:
    limits = d.state.pools[arrived.pool].limits
    return interaction_received(
        pool=arrived.pool,
        interaction_id=interaction_id(arrived.identity),
        entry_point=entry_point.name,
        account=entry_point.account or entry_point.name,
        channel=entry_point.channel,
        thread=arrived.event.thread,
        direction=started.direction or INBOUND,
        customer=started.customer,
        language=started.language or entry_point.language,
        attributes=started.attributes,
        arrived_at=min(arrived.happened_at, d.now),
        previous_interaction_id=started.previous_interaction_id,
        queue=started.queue or entry_point.queue,
        needs=started.needs,
        priority=entry_point.priority if started.priority is None else started.priority,
        owner=BOT if started.held_by_bot else NOBODY,
        deadline=d.now + limits.bot_seconds if started.held_by_bot else d.now,
    )


def _what_is_wrong(pool: Pool, started: InteractionStarted) -> str:
    if started.queue and not pool.has_queue(started.queue):
        return f"queue: the plan has no queue {started.queue!r}"
    if started.priority is not None and not 0 <= started.priority <= HIGHEST_PRIORITY:
        return f"priority: is {started.priority}; priorities go from 0 to {HIGHEST_PRIORITY}"
    return wrong_needs(pool, started.needs)


def wrong_needs(pool: Pool, needs: Needs) -> str:
    """What is wrong with the needs an event brings; empty when nothing is. Level 0 is read as 1, as the protos say."""
    for need in needs.skills:
        if need.skill not in pool.skills:
            return f"needs: the plan has no skill {need.skill!r}, so nobody could ever serve it"
        if not 0 <= need.level <= HIGHEST_LEVEL:
            return f"needs: {need.skill!r} at level {need.level}; levels go from 1 to {HIGHEST_LEVEL}"
    return ""
