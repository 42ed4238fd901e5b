"""Who is calling: reads the session token that every call but SignIn carries.

Promises servicers a Session that was signed here, or a refusal; what the caller may do with it is the room's decision.
"""

from collections.abc import Iterable
from typing import Protocol

from kindline.runtime.refused import Refused
from kindline.runtime.tokens import Session, TokenForged, read_token

BEARER = "bearer "


class Call(Protocol):
    """A gRPC call, as far as the caller's name is in it."""

    def invocation_metadata(self) -> Iterable[tuple[str, str | bytes]] | None:
        """The metadata that came with the call."""


def caller(call: Call, secret: bytes) -> Session:
    """The session that the call's `authorization: Bearer <token>` names. Raises Refused."""
    for key, value in call.invocation_metadata() or ():
        if key == "authorization" and isinstance(value, str) and value.lower().startswith(BEARER):
            try:
                return read_token(secret, value[len(BEARER) :].strip())
            except TokenForged as error:
                raise Refused("TOKEN_INVALID", str(error)) from None
    raise Refused("TOKEN_MISSING")
