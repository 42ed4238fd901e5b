"""Interactions as rows of a snapshot come back to life here, for the state and for whoever replays it."""

from __future__ import annotations

from kindline.language.snapshot import InteractionRow
from kindline.routing.domain.interactions import Interaction


def interaction_of(row: InteractionRow, sequence: int) -> Interaction:
    """Bring a row back to life."""
    return Interaction(
        received=row.received,
        sequence=sequence,
        state=row.state,
        state_since=row.state_since,
        queued=row.queued,
        agent_id=row.agent_id,
        offers={offer.offer_id: offer for offer in row.offers},
        last_offer_number=row.last_offer_number,
        back_offs={back_off.agent_id: back_off.until for back_off in row.back_offs},
        deadline=row.deadline,
        units=row.units,
        messages=list(row.messages),
        relaxed=row.relaxed,
        preferring=row.preferring,
        interrupted_by=row.interrupted_by,
        account_owner=row.account_owner,
        tell_at=row.tell_at,
        spoke_at=row.spoke_at,
    )
