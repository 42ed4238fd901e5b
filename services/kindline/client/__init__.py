"""The Python client for agents' front ends: sign in, hear what happens, say what to do."""

from kindline.client.desk import Desk
from kindline.client.errors import DeskRefused, DeskUnreachable
from kindline.client.events import (
    AgentState,
    DeskEvent,
    Message,
    MessageArrived,
    Offer,
    OfferReceived,
    OfferWithdrawn,
    Reconnecting,
    Refreshed,
    SessionOver,
    StateChanged,
    WentStale,
    Work,
    WorkChanged,
    WorkEnded,
    WorkState,
)
from kindline.language.agent_view import OfferEnd
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel, Content, Disposition, ParticipantRole

__all__ = [
    "AgentState",
    "AgentStatus",
    "Channel",
    "Content",
    "Desk",
    "DeskEvent",
    "DeskRefused",
    "DeskUnreachable",
    "Disposition",
    "Message",
    "MessageArrived",
    "Offer",
    "OfferEnd",
    "OfferReceived",
    "OfferWithdrawn",
    "ParticipantRole",
    "Reconnecting",
    "Refreshed",
    "SessionOver",
    "StateChanged",
    "WentStale",
    "Work",
    "WorkChanged",
    "WorkEnded",
    "WorkState",
]
