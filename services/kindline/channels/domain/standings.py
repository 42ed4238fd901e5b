"""How a conversation stands, in the words of the page; also one whose interaction comes out of a snapshot."""

from __future__ import annotations

from enum import Enum

from kindline.language.snapshot import InteractionState as S


class Standing(Enum):
    """How a conversation stands, in the words of the page."""

    NONE = "none"
    WAITING = "waiting"
    WITH_AGENT = "with_agent"
    ON_HOLD = "on_hold"
    ENDED = "ended"


class EndedBy(Enum):
    """Who or what ended a conversation, in the words of the page."""

    NOBODY = ""
    CUSTOMER = "customer"
    AGENT = "agent"
    TIME = "time"


TALKING = frozenset({Standing.WITH_AGENT, Standing.ON_HOLD})
"""Standings in which an agent speaks with the customer."""


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
