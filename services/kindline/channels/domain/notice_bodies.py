"""What one notice says: a fact as the JSON that systems behind web hooks are sent."""

from __future__ import annotations

import json

from kindline.channels.domain.normalising import text_of
from kindline.language import facts
from kindline.language.content import Because
from kindline.language.facts import Fact, InteractionReceived

_SHOWN = (
    "queue", "agent_id", "message_id", "where", "reason", "cause", "ended_by", "waited_seconds", "due_at",
    "announcement", "overflowed_from",
)  # fmt: skip


def body_of(kind: str, fact: Fact, received: InteractionReceived, because: Because, at: float) -> bytes:
    """The body of the notice of a fact that was decided at `at`."""
    data: dict[str, object] = {
        "pool": received.pool,
        "entry_point": received.entry_point,
        "thread": received.thread,
        "interaction_id": received.interaction_id,
        "because": {"epoch": because.epoch, "seq": because.seq, "offset": because.offset},
    }
    for name in _SHOWN:
        value = getattr(fact, name, None)
        if value is not None and value != "":
            # Words of a closed list travel as words: numbers would ask the receiver to own our list.
            data[name] = value.name.lower() if hasattr(value, "name") else value
    if isinstance(fact, facts.MessageSent):
        data["text"] = text_of(fact.content)
    if isinstance(fact, facts.CustomerInformed):
        data |= _told(fact)
    return json.dumps({"type": kind, "decided_at": at, "data": data}, separators=(",", ":")).encode()


def _told(fact: facts.CustomerInformed) -> dict[str, object]:
    told: dict[str, object] = {}
    if fact.position:
        told["position"] = fact.position
    if fact.expected_wait is not None:
        expected = fact.expected_wait
        told["expected_wait"] = {"least_seconds": expected.least_seconds, "most_seconds": expected.most_seconds}
    return told
