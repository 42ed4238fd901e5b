"""What was said in an interaction, for its agent: the last of it, up to what fits into one row."""

from __future__ import annotations

from kindline.language.content import SealedContent
from kindline.language.snapshot import MessageRow

MESSAGES_KEPT = 200
LARGEST_TALK = 1_000_000
"""Characters or bytes of what was said that are kept: an interaction is one row, and a row must fit into a record."""


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
