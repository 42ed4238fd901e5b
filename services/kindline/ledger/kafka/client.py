"""What every client of the broker is told: limits, and the check that the fast checksum is there."""

from __future__ import annotations

import importlib.util
from typing import Any, Final

import kafka

from kindline.ledger.clients.limits import ROUND_TRIP_SECONDS

LEAST_VERSION: Final = (3, 0, 11)


class ClientIncomplete(ImportError):
    """A package is missing or too old, so that this process would be slow or wrong; the message says what to do."""


class AddressWrong(ValueError):
    """Where Kafka is said to be is no address; the message says what one looks like."""


def check_client() -> None:
    """Refuse to start on a client that is too old, or several times too slow. Raises ClientIncomplete."""
    if tuple(int(part) for part in kafka.__version__.split(".")[:3]) < LEAST_VERSION:
        least = ".".join(map(str, LEAST_VERSION))
        raise ClientIncomplete(f"kafka-python {kafka.__version__} is too old: install kafka-python>={least}")
    if importlib.util.find_spec("crc32c") is None:
        raise ClientIncomplete("without the package crc32c reading is six times slower: install crc32c")


def common_settings(bootstrap: str, client_name: str) -> dict[str, Any]:
    """The settings that producers, consumers and the administration share. Raises AddressWrong."""
    return {
        "bootstrap_servers": [_checked(address.strip()) for address in bootstrap.split(",")],
        "client_id": client_name,
        "reconnect_backoff_max_ms": 500,
        "request_timeout_ms": int(ROUND_TRIP_SECONDS * 1000),
        "bootstrap_timeout_ms": int(ROUND_TRIP_SECONDS * 1000),
    }


def _checked(address: str) -> str:
    host, colon, port = address.rpartition(":")
    # A host alone, or a bracketed IPv6 one, will do: the client takes Kafka's own port then.
    if not address or (colon and not address.endswith("]") and not (host and port.isdecimal())):
        raise AddressWrong(f"{address!r} is no host:port, such as 127.0.0.1:9092")
    return address
