"""Who a page's visitor is: a random name that we signed, so that nobody can speak or read as somebody else.

Tokens are HMAC-SHA256 under one secret, compared in constant time, bound to the tenant, and good for a week.
"""

from __future__ import annotations

import hashlib
import hmac
import re

LIFETIME_SECONDS = 7 * 86_400.0
SKEW_SECONDS = 60.0
_TOKEN = re.compile(r"([A-Za-z0-9-]{8,64})\.([0-9]{1,12})\.([0-9a-f]{64})\Z")


def visitor_token(secret: bytes, tenant: str, visitor: str, wall: float) -> str:
    """The token of a visitor; `wall` is when it is issued, in seconds since the Unix epoch."""
    issued = str(int(wall))
    return f"{visitor}.{issued}.{_signature(secret, tenant, visitor, issued)}"


def visitor_of(secret: bytes, tenant: str, token: str, wall: float) -> str:
    """The visitor whom a token names; '' when it is not ours, not this tenant's, or too old."""
    found = _TOKEN.match(token)
    if not found:
        return ""
    visitor, issued, given = found.groups()
    right = hmac.compare_digest(given, _signature(secret, tenant, visitor, issued))
    fresh = -SKEW_SECONDS <= wall - int(issued) <= LIFETIME_SECONDS
    return visitor if right and fresh else ""


def _signature(secret: bytes, tenant: str, visitor: str, issued: str) -> str:
    # Neither field can hold a zero byte except the tenant, whose length therefore goes first.
    text = f"kindline visitor token\0{len(tenant)}\0{tenant}\0{visitor}\0{issued}"
    return hmac.digest(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()
