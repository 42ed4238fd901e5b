"""How a conversation stands whose interaction comes out of a snapshot, for the fold that begins with one."""

from __future__ import annotations

from kindline.channels.domain.conversation import EndedBy, Standing
from kindline.language.snapshot import InteractionState as S


def standing_of(state: S) -> Standing:
    """How a conversation stands whose interaction a snapshot shows in this state."""
    if state in {S.RECEIVED, S.SCHEDULED, S.QUEUED, S.OFFERED, S.CONNECTING}:
        return Standing.WAITING
    if state in {S.ACTIVE, S.DORMANT}:
        return Standing.WITH_AGENT
    return Standing.ON_HOLD if state is S.HELD else Standing.ENDED


def ended_by_of(state: S) -> EndedBy:
    """Who ended it, as far as a snapshot tells."""
    return {S.ABANDONED: EndedBy.CUSTOMER, S.EXPIRED: EndedBy.TIME}.get(state, EndedBy.NOBODY)
