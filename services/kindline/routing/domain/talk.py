"""What was said in an interaction, for its agent: the last of it, up to what fits into one row."""

from __future__ import annotations

from kindline.language import facts as f
from kindline.language.call_backs import CallBackAccepted
from kindline.language.content import Content, ParticipantRole, SealedContent
from kindline.language.events import InteractionStarted, MessageReceived
from kindline.language.snapshot import MessageRow

MESSAGES_KEPT = 200
LARGEST_TALK = 1_000_000
"""Characters or bytes of what was said that are kept: an interaction is one row, and a row must fit into a record."""


def message_of(fact: f.EventRecorded | f.MessageSent, decided_at: float) -> MessageRow | None:
    """What was said, if the fact says anything."""
    if isinstance(fact, f.MessageSent):
        return _row(fact.message_id, ParticipantRole.AGENT, fact.agent_id, fact.content, decided_at)
    said = fact.event.event
    if isinstance(said, InteractionStarted | MessageReceived | CallBackAccepted) and said.content is not None:
        return _row(said.message_id, ParticipantRole.CUSTOMER, "", said.content, decided_at)
    return None


def keep(messages: list[MessageRow], message: MessageRow) -> None:
    """Add a message, and forget the oldest that fit no more."""
    messages.append(message)
    if len(messages) > MESSAGES_KEPT:
        del messages[0]
    while len(messages) > 1 and sum(map(_length, messages)) > LARGEST_TALK:
        del messages[0]


def _length(message: MessageRow) -> int:
    """How much was said, whatever it was."""
    if message.content is None:
        return 0
    body = message.content.body
    if isinstance(body, SealedContent):
        body = body.ciphertext
    return (len(body) if isinstance(body, str | bytes) else 0) + len(message.content.normalised)


def _row(message_id: str, author: ParticipantRole, agent_id: str, content: Content | None, at: float) -> MessageRow:
    return MessageRow(message_id=message_id, author=author, agent_id=agent_id, content=content, said_at=at)
