"""One chat page's socket: from its first frame to its last.

Promises the page `accepted` only after the ledger acknowledged, every line once and in order, and words instead of
silence when something is wrong; promises everybody else that whatever a page sends harms its own socket alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from kindline.channels.adapters.attendance import Accepted, Attendance
from kindline.channels.adapters.departures import Departures
from kindline.channels.adapters.following import Following
from kindline.channels.adapters.metrics import Numbers
from kindline.channels.adapters.publishing import RETRY_SECONDS, NeverStored, NotStored, Publisher
from kindline.channels.adapters.receipts import Receipts
from kindline.channels.adapters.settings import ChannelSettings
from kindline.channels.adapters.wire import (
    BAD_FRAMES,
    FAILED,
    NO_HELLO,
    RESTARTING,
    TRY_LATER,
    UNKNOWN_PLACE,
    Over,
    Wire,
)
from kindline.channels.domain import chat
from kindline.channels.domain.conversation import Conversation
from kindline.channels.domain.conversations import Thread
from kindline.channels.domain.identities import CHAT_SOURCE, page_thread
from kindline.channels.domain.pacing import Rate, full, take
from kindline.channels.domain.saying import farewell, said_event
from kindline.channels.domain.telling import Cursor, resumed, untold
from kindline.channels.domain.visitors import visitor_of, visitor_token
from kindline.language.content import Channel
from kindline.language.ids import tenant_of
from kindline.runtime.clock import System
from kindline.runtime.identities import fresh_id

PING_SECONDS = 25.0
HELLO_SECONDS = 10.0
MESSAGES = Rate(burst=10.0, per_second=2.0)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lobby:
    """What all sockets share."""

    settings: ChannelSettings
    system: System
    publisher: Publisher
    following: Following
    attendance: Attendance
    departures: Departures
    receipts: Receipts
    numbers: Numbers


class ChatSocket:
    """A connected page."""

    def __init__(self, socket: WebSocket, lobby: Lobby) -> None:
        """Take over an accepted socket."""
        self._wire = Wire(socket, lobby.system, lobby.numbers)
        self._lobby = lobby
        self._woken = asyncio.Event()
        self._cursor = Cursor()
        self._available: bool | None = None
        self._dismissed = False
        self._accepted: Accepted | None = None
        self._thread: Thread = ("", "")
        self._hello = chat.NOBODY
        self._messages = full(MESSAGES, lobby.system.monotonic())
        self._seen: dict[tuple[str, bool], int] = {}

    def wake(self) -> None:
        """Look again for something to tell."""
        self._woken.set()

    def dismiss(self) -> None:
        """Ask the page to come back in a moment."""
        self._dismissed = True
        self._woken.set()

    async def serve(self) -> None:
        """Serve the page until it leaves or has to go."""
        try:
            await self._begin()
            await self._attend()
        except Over as over:
            await self._wire.close(over.code, str(over))
        except WebSocketDisconnect:
            pass
        except Exception:
            log.exception("a chat socket failed")
            await self._wire.close(FAILED, "Something went wrong here; please come back in a moment.")

    async def _begin(self) -> None:
        lobby = self._lobby
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                frame = await self._wire.frame()
        except TimeoutError:
            raise self._wire.refusal("hello", NO_HELLO, "The first frame must be hello, within ten seconds.") from None
        if not isinstance(frame, chat.Hello):
            raise self._wire.refusal("hello", BAD_FRAMES, "The first frame must be hello.")
        if not lobby.following.started(frame.pool):
            raise self._wire.refusal("starting", TRY_LATER, "Kindline is starting; please come back in a moment.")
        entry = lobby.following.of(frame.pool).entry_point(frame.pool, frame.entry_point)
        if entry is None or entry.channel is not Channel.CHAT:
            raise self._wire.refusal("entry_point", UNKNOWN_PLACE, "There is no chat at this address.")
        await self._welcome(frame)

    async def _welcome(self, hello: chat.Hello) -> None:
        lobby, tenant = self._lobby, tenant_of(hello.pool)
        secret, wall = lobby.settings.token_secret, lobby.system.wall()
        known = visitor_of(secret, tenant, hello.token, wall) if hello.token else ""
        visitor = known or fresh_id()
        self._hello = hello
        self._thread = (hello.pool, page_thread(hello.entry_point, visitor))
        self._cursor = resumed(
            self._conversation(),
            conversation_id=hello.conversation,
            last_seq=hello.last_seq,
            last_message_id=hello.last_message_id,
        )
        token = visitor_token(secret, tenant, visitor, wall)
        welcome = {"type": "welcome", "token": token, "known": bool(known), "ping_seconds": PING_SECONDS}
        await self._wire.send({**welcome, "longest_text": chat.LONGEST_TEXT})

    async def _attend(self) -> None:
        lobby = self._lobby
        lobby.attendance.enter(self._thread, self)
        self._woken.set()
        telling = asyncio.create_task(self._tell())
        listening = asyncio.create_task(self._listen())
        try:
            done, _ = await asyncio.wait({telling, listening}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            due = lobby.system.monotonic() + lobby.settings.grace_seconds
            lobby.attendance.leave(self._thread, self, due, self._accepted)
            for task in (telling, listening):
                task.cancel()
            await asyncio.gather(telling, listening, return_exceptions=True)

    async def _tell(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PING_SECONDS):
                    await self._woken.wait()
            if not self._woken.is_set():
                await self._wire.send({"type": "ping"})
                continue
            self._woken.clear()
            if self._dismissed:
                raise Over(RESTARTING, "Kindline restarts; please come back in a moment.")
            await self._tell_news()

    async def _tell_news(self) -> None:
        following, pool = self._lobby.following, self._hello.pool
        available = following.current(following.shard(pool))
        if available is not self._available:
            self._available = available
            await self._wire.send({"type": "service", "available": available})
        conversation, before = self._conversation(), self._cursor
        frames, cursor = untold(conversation, before, lambda agent_id: following.of(pool).agent_name(pool, agent_id))
        # The cursor is this socket's own and moves first, so that no receipt overtakes it. What a broken socket did not
        # take is told to the next one, from where the page says it is.
        self._cursor = cursor
        for frame in frames:
            await self._wire.send(frame)
        if conversation is not None:
            begin = before.seq if before.conversation == cursor.conversation else 0
            self._lobby.receipts.sent(conversation, begin, cursor.seq)

    async def _listen(self) -> None:
        while True:
            frame = await self._wire.frame()
            try:
                await self._take(frame)
            except chat.BadFrame as bad:
                await self._wire.mistake(bad)

    async def _take(self, frame: chat.Frame) -> None:
        match frame:
            case chat.Say():
                await self._say(frame)
            case chat.Seen():
                self._see(frame)
            case chat.Leave():
                await self._leave()
            case chat.Hello():
                raise chat.BadFrame("hello_again", "Hello comes once, as the first frame.")
            case chat.Pong():
                self._lobby.numbers.frames.labels("ignored").inc()

    async def _say(self, said: chat.Say) -> None:
        numbers, reference = self._lobby.numbers, said.client_message_id
        self._messages, wait = take(MESSAGES, self._messages, self._lobby.system.monotonic())
        if wait:
            numbers.frames.labels("too_fast").inc()
            await self._wire.send({"type": "slow_down", "client_message_id": reference, "retry_after": round(wait, 2)})
            return
        event_id, event = said_event(self._thread, self._hello, said)
        try:
            await self._lobby.publisher.publish(event, source=CHAT_SOURCE, event_id=event_id, channel="chat")
        except NotStored:
            numbers.frames.labels("unavailable").inc()
            await self._wire.send(_unavailable(reference))
        except NeverStored:
            raise chat.BadFrame("too_long", "This message cannot be stored.") from None
        else:
            self._accepted = Accepted(reference, event_id)
            numbers.frames.labels("accepted").inc()
            await self._wire.send({"type": "accepted", "client_message_id": reference})

    def _see(self, seen: chat.Seen) -> None:
        conversation = self._conversation()
        identity = conversation.received.interaction_id if conversation is not None else ""
        if conversation is None or not seen.conversation == identity == self._cursor.conversation:
            return
        key = (seen.conversation, seen.read)
        upto = min(seen.seq, self._cursor.seq)
        self._lobby.receipts.seen(conversation, self._seen.get(key, 0), upto, read=seen.read)
        self._seen = {known: seq for known, seq in self._seen.items() if known[0] == seen.conversation} | {key: upto}

    async def _leave(self) -> None:
        talk, say = self._conversation(), self._lobby.departures.publish
        identity = talk.received.interaction_id if talk is not None and talk.open else ""
        subject = identity or (self._accepted.event_id if self._accepted else "")
        if subject and not await say(self._thread, identity, subject, farewell(talk)):
            await self._wire.send(_unavailable(""))

    def _conversation(self) -> Conversation | None:
        pool, thread = self._thread
        return self._lobby.following.of(pool).at(pool, thread)


def _unavailable(reference: str) -> dict[str, object]:
    return {"type": "unavailable", "client_message_id": reference, "retry_after": RETRY_SECONDS}
