"""The HTTP edge: the chat page and its files, the chat socket, and the web hooks.

Promises that a page of another origin cannot connect unless the settings name it, and that every page is sent with a
content security policy under which only our own files run.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from importlib.resources import files
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from kindline.channels.adapters.chat_socket import ChatSocket, Lobby
from kindline.channels.adapters.hook_in import HookDesk
from kindline.channels.domain.chat import SUBPROTOCOL

PAGES = ("index.html", "chat.css", "chat.js", "words.js", "icon.svg")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}


def make_app(lobby: Lobby, hooks: HookDesk) -> Starlette:
    """Put the routes together."""
    door = ChatDoor(lobby)
    pages = [Route(f"/{name}", _page(name)) for name in PAGES]
    return Starlette(
        routes=[
            Route("/", _page("index.html")),
            *pages,
            WebSocketRoute("/chat", door.enter),
            Route("/hooks/{tenant}/{pool}/{entry_point}", hooks.receive, methods=["POST"]),
        ]
    )


class ChatDoor:
    """Decides who may open a chat socket at all."""

    def __init__(self, lobby: Lobby) -> None:
        """Guard the way to this lobby."""
        self._lobby = lobby

    async def enter(self, socket: WebSocket) -> None:
        """Let a socket in and serve it, or turn it away with an HTTP status."""
        lobby = self._lobby
        if not self._origin_is_known(socket):
            await self._turn_away(socket, 403, "origin", "Pages of this origin may not connect here.")
        elif SUBPROTOCOL not in socket.scope.get("subprotocols", []):
            await self._turn_away(socket, 400, "subprotocol", f"Ask for the subprotocol {SUBPROTOCOL}.")
        elif lobby.attendance.connected >= lobby.settings.most_connections:
            await self._turn_away(socket, 503, "full", "Too many people are here; please come back in a moment.")
        else:
            await self._serve(socket)

    async def _serve(self, socket: WebSocket) -> None:
        lobby = self._lobby
        lobby.attendance.connected += 1
        lobby.numbers.sockets.set(lobby.attendance.connected)
        try:
            await socket.accept(SUBPROTOCOL)
            await ChatSocket(socket, lobby).serve()
        finally:
            lobby.attendance.connected -= 1
            lobby.numbers.sockets.set(lobby.attendance.connected)

    def _origin_is_known(self, socket: WebSocket) -> bool:
        """Browsers always name the origin; a program that names none is no page that could be misled."""
        origin = socket.headers.get("origin", "").rstrip("/").lower()
        if not origin or origin in self._lobby.settings.origins:
            return True
        return urlsplit(origin).netloc == socket.headers.get("host", "").lower()

    async def _turn_away(self, socket: WebSocket, status: int, reason: str, words: str) -> None:
        self._lobby.numbers.refused.labels(reason).inc()
        await socket.send_denial_response(PlainTextResponse(words, status))


def _page(name: str) -> Callable[[Request], Awaitable[Response]]:
    """Serve one file of the page, read once at start: a file that is not named here does not exist."""
    body = files("kindline.channels").joinpath("page", name).read_bytes()
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"

    async def serve(_request: Request) -> Response:
        return Response(body, media_type=media_type, headers=HEADERS)

    return serve
