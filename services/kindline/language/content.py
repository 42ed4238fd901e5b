"""The words that more than one topic uses, for every room: channels, content, needs, positions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Channel(IntEnum):
    """Channel is the kind of line on which a customer reaches the organisation."""

    UNSPECIFIED = 0
    VOICE = 1
    CHAT = 2
    EMAIL = 3
    MESSAGE = 4
    WEB_HOOK = 5

    __hash__ = int.__hash__
    """By its number, in one step: what an Enum has of its own is Python, and asked at every look into a dict."""


class Direction(IntEnum):
    """Direction says who began the contact."""

    UNSPECIFIED = 0
    INBOUND = 1
    OUTBOUND = 2


class ParticipantRole(IntEnum):
    """ParticipantRole is the part somebody plays in an interaction."""

    UNSPECIFIED = 0
    CUSTOMER = 1
    AGENT = 2
    SUPERVISOR = 3
    BOT = 4
    THIRD_PARTY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Content is what was said, in exactly one form; the engine never looks inside."""

    body: str | bytes | SealedContent | ContentReference | None = None
    normalised: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedContent:
    """SealedContent is encrypted content."""

    key_id: str = ""
    ciphertext: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentReference:
    """ContentReference points at content kept outside the ledger."""

    location: str = ""
    media_type: str = ""
    size: int = 0
    sha256: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillNeed:
    """SkillNeed asks for a skill at a level or above."""

    skill: str = ""
    level: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Needs is what an agent must have to be offered an interaction, beside its channel."""

    skills: tuple[SkillNeed, ...] = ()
    language: str = ""


NO_NEEDS = Needs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """Because names the decision that made somebody act: audit checks that this batch counts."""

    epoch: int = 0
    seq: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """Disposition is how the work on an interaction ended, as its owner records it."""

    code: str = ""
    topic: str = ""
    policy_id: str = ""
    resolved: bool | None = None
