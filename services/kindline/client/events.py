"""What a front end hears and holds, as frozen values: no message of the wire reaches the one who builds a desk.

Instants are seconds since 1970-01-01T00:00:00Z of the business clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from kindline.language.agent_view import OfferEnd
from kindline.language.agents import AgentStatus
from kindline.language.content import Because, Channel, Content, ParticipantRole
from kindline.language.facts.agents import Lease, RoutingState, RoutingStateReason
from kindline.language.facts.offers import OfferRevokedReason


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """The agent as the engine sees them."""

    status: AgentStatus = AgentStatus.OFFLINE
    reason_code: str = ""
    next_status: AgentStatus = AgentStatus.UNSPECIFIED
    routing_state: RoutingState = RoutingState.INACTIVE
    reason: RoutingStateReason = RoutingStateReason.UNSPECIFIED
    lease: Lease = Lease.UNSPECIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An interaction held out to the agent until `expires_at`; taking one that `interrupts` puts other work on hold.

    The customer of a `call_back` does not hold the line: they were promised that they are called.
    """

    offer_id: str
    interaction_id: str
    queue: str
    channel: Channel
    expires_at: float
    waiting_since: float
    language: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    because: Because = field(default_factory=Because)
    interrupts: bool = False
    call_back: bool = False


class WorkState(IntEnum):
    """How far a piece of work has come; numbers as on the wire."""

    UNSPECIFIED = 0
    CONNECTING = 1
    ACTIVE = 2
    HELD = 3
    DORMANT = 4
    WRAP_UP = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One interaction that the agent owns; `deadline` is when this state ends at the latest.

    `interrupted_by` names the interaction for which the system put this one on hold, and after which it comes back.
    """

    interaction_id: str
    queue: str
    channel: Channel
    state: WorkState
    thread: str = ""
    language: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    deadline: float = 0.0
    note: Content | None = None
    interrupted_by: str = ""
    call_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something that was said in the agent's work."""

    interaction_id: str
    message_id: str
    author: ParticipantRole
    agent_id: str = ""
    content: Content | None = None
    said_at: float = 0.0

    @property
    def text(self) -> str:
        """The words, if they are plain text."""
        body = self.content.body if self.content else None
        return body if isinstance(body, str) else ""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """All there is: it replaces what the front end knew. First on every desk, and after a gap."""

    state: AgentState
    offers: tuple[Offer, ...]
    work: tuple[Work, ...]
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class OfferReceived:
    """An offer is held out."""

    offer: Offer


@dataclass(frozen=True, slots=True)
class OfferWithdrawn:
    """An offer is gone."""

    offer_id: str
    end: OfferEnd
    revoked_reason: OfferRevokedReason


@dataclass(frozen=True, slots=True)
class WorkChanged:
    """Work began or changed."""

    work: Work


@dataclass(frozen=True, slots=True)
class WorkEnded:
    """The agent has this interaction no more; `cause` is one word of the ledger."""

    interaction_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class MessageArrived:
    """Somebody said something, the agent included."""

    message: Message


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The engine sees the agent differently; `state.reason` says why."""

    state: AgentState


@dataclass(frozen=True, slots=True)
class WentStale:
    """What is shown may be old: nothing was decided for so many seconds."""

    silent_seconds: float


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """A service is out of reach; the desk tries again by itself."""

    service: str
    reason: str


@dataclass(frozen=True, slots=True)
class SessionOver:
    """The last event: another front end took over (`superseded`), or the session ended."""

    superseded: bool


DeskEvent = (
    Refreshed
    | OfferReceived
    | OfferWithdrawn
    | WorkChanged
    | WorkEnded
    | MessageArrived
    | StateChanged
    | WentStale
    | Reconnecting
    | SessionOver
)
"""Everything that `Desk.events()` gives."""
