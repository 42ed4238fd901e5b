"""Standard Webhooks 1.0, symmetric: sign what we send, judge what we are sent.

Promises the web hooks' edges that the signature is judged over raw bytes, in constant time, against every secret in
use, within 300 s of now; it agrees with the `standardwebhooks` package (contract test).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

TOLERANCE_SECONDS = 300.0
_PREFIX = "whsec_"
_MOST_SIGNATURES = 16
_LONGEST_HEADER = 4_096


class SignatureWrong(ValueError):
    """The request was not signed with a secret of this address, or headers are missing."""


class SignatureStale(SignatureWrong):
    """The request is too old, or from the future."""


class SecretUnreadable(ValueError):
    """A secret is no `whsec_` followed by base64 of 24 to 64 bytes. The message never repeats it."""


def secret_key(secret: str) -> bytes:
    """The key inside a `whsec_...` secret. Raises SecretUnreadable."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SecretUnreadable("a web hook's secret must be whsec_ followed by base64") from None
    if not 24 <= len(key) <= 64:  # noqa: PLR2004 - the standard's own limits
        raise SecretUnreadable(f"a web hook's secret holds {len(key)} bytes, not 24 to 64")
    return key


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of one message under one key."""
    return "v1," + base64.b64encode(_digest(key, message_id, timestamp, body)).decode()


def verify(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Judge a request by its lower-case headers. Gives the webhook-id. Raises SignatureWrong, SignatureStale."""
    message_id, timestamp_text = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not (message_id and timestamp_text and given) or max(len(message_id), len(given)) > _LONGEST_HEADER:
        raise SignatureWrong("webhook-id, webhook-timestamp and webhook-signature are needed")
    timestamp = _timestamp(timestamp_text)
    if abs(now - timestamp) > TOLERANCE_SECONDS:
        raise SignatureStale(f"the timestamp is more than {TOLERANCE_SECONDS:.0f} s from now")
    expected = [_digest(key, message_id, timestamp, body) for key in keys]
    candidates = [_decoded(word) for word in given.split(" ")[:_MOST_SIGNATURES] if word.startswith("v1,")]
    # Every pair is compared, found or not, so that the time taken says nothing about which one was right.
    matches = [hmac.compare_digest(candidate, right) for candidate in candidates for right in expected]
    if not any(matches):
        raise SignatureWrong("no signature matches")
    return message_id


def _digest(key: bytes, message_id: str, timestamp: int, body: bytes) -> bytes:
    signed = f"{message_id}.{timestamp}.".encode("utf-8", "surrogatepass") + body
    return hmac.digest(key, signed, hashlib.sha256)


def _decoded(word: str) -> bytes:
    """The bytes of one signature; none when it is no base64, which matches nothing."""
    try:
        return base64.b64decode(word.removeprefix("v1,"), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _timestamp(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004 - far beyond any year that matters
        raise SignatureWrong("webhook-timestamp is no number of seconds")
    return int(text)
