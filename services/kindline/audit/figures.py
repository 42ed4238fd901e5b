"""What an audit counts beside its findings: contacts, ends, waits and service levels, from the decisions alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from kindline.audit.contacts import Contact
from kindline.language.facts.interactions import AbandonedWhere
from kindline.language.graph import ENDS
from kindline.language.service_level import Wait, service_levels


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue, or all of them together."""

    received: int
    offered: int
    """Contacts that came into a queue."""
    served: int
    abandoned: int
    """Customers who left before being served, voice menu included."""
    abandoned_in_ivr: int
    abandoned_in_queue: int
    """Customers who left once they had come into a queue."""
    other_ends: int
    still_open: int
    mean_wait_seconds: float | None
    service_levels: dict[str, float | None]
    target_seconds: float


def figures_of(contacts: Iterable[Contact], *, target_seconds: float) -> QueueFigures:
    """The figures of these contacts; the target is for the service levels."""
    every = list(contacts)
    served = [contact for contact in every if contact.answered]
    left = [contact for contact in every if contact.abandoned is not None and not contact.answered]
    in_ivr = [contact for contact in left if contact.abandoned is AbandonedWhere.IN_IVR]
    waits = [
        Wait(contact.waited or 0.0, contact.answered)
        for contact in (*served, *left)
        if contact.abandoned is not AbandonedWhere.IN_IVR
    ]
    still_open = [contact for contact in every if contact.state not in ENDS]
    others = len(every) - len(served) - len(left) - sum(not contact.answered for contact in still_open)
    return QueueFigures(
        received=len(every),
        offered=sum(contact.queued_at is not None for contact in every),
        served=len(served),
        abandoned=len(left),
        abandoned_in_ivr=len(in_ivr),
        abandoned_in_queue=len(left) - len(in_ivr),
        other_ends=others,
        still_open=len(still_open),
        mean_wait_seconds=sum(wait.seconds for wait in waits) / len(waits) if waits else None,
        service_levels=asdict(service_levels(waits, target_seconds=target_seconds)),
        target_seconds=target_seconds,
    )


def ends_of(contacts: Iterable[Contact]) -> dict[str, int]:
    """How many contacts stand in each state."""
    return dict(sorted(Counter(contact.state.name for contact in contacts).items()))
