"""What agents and their front ends say on kindline.agents: sessions, signs of life and commands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from kindline.language.content import Because, Content, Disposition


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEvent:
    """AgentEvent is one fact about, or one command from, an agent's front end."""

    pool: str = ""
    agent_id: str = ""
    event: AgentHappening


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened:
    """SessionOpened: a front end of the agent attached to a presence replica; the newest session wins."""

    session_id: str = ""
    replica_id: str = ""


class SessionCloseReason(IntEnum):
    """SessionCloseReason says why a session ended."""

    UNSPECIFIED = 0
    SIGNED_OUT = 1
    STREAM_LOST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed:
    """SessionClosed: a front end is gone; only the current session can close itself."""

    session_id: str = ""
    reason: SessionCloseReason = SessionCloseReason.UNSPECIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaAlive:
    """ReplicaAlive: a presence replica lives and holds its sessions; written to every shard every 2 s."""

    replica_id: str = ""


class AgentStatus(IntEnum):
    """AgentStatus is what an agent declares; the system never overwrites it."""

    UNSPECIFIED = 0
    AVAILABLE = 1
    BREAK = 2
    MEETING = 3
    TRAINING = 4
    OFFLINE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCommand:
    """AgentCommand is an agent's request; it ends in facts or in a refusal with a reason."""

    command_id: str = ""
    session_id: str = ""
    because: Because | None = None
    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOffer:
    """AcceptOffer takes an offer while it is pending."""

    offer_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineOffer:
    """DeclineOffer leaves an offer; the interaction goes back to its old place."""

    offer_id: str = ""
    reason_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """SendMessage says something to the customer."""

    interaction_id: str = ""
    message_id: str = ""
    content: Content | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteInteraction:
    """CompleteInteraction ends the work; wrap-up begins."""

    interaction_id: str = ""
    disposition: Disposition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishWrapUp:
    """FinishWrapUp ends the wrap-up; the capacity is free again."""

    interaction_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferInteraction:
    """TransferInteraction gives the work to a queue of the pool; the customer keeps their age."""

    interaction_id: str = ""
    queue: str = ""
    note: Content | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldInteraction:
    """HoldInteraction puts the customer on hold."""

    interaction_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeInteraction:
    """ResumeInteraction takes the customer off hold."""

    interaction_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStatus:
    """SetStatus declares a status."""

    status: AgentStatus = AgentStatus.UNSPECIFIED
    reason_code: str = ""
    when_work_ends: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearNotResponding:
    """ClearNotResponding says that the agent is here again after offers went by unanswered."""


AgentHappening = SessionOpened | SessionClosed | ReplicaAlive | AgentCommand


Command = (
    AcceptOffer
    | DeclineOffer
    | SendMessage
    | CompleteInteraction
    | FinishWrapUp
    | TransferInteraction
    | HoldInteraction
    | ResumeInteraction
    | SetStatus
    | ClearNotResponding
)
