"""What a visitor says, as the event that the ledger keeps: the same words sent again are the same event."""

from __future__ import annotations

from kindline.channels.domain.call_back import CallBack
from kindline.channels.domain.chat import Hello, Say
from kindline.channels.domain.conversation import Conversation
from kindline.channels.domain.hooks import customer_hash
from kindline.channels.domain.identities import message_event
from kindline.channels.domain.normalising import content_of
from kindline.language.call_backs import CallBackAccepted
from kindline.language.content import ParticipantRole
from kindline.language.events import CustomerLeft, InteractionEnded, InteractionEvent, MessageReceived
from kindline.language.ids import tenant_of


def said_event(thread: tuple[str, str], hello: Hello, said: Say) -> tuple[str, InteractionEvent]:
    """The id of the event and the event; on a thread without an open interaction it opens one."""
    pool, name = thread
    content = content_of(said.text)
    message: MessageReceived | CallBackAccepted = MessageReceived(
        message_id=said.client_message_id,
        content=content,
        customer=customer_hash(tenant_of(pool), name),
        language=hello.language,
    )
    if said.call_back:
        message = CallBackAccepted(wished_at=said.wished_at, content=content, message_id=said.client_message_id)
    event = InteractionEvent(pool=pool, entry_point=hello.entry_point, thread=name, event=message)
    return message_event(pool, name, said.client_message_id), event


def farewell(conversation: Conversation | None) -> CustomerLeft | InteractionEnded:
    """What a good-bye means: whoever was promised a call-back takes it back with it; closing the page does not."""
    if conversation is not None and conversation.call_back is CallBack.PROMISED:
        return InteractionEnded(ended_by=ParticipantRole.CUSTOMER)
    return CustomerLeft(cause="said good-bye")


def leaves_as(conversation: Conversation) -> str:
    """What a leaving is known by: one that a promised call-back outlives must not make the next one a repeat of it."""
    identity = conversation.received.interaction_id
    return f"{identity} promised" if conversation.call_back is CallBack.PROMISED else identity
