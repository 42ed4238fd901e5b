"""From the wire to the desk's values: one function per message, none of which can fail on a well-formed frame."""

from collections.abc import Iterator
from typing import Any

from kindline.client import events as e
from kindline.language.agent_view import OfferEnd
from kindline.language.agents import AgentStatus
from kindline.language.content import Because, Channel, Content, ParticipantRole
from kindline.language.facts.agents import Lease, RoutingState, RoutingStateReason
from kindline.language.facts.offers import OfferRevokedReason
from kindline.ledger.codec import from_message
from kindline.v1 import presence_pb2, routing_pb2


def work_events(item: routing_pb2.WorkItem) -> Iterator[e.DeskEvent]:
    """What an item tells the front end; heartbeats and drainings tell it nothing."""
    match item.WhichOneof("item"):
        case "snapshot":
            yield refreshed(item.snapshot)
        case "offer":
            yield e.OfferReceived(offer(item.offer))
        case "offer_withdrawn":
            gone = item.offer_withdrawn
            yield e.OfferWithdrawn(gone.offer_id, OfferEnd(gone.end), OfferRevokedReason(gone.revoked_reason))
        case "work":
            yield e.WorkChanged(work(item.work))
        case "work_ended":
            yield e.WorkEnded(item.work_ended.interaction_id, item.work_ended.cause)
        case "message":
            yield e.MessageArrived(message(item.message))
        case "state":
            yield e.StateChanged(state(item.state))
        case "stale":
            yield e.WentStale(item.stale.silent_seconds)


def refreshed(snapshot: routing_pb2.WorkSnapshot) -> e.Refreshed:
    """All there is."""
    return e.Refreshed(
        state(snapshot.state),
        tuple(offer(each) for each in snapshot.offers),
        tuple(work(each) for each in snapshot.work),
        tuple(message(each) for each in snapshot.messages),
    )


def state(given: presence_pb2.PresenceState) -> e.AgentState:
    """The agent."""
    return e.AgentState(
        status=AgentStatus(given.status),
        reason_code=given.reason_code,
        next_status=AgentStatus(given.next_status),
        routing_state=RoutingState(given.routing_state),
        reason=RoutingStateReason(given.reason),
        lease=Lease(given.lease),
    )


def offer(given: routing_pb2.Offer) -> e.Offer:
    """An offer."""
    because = given.because
    return e.Offer(
        offer_id=given.offer_id,
        interaction_id=given.interaction_id,
        queue=given.queue,
        channel=Channel(given.channel),
        expires_at=given.expires_at,
        waiting_since=given.waiting_since,
        language=given.language,
        attributes=dict(given.attributes),
        because=Because(epoch=because.epoch, seq=because.seq, offset=because.offset),
        interrupts=given.interrupts,
        call_back=given.call_back,
    )


def work(given: routing_pb2.Work) -> e.Work:
    """A piece of work."""
    return e.Work(
        interaction_id=given.interaction_id,
        queue=given.queue,
        channel=Channel(given.channel),
        state=e.WorkState(given.state),
        thread=given.thread,
        language=given.language,
        attributes=dict(given.attributes),
        deadline=given.deadline,
        note=_content(given, "note"),
        interrupted_by=given.interrupted_by,
        call_back=given.call_back,
    )


def message(given: routing_pb2.ConversationMessage) -> e.Message:
    """Something said."""
    return e.Message(
        interaction_id=given.interaction_id,
        message_id=given.message_id,
        author=ParticipantRole(given.author),
        agent_id=given.agent_id,
        content=_content(given, "content"),
        said_at=given.said_at,
    )


def _content(owner: Any, name: str) -> Content | None:  # noqa: ANN401 - any message with such a field.
    if not owner.HasField(name):
        return None
    content: Content = from_message(getattr(owner, name))
    return content
