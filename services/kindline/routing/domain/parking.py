"""Events that came before their interaction: they wait for it, and are taken in bit by bit when it opens.

A decision takes in few of them, because all of its facts must fit into one record. The rest is due at once and comes
with the next decisions, in the same order.
"""

from __future__ import annotations

from math import inf, nextafter

from kindline.language.facts import EventParked, EventUnparked
from kindline.language.facts.inputs import DeadLetterReason
from kindline.language.ids import Instant
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.folding_inputs import parked_for
from kindline.routing.domain.inputs import EventArrived
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.recording import put_to
from kindline.routing.domain.threads import current

MOST_PARKED = 10_000
"""Events that one shard parks; further ones are dead letters at once."""

MOST_WITH_OPENING = 8
LARGEST_AT_ONCE = 1_000_000
"""Bytes, about, of parked events that one decision takes in, beside the event that is one too many."""


def park(d: Decision, arrived: EventArrived) -> None:
    """Let an event wait for its interaction."""
    if len(d.state.parked) >= MOST_PARKED:
        d.refuse(arrived.reference, DeadLetterReason.NO_INTERACTION, "too many events wait for their interaction")
        return
    _park_until(d, arrived, d.now + d.state.pools[arrived.pool].limits.parking_seconds)


def begin_with_parked(d: Decision, opened: Interaction) -> None:
    """Take in the first of what came before its interaction."""
    size = 0
    for event in parked_for(d.state, opened)[:MOST_WITH_OPENING]:
        size += _size(event)
        if size > LARGEST_AT_ONCE:
            return
        parking_ends(d, event.identity)


def waits_its_turn(d: Decision, interaction: Interaction, arrived: EventArrived) -> bool:
    """Put an event behind those of its thread that are still parked; False when there are none, or too many."""
    before = parked_for(d.state, interaction)
    if not before or len(d.state.parked) >= MOST_PARKED:
        return False
    _park_until(d, arrived, max(d.now, nextafter(before[-1].until, inf)))
    return True


def parking_ends(d: Decision, identity: bytes) -> int:
    """A parked event is taken in if there is an interaction for it by now; gives the bytes, about, that this took."""
    event = d.state.parked[identity]
    interaction = current(d.state, d.state.pools[event.pool], event.event)
    if interaction is not None:
        _take_in(d, interaction, event)
        return _size(event)
    d.emit(EventUnparked(pool=event.pool, identity=identity))
    detail = "no interaction is open on its thread, and this event opens none"
    d.refuse(event.input, DeadLetterReason.NO_INTERACTION, detail)
    return 0


def _park_until(d: Decision, arrived: EventArrived, until: Instant) -> None:
    d.emit(
        EventParked(
            pool=arrived.pool,
            identity=arrived.identity,
            event=arrived.event,
            input=arrived.reference,
            until=until,
            occurred_at=min(arrived.happened_at, d.now),
        )
    )


def _take_in(d: Decision, interaction: Interaction, parked: EventParked) -> None:
    d.emit(EventUnparked(pool=parked.pool, identity=parked.identity))
    arrived = EventArrived(
        reference=parked.input,
        identity=parked.identity,
        event=parked.event,
        happened_at=parked.occurred_at,
        appended_at=d.now,
        pool=parked.pool,
    )
    put_to(d, interaction, arrived)


def _size(parked: EventParked) -> int:
    """No less than an event takes on the wire, near enough: what it says is all in its text."""
    return len(repr(parked.event).encode())
