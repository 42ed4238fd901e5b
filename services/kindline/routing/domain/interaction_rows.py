"""Interactions as rows of a snapshot come back to life here, for the state and for whoever replays it."""

from __future__ import annotations

from kindline.language.snapshot import InteractionRow
from kindline.routing.domain.interactions import SAME, Interaction


def interaction_of(row: InteractionRow, sequence: int) -> Interaction:
    """Bring a row back to life."""
    return Interaction(
        **{name: getattr(row, name) for name in SAME},
        sequence=sequence,
        offers={offer.offer_id: offer for offer in row.offers},
        back_offs={back_off.agent_id: back_off.until for back_off in row.back_offs},
        messages=list(row.messages),
    )
