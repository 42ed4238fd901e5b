"""What customers and channels do, as facts on kindline.interactions. These names are the storage: they never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from kindline.language.call_backs import CallBackAccepted, CallBackDeclined
from kindline.language.content import NO_NEEDS, Because, Content, Direction, Disposition, Needs, ParticipantRole


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionEvent:
    """InteractionEvent is one thing that happened on one thread of one entry point."""

    pool: str = ""
    entry_point: str = ""
    thread: str = ""
    interaction_id: str = ""
    source_sequence: int | None = None
    occurred_at: float | None = None
    because: Because | None = None
    event: InteractionHappening


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionStarted:
    """InteractionStarted opens an interaction on its thread; on a thread that has one open it adds nothing."""

    direction: Direction = Direction.UNSPECIFIED
    customer: str = ""
    language: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    previous_interaction_id: str = ""
    needs: Needs = NO_NEEDS
    priority: int | None = None
    queue: str = ""
    held_by_bot: bool = False
    content: Content | None = None
    message_id: str = ""
    account_owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived:
    """MessageReceived: the customer said something."""

    message_id: str = ""
    content: Content | None = None
    subject: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    customer: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerLeft:
    """CustomerLeft: the customer hung up, closed the page or asked to stop."""

    cause: str = ""


class DeliveryState(IntEnum):
    """DeliveryState is how far a message to the customer has come; it only rises."""

    UNSPECIFIED = 0
    SENT = 1
    DELIVERED = 2
    READ = 3
    FAILED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeliveryReported:
    """MessageDeliveryReported: what became of an agent's message."""

    message_id: str = ""
    delivery_state: DeliveryState = DeliveryState.UNSPECIFIED
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionEnded:
    """InteractionEnded: the source ended the work, as when a form was withdrawn."""

    ended_by: ParticipantRole = ParticipantRole.UNSPECIFIED
    disposition: Disposition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRinging:
    """LegRinging: a telephone leg rings; the customer's leg opens an interaction."""

    leg_id: str = ""
    role: ParticipantRole = ParticipantRole.UNSPECIFIED
    customer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegAnswered:
    """LegAnswered: a telephone leg was answered; the agent's leg ends CONNECTING."""

    leg_id: str = ""
    role: ParticipantRole = ParticipantRole.UNSPECIFIED
    agent_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEnded:
    """LegEnded: a telephone leg ended; the customer's leg ends the contact."""

    leg_id: str = ""
    role: ParticipantRole = ParticipantRole.UNSPECIFIED
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IvrStepEntered:
    """IvrStepEntered: the caller came to a step of the voice menu."""

    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IvrStepLeft:
    """IvrStepLeft: the caller left a step of the voice menu."""

    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DtmfCollected:
    """DtmfCollected: keys were pressed."""

    masked_digits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld:
    """CallHeld: the call was put on hold at the switch."""

    held_by: ParticipantRole = ParticipantRole.UNSPECIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResumed:
    """CallResumed: the call was taken off hold at the switch."""

    resumed_by: ParticipantRole = ParticipantRole.UNSPECIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantJoined:
    """ParticipantJoined: somebody joined."""

    participant: str = ""
    role: ParticipantRole = ParticipantRole.UNSPECIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantLeft:
    """ParticipantLeft: somebody other than the customer left."""

    participant: str = ""
    role: ParticipantRole = ParticipantRole.UNSPECIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingConsent:
    """RecordingConsent: the customer's answer to being recorded."""

    given: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted:
    """RecordingStarted: a recording began."""

    recording_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPaused:
    """RecordingPaused: a recording paused."""

    recording_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStopped:
    """RecordingStopped: a recording ended."""

    recording_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRequested:
    """HandoverRequested: a bot or voice menu asks for a person; the interaction enters a queue now."""

    reason: str = ""
    summary: Content | None = None
    collected: Mapping[str, str] = field(default_factory=dict)
    queue: str = ""
    needs: Needs = NO_NEEDS
    priority: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChanged:
    """OwnerChanged: who is responsible changed outside Kindline."""

    owner: ParticipantRole = ParticipantRole.UNSPECIFIED


InteractionHappening = (
    InteractionStarted
    | MessageReceived
    | CustomerLeft
    | MessageDeliveryReported
    | InteractionEnded
    | CallBackAccepted
    | CallBackDeclined
    | LegRinging
    | LegAnswered
    | LegEnded
    | IvrStepEntered
    | IvrStepLeft
    | DtmfCollected
    | CallHeld
    | CallResumed
    | ParticipantJoined
    | ParticipantLeft
    | RecordingConsent
    | RecordingStarted
    | RecordingPaused
    | RecordingStopped
    | HandoverRequested
    | OwnerChanged
)
