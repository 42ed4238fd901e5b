"""The envelope of a record: CloudEvents 1.0 in Kafka's binary mode, plus W3C `traceparent`.

Promises writers one way to write headers, and readers that nothing a stranger puts into a header can break them: what
is missing or unreadable there is absent, never an error; only a content-type that we cannot read is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from kindline.language.agents import AgentEvent
from kindline.language.events import InteractionEvent
from kindline.language.ids import position_identity
from kindline.language.plan import PlanPublished
from kindline.language.quick import made_quickly
from kindline.ledger import codec, topics
from kindline.ledger.codec import Undecodable
from kindline.ledger.port import Headers, Record

__all__ = [
    "IDENTITY_HEADER",
    "Envelope",
    "Undecodable",
    "WrongContentType",
    "decode_input",
    "headers",
    "read_envelope",
    "relayed_identity",
]

PROTOBUF: Final = "application/protobuf"
JSON: Final = "application/json"
IDENTITY_HEADER: Final = "x-kindline-identity"
"""Set by the relay on what it redirects: the identity by which the first shard knew it, in hexadecimal."""
LONGEST_NUMBER: Final = 20
RELAY_SOURCE: Final = "kindline/relay"
"""The ce_source of what the relay sent on and that brought no id: its ce_id is then the place where it stood first."""

_RELAYED: Final = RELAY_SOURCE.encode()

_Input = InteractionEvent | AgentEvent | PlanPublished
_BYTES_READERS: Mapping[str, Callable[[bytes], _Input]] = {
    topics.INTERACTIONS: codec.decode_interaction,
    topics.AGENTS: codec.decode_agent,
    topics.PLAN: codec.decode_plan,
}
_JSON_READERS: Mapping[str, Callable[[bytes], _Input]] = {
    topics.INTERACTIONS: codec.decode_interaction_json,
    topics.AGENTS: codec.decode_agent_json,
    topics.PLAN: codec.decode_plan_json,
}


class WrongContentType(Exception):
    """The record says that its value is in a form that Kindline does not read."""


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the headers say; empty where they say nothing, except that a silent content-type is protobuf."""

    event_id: str = ""
    source: str = ""
    happened_at: float | None = None
    """Seconds since the Unix epoch, as the source says; it may lie in the past or the future."""
    kind: str = ""
    subject: str = ""
    content_type: str = PROTOBUF
    traceparent: str = ""


def headers(
    *, kind: str, event_id: str, source: str, happened_at: float, subject: str = "", traceparent: str = ""
) -> Headers:
    """The headers of a record whose value is protobuf; happened_at in seconds since the Unix epoch."""
    written = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_type", kind.encode()),
        ("ce_source", source.encode()),
        ("ce_time", datetime.fromtimestamp(happened_at, UTC).isoformat().replace("+00:00", "Z").encode()),
        ("content-type", PROTOBUF.encode()),
    ]
    if subject:
        written.append(("ce_subject", subject.encode()))
    if traceparent:
        written.append(("traceparent", traceparent.encode()))
    return tuple(written)


def read_envelope(record: Record) -> Envelope:
    """What a record's headers say; the last one counts where a name is given twice."""
    said = {name.lower(): value.decode("utf-8", "replace") for name, value in record.headers}
    return Envelope(
        event_id=said.get("ce_id", ""),
        source=said.get("ce_source", ""),
        happened_at=_instant(said.get("ce_time", "")),
        kind=said.get("ce_type", ""),
        subject=said.get("ce_subject", ""),
        content_type=_content_type(said.get("content-type", "")),
        traceparent=said.get("traceparent", ""),
    )


def relayed_identity(record: Record) -> bytes:
    """The identity under which the relay sent this record on; empty for what came by itself, or has an id of its own.

    The header alone proves nothing: anybody may write it, and with somebody else's identity in it would make their
    event vanish. So it counts only for what the relay gave a place as its id, and only if it is the identity of that
    place; whatever brought an id has the same identity wherever it stands, and needs no header.
    """
    if not any(value == _RELAYED for _, value in record.headers):
        return b""
    said = {name.lower(): value.decode("utf-8", "replace") for name, value in record.headers}
    topic, partition, offset = (*said.get("ce_id", "").split("/"), "", "", "")[:3]
    if said.get("ce_source") != RELAY_SOURCE or not (_is_number(partition) and _is_number(offset)):
        return b""
    known = position_identity(topic=topic, partition=int(partition), offset=int(offset))
    return known if said.get(IDENTITY_HEADER) == known.hex() else b""


def _is_number(said: str) -> bool:
    return said.isdecimal() and len(said) <= LONGEST_NUMBER


def decode_input(record: Record) -> InteractionEvent | AgentEvent | PlanPublished:
    """What a record of an input topic says, by its content-type: protobuf, or protojson for people.

    Raises WrongContentType for any other form, Undecodable for a value that is not what it should be, and LookupError
    for a topic that is no input.
    """
    kind = next((value for name, value in reversed(record.headers) if name.lower() == "content-type"), None)
    content_type = _guessed(record.value) if kind is None else _content_type(kind.decode("utf-8", "replace"))
    if content_type not in {PROTOBUF, JSON}:
        raise WrongContentType(f"content-type {content_type[:80]!r}: send {PROTOBUF} or {JSON}")
    if record.value is None:
        raise Undecodable("the record has no value")
    readers = _JSON_READERS if content_type == JSON else _BYTES_READERS
    return readers[record.partition.topic](record.value)


def _guessed(value: bytes | None) -> str:
    """What a value without a content-type is: a plain console producer sends JSON and no headers.

    No message of ours can begin with a brace: as protobuf it would be a group, which proto3 does not have.
    """
    return JSON if value is not None and value.lstrip()[:1] == b"{" else PROTOBUF


def _content_type(said: str) -> str:
    """The media type without its parameters, in lower case; the older name of protobuf counts too."""
    if said == PROTOBUF:
        return PROTOBUF  # As nearly all say.
    media = said.partition(";")[0].strip().lower()
    return PROTOBUF if media in {"", "application/x-protobuf"} else media


def _instant(said: str) -> float | None:
    try:
        when = datetime.fromisoformat(said)
    except ValueError:
        return None
    if when.tzinfo is None:
        return None  # RFC 3339 asks for an offset; a local time of somewhere is no instant.
    return when.timestamp()
