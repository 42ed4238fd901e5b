"""How an event is taken into an interaction: recorded once, then what follows from it is decided."""

from __future__ import annotations

from kindline.language.events import HandoverRequested, InteractionEvent
from kindline.language.facts import EventRecorded
from kindline.language.facts.inputs import DeadLetterReason
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.happenings import happen
from kindline.routing.domain.inputs import EventArrived
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.openings import wrong_needs
from kindline.routing.domain.pools import Pool


def put_to(d: Decision, interaction: Interaction, arrived: EventArrived) -> None:
    """Take an event in and decide what follows; a hand-over for whom nobody could ever be found is put aside."""
    pool = d.state.pools[interaction.pool]
    handover = arrived.event.event
    if isinstance(handover, HandoverRequested) and interaction.state is InteractionState.RECEIVED:
        wrong = wrong_needs(pool, handover.needs)
        if wrong:
            d.refuse(arrived.reference, DeadLetterReason.INVALID_FIELD, wrong)
            return
    record(d, pool, interaction.id, arrived.identity, arrived.event)
    happen(d, interaction, arrived.event, arrived.happened_at)


def record(d: Decision, pool: Pool, interaction_id: str, identity: bytes, event: InteractionEvent) -> None:
    """Take an event in under an interaction of this name, whether or not anybody remembers it."""
    d.emit(
        EventRecorded(
            pool=pool.name,
            interaction_id=interaction_id,
            identity=identity,
            opening=False,
            event=event,
        )
    )
