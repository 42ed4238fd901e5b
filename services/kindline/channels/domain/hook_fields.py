"""Reads the fields of a web hook's body, which is hostile until it has been looked at.

Promises values of the right type and size, or BodyUnreadable with words that help the sender and never repeat the body.
"""

from __future__ import annotations

import json
import re

from kindline.language.nesting import TooDeep, read_json

LONGEST_NAME = 256
MOST_ATTRIBUTES = 64
LONGEST_ATTRIBUTES_BYTES = 32_768
HIGHEST_PRIORITY = 9
LATEST = 2.0**53
"""Above it seconds cannot be told apart any more."""

_SURROGATES = re.compile("[\ud800-\udfff]")


class BodyUnreadable(ValueError):
    """The body is not what this page describes; the message says what is wrong. It never repeats the body."""


def json_object(body: bytes) -> dict[str, object]:
    """The body as a JSON object. Raises BodyUnreadable."""
    try:
        value = read_json(body)
    except TooDeep as too_deep:
        raise BodyUnreadable(f"the body is {too_deep}") from None
    except ValueError:
        raise BodyUnreadable("the body is no JSON") from None
    if not isinstance(value, dict):
        raise BodyUnreadable("the body is no JSON object")
    return value


def name_in(value: dict[str, object], field: str) -> str:
    """A short text; '' when it is absent. Raises BodyUnreadable."""
    found = value.get(field)
    if found is None:
        return ""
    if not isinstance(found, str) or len(found) > LONGEST_NAME or _SURROGATES.search(found):
        raise BodyUnreadable(f"{field} is no text of at most {LONGEST_NAME} characters")
    return found


def priority_in(value: dict[str, object]) -> int | None:
    """A priority; None when it is absent. Raises BodyUnreadable."""
    found = value.get("priority")
    if found is None:
        return None
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= HIGHEST_PRIORITY:
        raise BodyUnreadable(f"priority is no whole number from 0 to {HIGHEST_PRIORITY}")
    return found


def instant_in(value: dict[str, object], field: str) -> float | None:
    """Seconds since 1970-01-01T00:00:00Z; None when absent. Raises BodyUnreadable."""
    found = value.get(field)
    if found is None:
        return None
    if not isinstance(found, int | float) or isinstance(found, bool) or not 0 <= found < LATEST:
        raise BodyUnreadable(f"{field} is no number of seconds since 1970")
    return float(found)


def attributes_in(value: dict[str, object]) -> dict[str, str]:
    """A mapping of text to text; what is not text is written as JSON. Raises BodyUnreadable."""
    found = value.get("attributes")
    if found is None:
        return {}
    if not isinstance(found, dict) or len(found) > MOST_ATTRIBUTES:
        raise BodyUnreadable(f"attributes is no object of at most {MOST_ATTRIBUTES} texts")
    attributes = {name: inner if isinstance(inner, str) else json.dumps(inner) for name, inner in found.items()}
    whole = "".join(f"{name}{inner}" for name, inner in attributes.items())
    if _SURROGATES.search(whole) or len(whole.encode()) > LONGEST_ATTRIBUTES_BYTES:
        raise BodyUnreadable(f"attributes hold broken text, or more than {LONGEST_ATTRIBUTES_BYTES} bytes")
    return attributes
