"""What a signed web hook says, as events on the thread it names.

The body is a JSON object: `event` (started, message, call_back, no_call_back, ended, left; started when absent),
`thread` (the webhook-id when absent), `text`, `subject`, `customer`, `language`, `queue`, `priority`, `attributes`
(text to text), and for a call-back `wished_at`. Fields that we do not know are left alone, since senders add some
without notice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from kindline.channels.domain.hook_fields import (
    BodyUnreadable,
    attributes_in,
    instant_in,
    json_object,
    name_in,
    priority_in,
)
from kindline.channels.domain.normalising import content_of
from kindline.language.call_backs import CallBackAccepted, CallBackDeclined
from kindline.language.content import Content, Direction, ParticipantRole
from kindline.language.events import (
    CustomerLeft,
    InteractionEnded,
    InteractionHappening,
    InteractionStarted,
    MessageReceived,
)

LONGEST_TEXT_BYTES = 131_072


@dataclass(frozen=True, slots=True)
class Happening:
    """One event out of a body; `kind` tells apart the events that one web hook brings."""

    kind: str
    event: InteractionHappening


@dataclass(frozen=True, slots=True)
class Incoming:
    """What one web hook says: on which thread, and what happened there."""

    thread: str
    happenings: tuple[Happening, ...]


def customer_hash(tenant: str, customer: str) -> str:
    """The identity hash under which a tenant's customer is known; '' for an unknown one, who is never merged."""
    if not customer:
        return ""
    return hashlib.blake2b(f"{tenant}\0{customer}".encode(), digest_size=16).hexdigest()


def read_hook(body: bytes, *, webhook_id: str, tenant: str) -> Incoming:
    """Read a body whose signature was found right. Raises BodyUnreadable."""
    value = json_object(body)
    thread = name_in(value, "thread") or webhook_id
    customer = customer_hash(tenant, name_in(value, "customer"))
    content = _content(value)
    happenings: tuple[Happening, ...]
    match value.get("event", "started"):
        case "message":
            if content is None:
                raise BodyUnreadable("a message needs a text")
            happenings = (Happening("message", _message(value, webhook_id, content, customer)),)
        case "started":
            happenings = _started(value, webhook_id, content, customer)
        case "ended":
            happenings = (Happening("ended", InteractionEnded(ended_by=ParticipantRole.CUSTOMER)),)
        case "left":
            happenings = (Happening("left", CustomerLeft(cause="web hook")),)
        case "call_back":
            accepted = CallBackAccepted(
                wished_at=instant_in(value, "wished_at"), content=content, message_id=webhook_id
            )
            happenings = (Happening("call_back", accepted),)
        case "no_call_back":
            happenings = (Happening("no_call_back", CallBackDeclined()),)
        case _:
            raise BodyUnreadable("event must be started, message, call_back, no_call_back, ended or left")
    return Incoming(thread, happenings)


def _started(
    value: dict[str, object], webhook_id: str, content: Content | None, customer: str
) -> tuple[Happening, ...]:
    # A start on a thread that has an interaction open adds nothing, so words go beside it and are never lost. A thread
    # that is the webhook-id is this web hook's own.
    alone = not value.get("thread")
    start = InteractionStarted(
        direction=Direction.INBOUND,
        customer=customer,
        language=name_in(value, "language"),
        attributes=attributes_in(value),
        priority=priority_in(value),
        queue=name_in(value, "queue"),
        content=content if alone else None,
        message_id=webhook_id if alone and content else "",
    )
    if alone or content is None:
        return (Happening("started", start),)
    return (Happening("started", start), Happening("message", _message(value, webhook_id, content, customer)))


def _message(value: dict[str, object], webhook_id: str, content: Content, customer: str) -> MessageReceived:
    return MessageReceived(
        message_id=webhook_id,
        content=content,
        subject=name_in(value, "subject"),
        customer=customer,
        language=name_in(value, "language"),
    )


def _content(value: dict[str, object]) -> Content | None:
    text = value.get("text")
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise BodyUnreadable("text is no text")
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST_TEXT_BYTES:
        raise BodyUnreadable(f"text holds more than {LONGEST_TEXT_BYTES} bytes")
    return content_of(text)
