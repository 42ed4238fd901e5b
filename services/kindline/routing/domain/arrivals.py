"""What happens to an event from a channel: taken in once, put to its interaction, opening one, or parked for it."""

from __future__ import annotations

from kindline.language.events import InteractionEvent, MessageDeliveryReported
from kindline.language.facts.inputs import DeadLetterReason
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.inputs import EventArrived
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.openings import open_interaction
from kindline.routing.domain.parking import begin_with_parked, park, waits_its_turn
from kindline.routing.domain.pools import Pool
from kindline.routing.domain.recording import put_to, record
from kindline.routing.domain.threads import current, opens


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
            begin_with_parked(d, opened)
    elif interaction is not None:
        if opens(event) or not waits_its_turn(d, interaction, arrived):
            put_to(d, interaction, arrived)
    elif isinstance(event.event, MessageDeliveryReported) and _names_its_own(d, pool, event):
        # A message may be read days after the conversation ended: worth knowing, nothing to decide.
        record(d, pool, event.interaction_id, arrived.identity, event)
    else:
        park(d, arrived)


def _is_open(interaction: Interaction | None) -> bool:
    return interaction is not None and interaction.state < InteractionState.COMPLETED


def _names_its_own(d: Decision, pool: Pool, event: InteractionEvent) -> bool:
    """Whether an event names an interaction that is not, as far as anybody remembers, another pool's."""
    known = d.state.interactions.get(event.interaction_id) or d.state.ended.get(event.interaction_id)
    return bool(event.interaction_id) and (known is None or known.pool == pool.name)
