"""What every client of librdkafka is told, and where its log goes."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from kindline.ledger.clients.limits import ROUND_TRIP_SECONDS

SELDOM_SECONDS: Final = 30.0


class Seldom(logging.Filter):
    """Lets one word of each kind through in 30 s: librdkafka repeats itself with every attempt of every client."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        super().__init__()
        self._said: dict[object, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this is to be heard; the kind is librdkafka's own, such as FAIL, and there are few of them."""
        kind = record.args[0] if isinstance(record.args, tuple) and record.args else record.msg
        now = time.monotonic()
        if now - self._said.get(kind, -SELDOM_SECONDS) < SELDOM_SECONDS:
            return False
        self._said[kind] = now
        return True


LIBRARY_LOG: Final = "kindline.ledger.confluent.librdkafka"


def library_log() -> logging.Logger:
    """Where librdkafka's own words go; without it they would go to the standard error output."""
    log = logging.getLogger(LIBRARY_LOG)
    if not log.handlers:
        log.addFilter(Seldom())
        log.addHandler(logging.NullHandler())  # A command that sets up no log says in its own words what is wrong.
    return log


def common_settings(bootstrap: str, client_name: str) -> dict[str, Any]:
    """The settings that producers and consumers share."""
    return {
        "bootstrap.servers": bootstrap,
        "client.id": client_name,
        "allow.auto.create.topics": False,
        "enable.metrics.push": False,
        "log.connection.close": False,
        # A partition that was without a leader for a moment is asked for again by then; the default is five minutes.
        "topic.metadata.refresh.interval.ms": 10_000,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "socket.connection.setup.timeout.ms": int(ROUND_TRIP_SECONDS * 1000),
        "socket.keepalive.enable": True,
        "socket.nagle.disable": True,
    }
