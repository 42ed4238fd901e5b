"""What a page has not been told yet: the difference between a conversation and what the page has.

The edge asks for it whenever anything may have changed; asking twice tells nothing twice, so no push can be lost or
doubled whatever happens between a change and a socket.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from kindline.channels.domain.conversation import Conversation, Line
from kindline.channels.domain.normalising import text_of
from kindline.language.content import ParticipantRole
from kindline.language.facts import CustomerInformed

Frames = list[dict[str, object]]
Stands = tuple[str, str, str, str, str]
"""Conversation, state, the agent's name, who ended it, and what has become of a call-back."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a page has: lines of `conversation` up to `seq`, and how it was last told that things stand."""

    conversation: str = ""
    seq: int = 0
    standing: Stands = ("", "", "", "", "")
    told: CustomerInformed | None = None


def resumed(conversation: Conversation | None, *, conversation_id: str, last_seq: int, last_message_id: str) -> Cursor:
    """Where a page that comes back goes on.

    Its last line must be ours under that number; if it is not, everything is told again and the page drops what it has.
    """
    if conversation is None or conversation.received.interaction_id != conversation_id:
        return Cursor()
    index = last_seq - conversation.dropped - 1
    known = 0 <= index < len(conversation.lines)
    if known and conversation.lines[index].message_id == last_message_id:
        return Cursor(conversation_id, last_seq)
    return Cursor(conversation_id, 0)


def untold(conversation: Conversation | None, cursor: Cursor, name_of: Callable[[str], str]) -> tuple[Frames, Cursor]:
    """The frames that bring a page up to date, and what it has after them."""
    if conversation is None:
        standing: Stands = ("", "none", "", "", "")
        frames: Frames = [] if cursor.standing == standing else [_state(standing)]
        return frames, replace(cursor, standing=standing)
    identity = conversation.received.interaction_id
    seq = cursor.seq if cursor.conversation == identity else 0
    begin = max(0, seq - conversation.dropped)
    first = conversation.dropped + begin + 1
    frames = [
        _message(identity, number, line, name_of(line.agent_id))
        for number, line in enumerate(conversation.lines[begin:], first)
    ]
    standing = (
        identity,
        conversation.standing.value,
        name_of(conversation.agent_id) if conversation.agent_id else "",
        conversation.ended_by.value,
        conversation.call_back.value,
    )
    # How things stand is told first when somebody joins, and last when it is over: a good-bye comes before the end.
    if standing != cursor.standing:
        frames = [*frames, _state(standing)] if not conversation.open else [_state(standing), *frames]
    if conversation.told is not None and conversation.told is not cursor.told:
        frames.append(_wait(conversation.told))
    return frames, Cursor(identity, conversation.last_seq, standing, conversation.told)


def delivered_lines(conversation: Conversation, after: int, upto: int) -> list[Line]:
    """The agents' lines with numbers above `after`, up to `upto`."""
    begin, end = max(0, after - conversation.dropped), max(0, upto - conversation.dropped)
    return [line for line in conversation.lines[begin:end] if line.author is not ParticipantRole.CUSTOMER]


def _state(standing: Stands) -> dict[str, object]:
    names = ("conversation", "state", "name", "ended_by", "call_back")
    return {"type": "state", **dict(zip(names, standing, strict=True))}


def _wait(told: CustomerInformed) -> dict[str, object]:
    expected = told.expected_wait
    return {
        "type": "wait",
        "conversation": told.interaction_id,
        "position": told.position,
        "least_seconds": None if expected is None else expected.least_seconds,
        "most_seconds": None if expected is None else expected.most_seconds,
        "announcement": told.announcement,
    }


def _message(conversation: str, seq: int, line: Line, name: str) -> dict[str, object]:
    ours = line.author is ParticipantRole.CUSTOMER
    return {
        "type": "message",
        "conversation": conversation,
        "seq": seq,
        "message_id": line.message_id,
        "from": "customer" if ours else "agent",
        "name": "" if ours else name,
        "text": text_of(line.content),
        "at": line.said_at,
    }
