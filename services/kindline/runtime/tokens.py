"""Session tokens and sign-in keys: HMAC-SHA256 under one secret, compared in constant time.

Promises the gRPC edges that a token names exactly the agent and session it was made for, wherever it is shown: any
replica that has the secret can check it, and none has to remember it.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass


class TokenForged(ValueError):
    """The token is broken, or was not made with this secret. The message never repeats it."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who speaks: an agent of a pool through one of their sessions, which began at `issued_at` of the wall."""

    pool: str
    agent_id: str
    session_id: str
    issued_at: float


def issue(secret: bytes, session: Session) -> str:
    """Make the token of a session; it fits into an HTTP header."""
    claims = [session.pool, session.agent_id, session.session_id, session.issued_at]
    body = json.dumps(claims, separators=(",", ":")).encode()
    return f"{_text(body)}.{_text(_signature(secret, body))}"


def read_token(secret: bytes, token: str) -> Session:
    """The session that a token was made for. Raises TokenForged."""
    body_text, _, signature_text = token.partition(".")
    try:
        body, signature = _bytes(body_text), _bytes(signature_text)
    except (ValueError, binascii.Error):
        raise TokenForged("the session token is not readable") from None
    if not hmac.compare_digest(signature, _signature(secret, body)):
        raise TokenForged("the session token was not made here")
    pool, agent_id, session_id, issued_at = json.loads(body)
    return Session(pool, agent_id, session_id, issued_at)


def agent_key(secret: bytes, pool: str, agent_id: str) -> str:
    """The sign-in key of one agent, derived from the secret: nothing has to be stored to check it."""
    return hmac.digest(secret, _fields("kindline sign-in key", pool, agent_id), hashlib.sha256).hex()


def agent_key_matches(secret: bytes, pool: str, agent_id: str, given: str) -> bool:
    """Whether this is the agent's key, judged in constant time."""
    return hmac.compare_digest(agent_key(secret, pool, agent_id).encode(), given.encode())


def resume_signature(secret: bytes, body: bytes) -> bytes:
    """Sixteen bytes that bind a resume token to this secret."""
    return hmac.digest(secret, b"kindline resume token\0" + body, hashlib.sha256)[:16]


def _signature(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, b"kindline session token\0" + body, hashlib.sha256)


def _fields(*texts: str) -> bytes:
    # Each field carries its length, so that no two different lists give the same bytes.
    return b"".join(len(data := text.encode()).to_bytes(4, "big") + data for text in texts)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
