"""An agent's offers and work as the wire shows them, made from the counted state of a shard.

Promises streams that nothing here decides or remembers: the same state always gives the same items.
"""

from collections.abc import Iterator
from typing import cast

from kindline.language.agent_view import AgentKey, AgentView
from kindline.language.content import Because
from kindline.language.facts.offers import OfferIssued
from kindline.language.snapshot import InteractionRow, InteractionState, MessageRow
from kindline.ledger.codec import to_message
from kindline.ledger.codec.agent_state import state_message
from kindline.routing.domain.choosing import INTERRUPTING
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.news_kinds import MessageSaid, News, OfferHeldOut, OfferIsGone, WorkChanged, WorkIsOver
from kindline.v1 import common_pb2, decision_pb2, routing_pb2

Item = routing_pb2.WorkItem

WORK_STATES = {
    InteractionState.CONNECTING: routing_pb2.WORK_STATE_CONNECTING,
    InteractionState.ACTIVE: routing_pb2.WORK_STATE_ACTIVE,
    InteractionState.HELD: routing_pb2.WORK_STATE_HELD,
    InteractionState.DORMANT: routing_pb2.WORK_STATE_DORMANT,
    InteractionState.COMPLETED: routing_pb2.WORK_STATE_WRAP_UP,
}
SNAPSHOT_CONTENT_BYTES = 512 * 1024
"""What is said beyond this follows the snapshot as items of its own, so that no frame grows too large."""


def items_of(news: News, engine: Engine, because: Because) -> Iterator[Item]:
    """The items of one piece of news; nothing when the state has gone on and another piece says so."""
    match news:
        case OfferHeldOut():
            interaction = engine.interaction(news.offer.interaction_id)
            if interaction:
                yield Item(offer=offer_message(news.offer, interaction, because))
        case OfferIsGone():
            yield Item(
                offer_withdrawn=routing_pb2.OfferWithdrawn(
                    offer_id=news.offer_id,
                    end=routing_pb2.OfferEnd.ValueType(news.end),
                    revoked_reason=decision_pb2.OfferRevokedReason.ValueType(news.revoked_reason),
                )
            )
        case WorkChanged():
            interaction = engine.interaction(news.interaction_id)
            if interaction and interaction.state in WORK_STATES:
                yield Item(work=work_message(interaction))
                # An agent who takes over must see what the customer has said to nobody, or to somebody else.
                for message in interaction.messages if news.begun_at else ():
                    if message.said_at <= news.begun_at:
                        yield Item(message=said_message(news.interaction_id, message))
        case WorkIsOver():
            yield Item(work_ended=routing_pb2.WorkEnded(interaction_id=news.interaction_id, cause=news.cause))
        case MessageSaid():
            yield Item(message=said_message(news.interaction_id, news.message))


def snapshot_items(key: AgentKey, view: AgentView, engine: Engine, because: Because) -> Iterator[Item]:
    """All that concerns an agent: the snapshot, and what was said in their work beyond its size."""
    snapshot = routing_pb2.WorkSnapshot(state=state_message(view))
    said: list[routing_pb2.ConversationMessage] = []
    for interaction in engine.work_of(*key):
        for offer in interaction.offers:
            if offer.agent_id == key[1]:
                snapshot.offers.append(offer_message(offer, interaction, because))
        if interaction.agent_id == key[1] and interaction.state in WORK_STATES:
            snapshot.work.append(work_message(interaction))
            said += [said_message(interaction.received.interaction_id, message) for message in interaction.messages]
    size = fitting = 0
    for message in said:
        size += message.ByteSize()
        if size > SNAPSHOT_CONTENT_BYTES:
            break
        fitting += 1
    snapshot.messages.extend(said[:fitting])
    yield Item(snapshot=snapshot)
    for message in said[fitting:]:
        yield Item(message=message)


def offer_message(offer: OfferIssued, interaction: InteractionRow, because: Because) -> routing_pb2.Offer:
    """An offer with what the agent may know of the customer before they take it."""
    received = interaction.received
    return routing_pb2.Offer(
        offer_id=offer.offer_id,
        interaction_id=offer.interaction_id,
        queue=offer.queue,
        channel=common_pb2.Channel.ValueType(offer.channel),
        expires_at=offer.expires_at,
        waiting_since=interaction.queued.waiting_since if interaction.queued else received.arrived_at,
        language=received.language,
        attributes=received.attributes,
        because=common_pb2.Because(epoch=because.epoch, seq=because.seq, offset=because.offset),
        interrupts=offer.choice.rule == INTERRUPTING,
        call_back=interaction.call_back is not None,
    )


def work_message(interaction: InteractionRow) -> routing_pb2.Work:
    """Work as it stands."""
    queued, received = interaction.queued, interaction.received
    return routing_pb2.Work(
        interaction_id=received.interaction_id,
        queue=queued.queue if queued else received.queue,
        channel=common_pb2.Channel.ValueType(received.channel),
        state=WORK_STATES[interaction.state],
        thread=received.thread,
        language=received.language,
        attributes=received.attributes,
        deadline=interaction.deadline or 0.0,
        note=cast("common_pb2.Content", to_message(queued.note)) if queued and queued.note else None,
        interrupted_by=interaction.interrupted_by,
        call_back=interaction.call_back is not None,
    )


def said_message(interaction_id: str, message: MessageRow) -> routing_pb2.ConversationMessage:
    """Something said."""
    return routing_pb2.ConversationMessage(
        interaction_id=interaction_id,
        message_id=message.message_id,
        author=common_pb2.ParticipantRole.ValueType(message.author),
        agent_id=message.agent_id,
        content=cast("common_pb2.Content", to_message(message.content)) if message.content else None,
        said_at=message.said_at,
    )
