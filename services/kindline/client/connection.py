"""One service as a desk reaches it: calls that are asked again with the same words, streams that come back.

Promises the desk that a repeat never does a thing twice (the command id stays the same), that many desks do not come
back in one moment (full jitter), and that every wait has a limit.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc.aio

from kindline.client.errors import DeskUnreachable, may_pass, refusal_of
from kindline.runtime.identities import fresh_id

R = TypeVar("R")

CALL_SECONDS = 5.0
SHORTEST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
OPTIONS = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
)


class Pauses:
    """Random pauses, each from nothing up to a bound that doubles; `reset` after a success."""

    def __init__(self) -> None:
        """Draw from a generator of its own."""
        self._chance = random.Random(fresh_id())  # noqa: S311 - jitter is no secret.
        self._bound = SHORTEST_PAUSE_SECONDS

    def reset(self) -> None:
        """Begin with short pauses again."""
        self._bound = SHORTEST_PAUSE_SECONDS

    async def pause(self) -> None:
        """Wait a little; longer each time."""
        await asyncio.sleep(self._chance.uniform(0.0, self._bound))
        self._bound = min(LONGEST_PAUSE_SECONDS, self._bound * 2)


def channel(addresses: str) -> grpc.aio.Channel:
    """A channel to one `host:port`, or to the first of several by comma (IPv4) that answers."""
    several = [address.strip() for address in addresses.split(",")]
    target = several[0] if len(several) == 1 else "ipv4:" + ",".join(several)
    return grpc.aio.insecure_channel(target, options=OPTIONS)


async def ask(call: Callable[..., Awaitable[R]], request: object, token: str, limit: float) -> R:
    """Ask until there is an answer, `limit` seconds at the longest. Raises DeskRefused, DeskUnreachable."""
    pauses, last = Pauses(), ""
    try:
        async with asyncio.timeout(limit):
            while True:
                try:
                    return await call(request, timeout=min(CALL_SECONDS, limit), metadata=bearer(token))
                except grpc.aio.AioRpcError as error:
                    refusal = refusal_of(error)
                    if not may_pass(error, refusal):
                        raise (refusal or DeskUnreachable(error.details() or error.code().name)) from None
                    last = error.details() or error.code().name
                await pauses.pause()
    except TimeoutError:
        raise DeskUnreachable(f"no answer within {limit:g} s: {last or 'nobody listens'}") from None


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """The metadata that says who is calling."""
    return (("authorization", f"Bearer {token}"),) if token else ()


class SessionLost(Exception):
    """The stream said that the session is over."""

    def __init__(self, *, superseded: bool) -> None:
        """Keep whether another front end took over."""
        super().__init__("superseded" if superseded else "ended")
        self.superseded = superseded


async def keep_open(
    open_stream: Callable[[], Any], hear: Callable[[Any], None], interrupted: Callable[[str], None]
) -> None:
    """Keep a stream open for ever; `hear` is given each frame, `interrupted` why it has to come back.

    Raises SessionLost when only a new sign-in helps, and DeskRefused for any other refusal that is final.
    """
    pauses = Pauses()
    while True:
        reason = "the stream ended"
        try:
            async for frame in open_stream():
                pauses.reset()
                hear(frame)
        except grpc.aio.AioRpcError as error:
            refusal = refusal_of(error)
            if refusal is not None and refusal.reason in {"SESSION_SUPERSEDED", "SESSION_ENDED"}:
                raise SessionLost(superseded=refusal.reason == "SESSION_SUPERSEDED") from None
            if not may_pass(error, refusal):
                raise (refusal or DeskUnreachable(error.details() or error.code().name)) from None
            reason = error.details() or error.code().name
        interrupted(reason)
        await pauses.pause()
