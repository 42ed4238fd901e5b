"""Frames in and out of one socket, within limits.

Promises that whatever arrives becomes a frame, a BadFrame or the end of this socket, and that a page which reads too
slowly is let go instead of waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json

from starlette.websockets import WebSocket, WebSocketDisconnect

from kindline.channels.adapters.metrics import Numbers
from kindline.channels.domain import chat
from kindline.channels.domain.pacing import Rate, full, take
from kindline.runtime.clock import System

LONGEST_FRAME = 65_536
SEND_SECONDS = 20.0
FRAMES = Rate(burst=60.0, per_second=20.0)
MOST_MISTAKES = 20

TOO_BIG, RESTARTING, FAILED, TRY_LATER = 1009, 1012, 1011, 1013
BAD_FRAMES, UNKNOWN_PLACE, NO_HELLO, TOO_FAST = 4400, 4404, 4408, 4429
"""Close codes: those of RFC 6455, and our own, which borrow HTTP's meaning."""


class Over(Exception):
    """The socket is to be closed with this code and these words."""

    def __init__(self, code: int, words: str) -> None:
        """Keep both."""
        super().__init__(words)
        self.code = code


class Wire:
    """One accepted socket."""

    def __init__(self, socket: WebSocket, system: System, numbers: Numbers) -> None:
        """Take it over."""
        self._socket = socket
        self._system = system
        self._numbers = numbers
        self._sending = asyncio.Lock()
        self._bucket = full(FRAMES, system.monotonic())
        self._mistakes = 0

    async def frame(self) -> chat.Frame:
        """The next frame; what is none is answered with an error. Raises Over, WebSocketDisconnect."""
        while True:
            try:
                return chat.parse(await self._text())
            except chat.BadFrame as bad:
                await self.mistake(bad)

    async def mistake(self, bad: chat.BadFrame) -> None:
        """Tell the page what is wrong with its frame. Raises Over when it was told too often."""
        self._mistakes += 1
        self._numbers.frames.labels("malformed").inc()
        await self.send({"type": "error", "code": bad.code, "message": str(bad)})
        if self._mistakes >= MOST_MISTAKES:
            raise self.refusal("abuse", BAD_FRAMES, "Too many frames that are none.")

    async def send(self, frame: dict[str, object]) -> None:
        """Send one frame. Raises Over when the page does not read."""
        # ASCII only: half a surrogate pair travels as its escape, and no text can break the frame.
        text = json.dumps(frame, separators=(",", ":"))
        try:
            async with self._sending, asyncio.timeout(SEND_SECONDS):
                await self._socket.send({"type": "websocket.send", "text": text})
        except TimeoutError:
            raise Over(TRY_LATER, "This page reads too slowly; please come back in a moment.") from None

    async def close(self, code: int, words: str) -> None:
        """Close the socket, if it is not closed already."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(SEND_SECONDS):
                await self._socket.close(code, words)

    def refusal(self, reason: str, code: int, words: str) -> Over:
        """Count a page that has to go, and the words for it."""
        self._numbers.refused.labels(reason).inc()
        return Over(code, words)

    async def _text(self) -> str:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or 1005)
        self._bucket, wait = take(FRAMES, self._bucket, self._system.monotonic())
        if wait:
            raise self.refusal("abuse", TOO_FAST, "Too many frames at once; please come back in a moment.")
        text: str | None = message.get("text")
        if text is None:
            raise chat.BadFrame("not_text", "A frame must be text.")
        # The server behind this socket has its own limit; this one holds behind any server.
        if len(text) > LONGEST_FRAME or len(text.encode("utf-8", "surrogatepass")) > LONGEST_FRAME:
            raise Over(TOO_BIG, "A frame holds at most 64 KiB.")
        return text
