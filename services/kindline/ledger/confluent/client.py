"""What every client of librdkafka is told, and where its log goes."""

from __future__ import annotations

import logging
from typing import Any, Final

from kindline.ledger.clients.limits import ROUND_TRIP_SECONDS

LIBRARY_LOG: Final = logging.getLogger("kindline.ledger.confluent.librdkafka")
"""librdkafka's own words; without it they would go to the standard error output."""


def common_settings(bootstrap: str, client_name: str) -> dict[str, Any]:
    """The settings that producers and consumers share."""
    return {
        "bootstrap.servers": bootstrap,
        "client.id": client_name,
        "allow.auto.create.topics": False,
        "enable.metrics.push": False,
        "log.connection.close": False,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "socket.connection.setup.timeout.ms": int(ROUND_TRIP_SECONDS * 1000),
        "socket.keepalive.enable": True,
        "socket.nagle.disable": True,
    }
