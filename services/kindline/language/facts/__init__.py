"""Everything that can be decided: the union of all facts, for codecs and folds. The names are the storage."""

from kindline.language.facts.agents import (
    AgentLeaseChanged,
    AgentRoutingStateChanged,
    AgentSignedIn,
    AgentSignedOut,
    AgentStatusDeclared,
    CommandAnswered,
    ReplicaSeen,
)
from kindline.language.facts.inputs import (
    EventParked,
    EventRecorded,
    EventUnparked,
    InputDeadLettered,
    InputRedirected,
    InputRejected,
    PlanAdopted,
    Resumed,
)
from kindline.language.facts.interactions import (
    InteractionAbandoned,
    InteractionAnswered,
    InteractionCancelled,
    InteractionClosed,
    InteractionCompleted,
    InteractionDeflected,
    InteractionExpired,
    InteractionHeld,
    InteractionQueued,
    InteractionReceived,
    InteractionResumed,
    InteractionScheduled,
    InteractionSlept,
    MessageSent,
)
from kindline.language.facts.offers import (
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferFailed,
    OfferIssued,
    OfferRescinded,
    OfferRevoked,
)
from kindline.language.facts.waiting import (
    CallBackPromised,
    CapacityExceeded,
    CustomerInformed,
    InteractionRelaxed,
    PreferenceEnded,
)

Fact = (
    PlanAdopted
    | Resumed
    | EventRecorded
    | EventParked
    | EventUnparked
    | InputRejected
    | InputDeadLettered
    | InputRedirected
    | InteractionReceived
    | InteractionQueued
    | InteractionScheduled
    | InteractionAnswered
    | InteractionHeld
    | InteractionResumed
    | InteractionSlept
    | InteractionCompleted
    | InteractionClosed
    | InteractionAbandoned
    | InteractionDeflected
    | InteractionCancelled
    | InteractionExpired
    | MessageSent
    | InteractionRelaxed
    | PreferenceEnded
    | CustomerInformed
    | CapacityExceeded
    | CallBackPromised
    | OfferIssued
    | OfferAccepted
    | OfferDeclined
    | OfferExpired
    | OfferRevoked
    | OfferRescinded
    | OfferFailed
    | AgentSignedIn
    | AgentSignedOut
    | AgentStatusDeclared
    | AgentRoutingStateChanged
    | AgentLeaseChanged
    | ReplicaSeen
    | CommandAnswered
)

__all__ = [
    "AgentLeaseChanged",
    "AgentRoutingStateChanged",
    "AgentSignedIn",
    "AgentSignedOut",
    "AgentStatusDeclared",
    "CallBackPromised",
    "CapacityExceeded",
    "CommandAnswered",
    "CustomerInformed",
    "EventParked",
    "EventRecorded",
    "EventUnparked",
    "Fact",
    "InputDeadLettered",
    "InputRedirected",
    "InputRejected",
    "InteractionAbandoned",
    "InteractionAnswered",
    "InteractionCancelled",
    "InteractionClosed",
    "InteractionCompleted",
    "InteractionDeflected",
    "InteractionExpired",
    "InteractionHeld",
    "InteractionQueued",
    "InteractionReceived",
    "InteractionRelaxed",
    "InteractionResumed",
    "InteractionScheduled",
    "InteractionSlept",
    "MessageSent",
    "OfferAccepted",
    "OfferDeclined",
    "OfferExpired",
    "OfferFailed",
    "OfferIssued",
    "OfferRescinded",
    "OfferRevoked",
    "PlanAdopted",
    "PreferenceEnded",
    "ReplicaSeen",
    "Resumed",
]
