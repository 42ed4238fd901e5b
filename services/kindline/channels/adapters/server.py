"""Runs the HTTP edge inside the room's process.

Promises that the port is taken before the room says it has started, that signals stay with the runtime, and that a
frame or a header which is too large ends its own connection only.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from kindline.channels.adapters.chat_socket import PING_SECONDS
from kindline.channels.adapters.wire import LONGEST_FRAME
from kindline.runtime.rpc import CannotListen

BACKLOG = 2_048
CLOSE_SECONDS = 2


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the runtime stops every process the same way."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """One listening socket and the server behind it."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        """Take the port; 0 takes a free one. Raises CannotListen."""
        try:
            self._socket = socket.create_server((host, port), backlog=BACKLOG)
        except OSError as error:
            raise CannotListen(
                f"channels cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}; "
                "set KINDLINE_CHANNELS_PORT or stop the other process"
            ) from None
        self._server = _Server(
            uvicorn.Config(
                app,
                ws="websockets-sansio",
                ws_max_size=LONGEST_FRAME,
                ws_ping_interval=PING_SECONDS,
                ws_ping_timeout=PING_SECONDS,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=CLOSE_SECONDS,
            )
        )

    @property
    def port(self) -> int:
        """The port that was taken."""
        port: int = self._socket.getsockname()[1]
        return port

    async def run(self) -> None:
        """Serve until cancelled; then close every connection, which takes two seconds at the longest."""
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            self._server.should_exit = True
            await serving
            raise
