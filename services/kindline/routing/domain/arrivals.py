"""What happens to an event from a channel: taken in once, put to its interaction, opening one, or parked for it."""

from __future__ import annotations

from kindline.language.content import ParticipantRole
from kindline.language.events import (
    InteractionEvent,
    InteractionStarted,
    LegRinging,
    MessageDeliveryReported,
    MessageReceived,
)
from kindline.language.facts import EventParked, EventRecorded, EventUnparked
from kindline.language.facts.inputs import DeadLetterReason
from kindline.language.plan import EntryPointPlan
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.happenings import happen
from kindline.routing.domain.inputs import EventArrived
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.openings import open_interaction
from kindline.routing.domain.pools import Pool

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
    interaction = _current(d, pool, event)
    if interaction is None and entry_point is None:
        known = ", ".join(sorted(pool.entry_points)) or "none"
        detail = f"the plan has no entry point {event.entry_point!r}; it has: {known}"
        d.refuse(arrived.reference, DeadLetterReason.UNKNOWN_ENTRY_POINT, detail)
    elif entry_point is not None and opens(event) and not _is_open(interaction):
        opened = open_interaction(d, arrived, entry_point)
        if opened is not None:
            _unpark(d, opened)
    elif interaction is not None:
        _record(d, pool, interaction.id, arrived.identity, event)
        happen(d, interaction, event, arrived.happened_at)
    elif isinstance(event.event, MessageDeliveryReported) and event.interaction_id:
        # A message may be read days after the conversation ended: worth knowing, nothing to decide.
        _record(d, pool, event.interaction_id, arrived.identity, event)
    else:
        _park(d, pool, arrived)


def opens(event: InteractionEvent) -> bool:
    """Whether an event opens an interaction on a thread that has none."""
    match event.event:
        case InteractionStarted() | MessageReceived():
            return True
        case LegRinging(role=role):
            return role is ParticipantRole.CUSTOMER
        case _:
            return False


def parking_ends(d: Decision, identity: bytes) -> None:
    """No interaction came for a parked event in time."""
    parked = d.state.parked[identity]
    d.emit(EventUnparked(pool=parked.pool, identity=identity))
    detail = "no interaction is open on its thread, and this event opens none"
    d.refuse(parked.input, DeadLetterReason.NO_INTERACTION, detail)


def _current(d: Decision, pool: Pool, event: InteractionEvent) -> Interaction | None:
    """The interaction an event belongs to: the one it names, the open one of its thread, or the last that was."""
    named = d.state.interactions.get(event.interaction_id) or d.state.ended.get(event.interaction_id)
    if named is not None and named.pool == pool.name and not opens(event):
        return named
    account = _account(d, pool, event)
    key = (pool.name, account, event.thread)
    found = d.state.threads.get(key)
    if found is not None:
        return d.state.interactions[found]
    past = [d.state.interactions.get(name) or d.state.ended[name] for name in d.state.past_threads.get(key, ())]
    return max(past, key=lambda interaction: interaction.sequence, default=None)


def _account(d: Decision, pool: Pool, event: InteractionEvent) -> str:
    entry_point = pool.entry_points.get(event.entry_point)
    if entry_point is not None:
        return account_of(entry_point)
    # The entry point left the plan: those who came in by it before are still served.
    for interaction in d.state.interactions.values():
        received = interaction.received
        if (received.pool, received.entry_point, received.thread) == (pool.name, event.entry_point, event.thread):
            return received.account
    return event.entry_point


def account_of(entry_point: EntryPointPlan) -> str:
    """The account within which threads are unique."""
    return entry_point.account or entry_point.name


def _is_open(interaction: Interaction | None) -> bool:
    return interaction is not None and interaction.state < InteractionState.COMPLETED


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
        if _account(d, pool, parked.event) == opened.received.account:
            d.emit(EventUnparked(pool=parked.pool, identity=parked.identity))
            _record(d, pool, opened.id, parked.identity, parked.event)
            happen(d, opened, parked.event, parked.occurred_at)
