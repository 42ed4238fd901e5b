"""The admin port: /live, /ready and /metrics, from a thread of its own.

Promises probes an answer even while the event loop is busy; /live tells how long the loop has been silent, which no
answer from the loop itself could. Loopback by default: nothing here asks who is calling.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

LONGEST_SILENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class AdminPages:
    """Where the answers come from."""

    loop_silent_seconds: Callable[[], float]
    troubles: Callable[[], Mapping[str, str]]
    metrics: Callable[[], bytes]

    def answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, content type and body for a path."""
        if path == "/live":
            silent = self.loop_silent_seconds()
            status = HTTPStatus.OK if silent < LONGEST_SILENCE_SECONDS else HTTPStatus.SERVICE_UNAVAILABLE
            return status, "application/json", _json({"event_loop_silent_seconds": round(silent, 3)})
        if path == "/ready":
            troubles = dict(self.troubles())
            status = HTTPStatus.SERVICE_UNAVAILABLE if troubles else HTTPStatus.OK
            return status, "application/json", _json({"ready": not troubles, "troubles": troubles})
        if path == "/metrics":
            return HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", self.metrics()
        return HTTPStatus.NOT_FOUND, "application/json", _json({"pages": ["/live", "/ready", "/metrics"]})


class AdminServer:
    """Serves the pages between start and close; made by `AdminServer.listen`."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        """Take over a server that listens already."""
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="admin", daemon=True)
        self._thread.start()

    @classmethod
    def listen(cls, host: str, port: int, pages: AdminPages) -> Self:
        """Listen on this address. Raises OSError when it cannot be had."""
        handler = type("AdminHandler", (_Handler,), {"pages": pages})
        return cls(_Server((host, port), handler))

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(1.0)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Left to itself the kernel would let a restart wait a minute for its own port.
    allow_reuse_address = True


class _Handler(BaseHTTPRequestHandler):
    pages: AdminPages
    timeout = 10.0

    def do_GET(self) -> None:
        """Answer one page."""
        status, kind, body = self.pages.answer(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's.
        """A probe every few seconds is no news."""


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"
