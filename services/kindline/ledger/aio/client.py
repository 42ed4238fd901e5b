"""What every client of aiokafka is told."""

from __future__ import annotations

from typing import Any, Final

CLOSE_SECONDS: Final = 1.0
"""How long connections may take to close; a loop that ends before would leave them open."""


def common_settings(bootstrap: str, client_name: str, request_seconds: float) -> dict[str, Any]:
    """The settings that producers and consumers share, and the limit of one request and its answer."""
    return {
        "bootstrap_servers": [address.strip() for address in bootstrap.split(",")],
        "client_id": client_name,
        "request_timeout_ms": int(request_seconds * 1000),
    }
