"""The limits that every client of the broker keeps."""

from typing import Final

ROUND_TRIP_SECONDS: Final = 2.0
"""The limit of one request and its answer."""
DELIVERY_SECONDS: Final = 5.0
"""The limit of one append (DESIGN 4.2)."""
ATTEMPT_SECONDS: Final = 2.5
"""The limit of one attempt to append, so that one lost request can be repeated within the delivery's limit."""
LARGEST_REQUEST: Final = 9 * 1024 * 1024
"""Bytes; a topic takes 8 MiB at most, and the request is a little larger than its record."""
