"""Names of what this room tells the ledger: derived from what happened, so that telling it twice changes nothing."""

from __future__ import annotations

import uuid

from kindline.language.events import DeliveryState

EVENTS = uuid.UUID("5bb1e9ac-7bb5-5c53-9d7c-5c2f0f9f4a21")
"""The namespace of this room's event ids."""

CHAT_SOURCE = "kindline/channels/chat"
HOOK_SOURCE = "kindline/channels/web-hook"

_PAGE = "page"


def page_thread(entry_point: str, visitor: str) -> str:
    """The thread of a visitor of our own chat page at one entry point."""
    return f"{_PAGE}:{entry_point}:{visitor}"


def is_page_thread(thread: str) -> bool:
    """Whether a thread belongs to our own chat page, and not to somebody else's chat."""
    return thread.startswith(f"{_PAGE}:")


def entry_point_of(thread: str) -> str:
    """The entry point in a thread of our own chat page."""
    return thread.removeprefix(f"{_PAGE}:").rpartition(":")[0]


def message_event(pool: str, thread: str, message_id: str) -> str:
    """The id of the event that a visitor said this."""
    return _derived("message", pool, thread, message_id)


def left_event(subject: str) -> str:
    """The id of the event that the customer left; `subject` is the interaction, or the last message's event."""
    return _derived("left", subject)


def ended_event(interaction_id: str) -> str:
    """The id of the event that the customer ended an interaction, and with it the call-back they were promised."""
    return _derived("ended", interaction_id)


def delivery_event(interaction_id: str, message_id: str, state: DeliveryState) -> str:
    """The id of the event that a message came this far."""
    return _derived("delivery", interaction_id, message_id, state.name)


def hook_event(endpoint: str, webhook_id: str, kind: str) -> str:
    """The id of the event that a web hook brought."""
    return _derived("hook", endpoint, webhook_id, kind)


def notice_id(shard: int, offset: int, index: int) -> str:
    """The webhook-id of the notice about one fact of one decision."""
    return f"msg_{shard}_{offset}_{index}"


def _derived(*words: str) -> str:
    # Lone surrogates cannot come this far from a header or a checked field; if one does, it must not stop us.
    return str(uuid.uuid5(EVENTS, "\0".join(words).encode("utf-8", "replace").decode()))
