"""Takes in signed web hooks: POST /hooks/{tenant}/{pool}/{entry_point}, Standard Webhooks 1.0.

Promises senders 202 only after the ledger acknowledged, and 503 with Retry-After when it did not; a repeat under the
same webhook-id changes nothing. A wrong signature and an unknown address look the same from outside: 401, no detail.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from kindline.channels.adapters.following import Following
from kindline.channels.adapters.metrics import Numbers
from kindline.channels.adapters.publishing import RETRY_SECONDS, NeverStored, NotStored, Publisher
from kindline.channels.adapters.settings import ChannelSettings
from kindline.channels.domain.hook_fields import BodyUnreadable
from kindline.channels.domain.hooks import Incoming, read_hook
from kindline.channels.domain.identities import HOOK_SOURCE, hook_event
from kindline.channels.domain.signing import SignatureStale, SignatureWrong, verify
from kindline.language.content import Channel
from kindline.language.events import InteractionEvent
from kindline.runtime.clock import System

LARGEST_BODY = 262_144
BODY_SECONDS = 10.0
CHANNEL = "web_hook"


class Refused(Exception):
    """The answer is no: a status, the word for the metric, and words for the sender."""

    def __init__(self, status: int, result: str, words: str) -> None:
        """Keep all three."""
        super().__init__(words)
        self.status = status
        self.result = result


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDesk:
    """Where signed web hooks come in."""

    settings: ChannelSettings
    system: System
    publisher: Publisher
    following: Following
    numbers: Numbers

    async def receive(self, request: Request) -> Response:
        """Answer one web hook."""
        try:
            await self._receive(request)
        except Refused as refused:
            self.numbers.web_hooks.labels(CHANNEL, refused.result).inc()
            words = {"error": str(refused)} if str(refused) else {}
            later = {"Retry-After": str(RETRY_SECONDS)} if refused.status == 503 else {}  # noqa: PLR2004 - HTTP's own
            return JSONResponse(words, refused.status, headers=later)
        except ClientDisconnect:
            self.numbers.web_hooks.labels(CHANNEL, "slow").inc()
            return Response(status_code=408)
        self.numbers.web_hooks.labels(CHANNEL, "accepted").inc()
        return JSONResponse({}, 202)

    async def _receive(self, request: Request) -> None:
        tenant, name, entry_point = (request.path_params[part] for part in ("tenant", "pool", "entry_point"))
        pool = f"{tenant}/{name}"
        body = await _body(request)
        keys = self.settings.hook_keys.get(f"{pool}/{entry_point}", ())
        try:
            webhook_id = verify(keys, request.headers, body, self.system.wall())
        except SignatureStale:
            raise Refused(401, "stale", "") from None
        except SignatureWrong:
            raise Refused(401, "bad_signature", "") from None
        self._know(pool, entry_point)
        try:
            incoming = read_hook(body, webhook_id=webhook_id, tenant=tenant)
        except BodyUnreadable as error:
            raise Refused(400, "malformed", f"{error}; see the README of channels") from None
        await self._publish(pool, entry_point, webhook_id, incoming)

    def _know(self, pool: str, entry_point: str) -> None:
        """A plan that is known and has no such address is told to the sender; while it is unknown the engine judges."""
        fold = self.following.of(pool)
        entry = fold.entry_point(pool, entry_point)
        wrong = entry.channel is not Channel.WEB_HOOK if entry else fold.plan(pool) is not None
        if wrong:
            raise Refused(404, "unknown", f"the plan of {pool} has no web hook entry point {entry_point}")

    async def _publish(self, pool: str, entry_point: str, webhook_id: str, incoming: Incoming) -> None:
        endpoint = f"{pool}/{entry_point}"
        for happening in incoming.happenings:
            event = InteractionEvent(pool=pool, entry_point=entry_point, thread=incoming.thread, event=happening.event)
            event_id = hook_event(endpoint, webhook_id, happening.kind)
            try:
                await self.publisher.publish(event, source=HOOK_SOURCE, event_id=event_id, channel=CHANNEL)
            except NotStored:
                raise Refused(503, "unavailable", "the ledger is away; send it again") from None
            except NeverStored:
                raise Refused(413, "too_large", "the ledger does not take an event of this size") from None


async def _body(request: Request) -> bytes:
    """The raw body, at most LARGEST_BODY bytes within BODY_SECONDS."""
    length = request.headers.get("content-length", "")
    too_large = Refused(413, "too_large", f"a web hook holds at most {LARGEST_BODY} bytes")
    if length.isdigit() and int(length) > LARGEST_BODY:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise too_large
    except TimeoutError:
        raise Refused(408, "slow", f"the body took more than {BODY_SECONDS:g} s") from None
    return bytes(body)
