"""The words of `kindline.chat.v1`: what a page may send, what it is sent, and what it has not been told yet.

Frames are JSON objects. Promises the socket's edge that any text whatever becomes a frame or a BadFrame, and that a
page that comes back at any point ends up having seen every line once, in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kindline.language.nesting import read_json

SUBPROTOCOL = "kindline.chat.v1"
LONGEST_TEXT = 16_384
"""Characters of one message; a frame holds 64 KiB."""

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}\Z")
_NAME = re.compile(r"[^\x00-\x20\x7f-\x9f\ud800-\udfff]{1,128}\Z")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{0,35}\Z")
_HIGHEST_SEQ = 2**53


class BadFrame(ValueError):
    """The page sent something that is no frame; `code` is for programs, the message for people."""

    def __init__(self, code: str, words: str) -> None:
        """Keep the code beside the words."""
        super().__init__(words)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first frame: where the visitor is, who they are, and the last line that the page has."""

    pool: str
    entry_point: str
    token: str
    conversation: str
    last_seq: int
    last_message_id: str
    language: str


NOBODY = Hello(pool="", entry_point="", token="", conversation="", last_seq=0, last_message_id="", language="")
"""Who a socket belongs to before its first frame."""


@dataclass(frozen=True, slots=True)
class Say:
    """The visitor said something; with `call_back`, that they want to be called, where, and at which hour."""

    client_message_id: str
    text: str
    call_back: bool = False
    wished_at: float | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """Lines up to this one reached the page, and with `read`, the visitor's eyes."""

    conversation: str
    seq: int
    read: bool


@dataclass(frozen=True, slots=True)
class Leave:
    """The visitor ends the conversation."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The page is alive."""


Frame = Hello | Say | Seen | Leave | Pong


def parse(text: str) -> Frame:
    """Read one frame. Raises BadFrame."""
    try:
        value = read_json(text)
    except ValueError:
        raise BadFrame("not_json", "A frame must be one JSON object.") from None
    if not isinstance(value, dict):
        raise BadFrame("not_json", "A frame must be one JSON object.")
    match value.get("type"):
        case "hello":
            return _hello(value)
        case "message":
            return Say(_matching(value, "client_message_id", _ID), _said(value))
        case "call_back":
            wished_at = _number(value, "wished_at") if value.get("wished_at") is not None else None
            return Say(_matching(value, "client_message_id", _ID), _said(value), call_back=True, wished_at=wished_at)
        case "delivered" | "read" as kind:
            return Seen(_matching(value, "conversation", _ID), _number(value, "seq"), kind == "read")
        case "leave":
            return Leave()
        case "pong":
            return Pong()
    raise BadFrame("unknown_type", "This frame has no type that kindline.chat.v1 knows.")


def _hello(value: dict[str, object]) -> Hello:
    return Hello(
        pool=_matching(value, "pool", _NAME),
        entry_point=_matching(value, "entry_point", _NAME),
        token=_optional(value, "token", 512),
        conversation=_optional(value, "conversation", 64),
        last_seq=_number(value, "last_seq") if value.get("last_seq") is not None else 0,
        last_message_id=_optional(value, "last_message_id", 256),
        language=_matching({"language": value.get("language") or ""}, "language", _LANGUAGE),
    )


def _said(value: dict[str, object]) -> str:
    text = value.get("text")
    if not isinstance(text, str) or not text:
        raise BadFrame("no_text", "A message needs a text.")
    if len(text) > LONGEST_TEXT:
        raise BadFrame("too_long", f"A message holds at most {LONGEST_TEXT} characters.")
    return text


def _matching(value: dict[str, object], name: str, pattern: re.Pattern[str]) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not pattern.match(found):
        raise BadFrame("bad_field", f"{name} is missing or has a form that is not allowed.")
    return found


def _optional(value: dict[str, object], name: str, longest: int) -> str:
    found = value.get(name)
    if found is None:
        return ""
    if not isinstance(found, str) or len(found) > longest:
        raise BadFrame("bad_field", f"{name} has a form that is not allowed.")
    return found


def _number(value: dict[str, object], name: str) -> int:
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= _HIGHEST_SEQ:
        raise BadFrame("bad_field", f"{name} must be a whole number from 0.")
    return found
