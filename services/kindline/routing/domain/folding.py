"""The one way in which the state changes: each fact, folded by the function that belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kindline.language import facts as f
from kindline.language.ids import Instant
from kindline.routing.domain import folding_agents as agents
from kindline.routing.domain import folding_endings as endings
from kindline.routing.domain import folding_inputs as inputs
from kindline.routing.domain import folding_interactions as interactions
from kindline.routing.domain import folding_offers as offers
from kindline.routing.domain import folding_preference as preference
from kindline.routing.domain import folding_waiting as waiting
from kindline.routing.domain import informing_folded as informing
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.state import ShardState

OF_OPEN: dict[type[f.Fact], Callable[[ShardState, Interaction, Any, Instant], None]] = {
    f.InteractionQueued: interactions.queued,
    f.InteractionScheduled: interactions.scheduled,
    f.InteractionAnswered: interactions.answered,
    f.InteractionHeld: interactions.held,
    f.InteractionResumed: interactions.resumed,
    f.InteractionSlept: interactions.slept,
    f.InteractionCompleted: endings.completed,
    f.InteractionClosed: endings.ended,
    f.InteractionAbandoned: endings.ended,
    f.InteractionDeflected: endings.ended,
    f.InteractionCancelled: endings.ended,
    f.InteractionExpired: endings.ended,
    f.MessageSent: interactions.message_sent,
    f.InteractionRelaxed: waiting.relaxed,
    f.PreferenceEnded: preference.ended,
    f.CallBackPromised: waiting.call_back_promised,
    f.OfferIssued: offers.issued,
    f.OfferAccepted: offers.accepted,
    f.OfferDeclined: offers.declined,
    f.OfferExpired: offers.expired,
    f.OfferRevoked: offers.taken_back,
    f.OfferRescinded: offers.taken_back,
    f.OfferFailed: offers.taken_back,
}
"""Facts that can only follow for an open interaction: each function is given it, and exactly the fact of its row, which
no type of Python can say of a table."""

OTHERS: dict[type[f.Fact], Callable[[ShardState, Any, Instant], None]] = {
    f.PlanAdopted: inputs.plan_adopted,
    f.Resumed: inputs.resumed,
    f.EventRecorded: interactions.recorded,
    f.EventParked: inputs.parked,
    f.EventUnparked: inputs.unparked,
    f.InputRejected: inputs.unchanged,
    f.InputDeadLettered: inputs.unchanged,
    f.InputRedirected: inputs.unchanged,
    f.InteractionReceived: interactions.received,
    f.CustomerInformed: informing.informed,
    f.CapacityExceeded: inputs.unchanged,
    f.AgentSignedIn: agents.signed_in,
    f.AgentSignedOut: agents.signed_out,
    f.AgentStatusDeclared: agents.status_declared,
    f.AgentRoutingStateChanged: agents.routing_state_changed,
    f.AgentLeaseChanged: agents.lease_changed,
    f.ReplicaSeen: agents.replica_seen,
    f.CommandAnswered: agents.answered,
}
"""All others: each function is given exactly the fact of its row."""


def fold(state: ShardState, fact: f.Fact, at: Instant) -> None:
    """Change the state as the fact says, which was decided at `at`. Raises KeyError for a fact that cannot follow."""
    kind = type(fact)
    if kind in OTHERS:
        OTHERS[kind](state, fact, at)
    else:
        OF_OPEN[kind](state, state.interactions[fact.interaction_id], fact, at)  # type: ignore[union-attr]
