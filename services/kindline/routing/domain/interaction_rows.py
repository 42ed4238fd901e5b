"""Interactions as rows of a snapshot, for the state and for whoever replays it: made here, and brought back to life.

A row is made for each of a million in a snapshot, and the frozen __init__ of a dataclass takes ten times as long as
all the rest: so a row is filled as an open twin with the same slots, and becomes the frozen class in the end, before
anybody else can see it. A field that is forgotten here is missing on the first row that anybody looks at.
"""

from __future__ import annotations

from typing import Any

from kindline.language.snapshot import BackOff, InteractionRow
from kindline.routing.domain.interactions import Interaction


class _Open:
    """InteractionRow before it is frozen."""

    __slots__ = InteractionRow.__slots__


def row_of(interaction: Interaction) -> InteractionRow:
    """All of it, frozen."""
    row: Any = _Open()
    row.received = interaction.received
    row.state = interaction.state
    row.queued = interaction.queued
    row.agent_id = interaction.agent_id
    row.offers = tuple(interaction.offers.values()) if interaction.offers else ()
    row.last_offer_number = interaction.last_offer_number
    row.back_offs = tuple([BackOff(agent_id=agent, until=until) for agent, until in interaction.back_offs.items()])
    row.deadline = interaction.deadline
    row.units = interaction.units
    row.state_since = interaction.state_since
    row.messages = tuple(interaction.messages)
    row.relaxed = interaction.relaxed
    row.preferring = interaction.preferring
    row.interrupted_by = interaction.interrupted_by
    row.account_owner = interaction.account_owner
    row.tell_at = interaction.tell_at
    row.spoke_at = interaction.spoke_at
    row.joined_at = interaction.joined_at
    row.overflowed_from = interaction.overflowed_from
    row.answered = interaction.answered
    row.visit = interaction.visit
    row.told_position = interaction.told_position
    row.promised_until = interaction.promised_until
    row.call_back_offered = interaction.call_back_offered
    row.call_back = interaction.call_back
    row.asked = interaction.asked
    row.asked_priority = interaction.asked_priority
    row.passed_on_by = interaction.passed_on_by
    row.__class__ = InteractionRow
    return row  # type: ignore[no-any-return]


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
        joined_at=row.joined_at,
        overflowed_from=row.overflowed_from,
        answered=row.answered,
        visit=row.visit,
        told_position=row.told_position,
        promised_until=row.promised_until,
        call_back_offered=row.call_back_offered,
        call_back=row.call_back,
        asked=row.asked,
        asked_priority=row.asked_priority,
        passed_on_by=row.passed_on_by,
    )
