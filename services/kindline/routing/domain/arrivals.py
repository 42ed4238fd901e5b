"""What happens to an event from a channel: taken in once, put to its interaction, opening one, or parked for it."""

from __future__ import annotations

from kindline.language.events import (
    HandoverRequested,
    InteractionEvent,
    MessageDeliveryReported,
)
from kindline.language.facts import EventParked, EventRecorded, EventUnparked
from kindline.language.facts.inputs import DeadLetterReason
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.happenings import happen
from kindline.routing.domain.inputs import EventArrived
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.openings import open_interaction, wrong_needs
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.threads import account, current, opens

MOST_PARKED = 10_000
"""Events that one shard parks; further ones are dead letters at once."""


def take_in(d: Decision, arrived: EventArrived) -> None:
    """Decide on an event; a copy of one that was taken in, or is parked, changes nothing."""
    if arrived.identity in d.state.identities or arrived.identity in d.state.parked:
        return
    event = arrived.event
    pool = d.state.pools.get(arrived.pool)
    if pool is None:
        d.refuse(arrived.reference, DeadLetterReason.UNKNOWN_POOL, f"no plan names {arrived.pool!r}: apply one first")
        return
    if not event.thread:
        d.refuse(
            arrived.reference, DeadLetterReason.NO_THREAD, "name the thread: the channel's own name for the contact"
        )
        return
    entry_point = pool.entry_points.get(event.entry_point)
    interaction = current(d.state, pool, event)
    if interaction is None and entry_point is None:
        known = ", ".join(sorted(pool.entry_points)) or "none"
        detail = f"the plan has no entry point {event.entry_point!r}; it has: {known}"
        d.refuse(arrived.reference, DeadLetterReason.UNKNOWN_ENTRY_POINT, detail)
    elif entry_point is not None and opens(event) and not _is_open(interaction):
        opened = open_interaction(d, arrived, entry_point)
        if opened is not None:
            _unpark(d, opened)
    elif interaction is not None:
        _put_to(d, interaction, arrived)
    elif isinstance(event.event, MessageDeliveryReported) and _names_its_own(d, pool, event):
        # A message may be read days after the conversation ended: worth knowing, nothing to decide.
        _record(d, pool, event.interaction_id, arrived.identity, event)
    else:
        _park(d, pool, arrived)


def parking_ends(d: Decision, identity: bytes) -> None:
    """No interaction came for a parked event in time."""
    parked = d.state.parked[identity]
    d.emit(EventUnparked(pool=parked.pool, identity=identity))
    detail = "no interaction is open on its thread, and this event opens none"
    d.refuse(parked.input, DeadLetterReason.NO_INTERACTION, detail)


def _is_open(interaction: Interaction | None) -> bool:
    return interaction is not None and interaction.state < InteractionState.COMPLETED


def _names_its_own(d: Decision, pool: Pool, event: InteractionEvent) -> bool:
    """Whether an event names an interaction that is not, as far as anybody remembers, another pool's."""
    known = d.state.interactions.get(event.interaction_id) or d.state.ended.get(event.interaction_id)
    return bool(event.interaction_id) and (known is None or known.pool == pool.name)


def _put_to(d: Decision, interaction: Interaction, arrived: EventArrived) -> None:
    """Take an event in and decide what follows; a hand-over for whom nobody could ever be found is put aside."""
    pool = d.state.pools[interaction.pool]
    handover = arrived.event.event
    if isinstance(handover, HandoverRequested) and interaction.state is InteractionState.RECEIVED:
        wrong = wrong_needs(pool, handover.needs)
        if wrong:
            d.refuse(arrived.reference, DeadLetterReason.INVALID_FIELD, wrong)
            return
    _record(d, pool, interaction.id, arrived.identity, arrived.event)
    happen(d, interaction, arrived.event, arrived.happened_at)


def _record(d: Decision, pool: Pool, interaction_id: str, identity: bytes, event: InteractionEvent) -> None:
    d.emit(
        EventRecorded(
            pool=pool.name,
            interaction_id=interaction_id,
            identity=identity,
            opening=False,
            event=event,
        )
    )


def _park(d: Decision, pool: Pool, arrived: EventArrived) -> None:
    if len(d.state.parked) >= MOST_PARKED:
        d.refuse(arrived.reference, DeadLetterReason.NO_INTERACTION, "too many events wait for their interaction")
        return
    d.emit(
        EventParked(
            pool=pool.name,
            identity=arrived.identity,
            event=arrived.event,
            input=arrived.reference,
            until=d.now + pool.limits.parking_seconds,
            occurred_at=min(arrived.happened_at, d.now),
        )
    )


def _unpark(d: Decision, opened: Interaction) -> None:
    """Take in what came before its interaction, in the order in which it happened."""
    pool = d.state.pools[opened.pool]
    waiting = [
        d.state.parked[identity] for identity in d.state.parked_threads.get((pool.name, "", opened.received.thread), ())
    ]
    for parked in sorted(waiting, key=lambda event: event.occurred_at):
        if account(d.state, pool, parked.event) == opened.received.account:
            d.emit(EventUnparked(pool=parked.pool, identity=parked.identity))
            _put_to(d, opened, _as_arrived(parked, d.now))


def _as_arrived(parked: EventParked, now: Instant) -> EventArrived:
    """A parked event as it came."""
    return EventArrived(
        reference=parked.input,
        identity=parked.identity,
        event=parked.event,
        happened_at=parked.occurred_at,
        appended_at=now,
        pool=parked.pool,
    )
