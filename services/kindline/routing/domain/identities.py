"""Which events were seen: exact, in hourly buckets, so that a copy of an event changes nothing (DESIGN 4.6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from kindline.language.ids import Instant
from kindline.language.snapshot import IdentityRow

HOUR = 3_600.0
OPENINGS_KEPT_HOURS = 8 * 24
OTHERS_KEPT_HOURS = 24
WIDTH = 16
ROW = 4_096
"""Identities in one row of a snapshot: 64 KiB."""


class Identities:
    """The identities of events that were taken in, each for its time."""

    __slots__ = ("_buckets", "_hour", "_seen")

    def __init__(self) -> None:
        """Begin with none."""
        self._buckets: dict[tuple[int, bool], list[bytes]] = {}
        self._seen: set[bytes] = set()
        self._hour = -1

    def __contains__(self, identity: bytes) -> bool:
        """Whether an event of this identity was taken in."""
        return _exact(identity) in self._seen

    def add(self, identity: bytes, *, opening: bool, at: Instant) -> None:
        """Remember an identity; forget, once an hour, those whose time is over."""
        hour = int(at // HOUR)
        if hour > self._hour:
            self._forget(hour)
        identity = _exact(identity)
        if identity not in self._seen:
            self._seen.add(identity)
            self._buckets.setdefault((hour, opening), []).append(identity)

    def rows(self) -> Iterator[IdentityRow]:
        """All that is remembered now, in an order that restoring keeps, whatever comes while they are taken."""
        buckets = [(key, found, len(found)) for key, found in sorted(self._buckets.items())]
        return (
            IdentityRow(hour=hour, opening=opening, identities=b"".join(found[start : min(start + ROW, count)]))
            for (hour, opening), found, count in buckets
            for start in range(0, count, ROW)
        )

    def restore(self, row: IdentityRow) -> None:
        """Take back one row."""
        found = [row.identities[start : start + WIDTH] for start in range(0, len(row.identities), WIDTH)]
        self._buckets.setdefault((row.hour, row.opening), []).extend(found)
        self._seen.update(found)
        self._hour = max(self._hour, row.hour)

    def _forget(self, hour: int) -> None:
        self._hour = hour
        for bucket in list(self._buckets):
            kept = OPENINGS_KEPT_HOURS if bucket[1] else OTHERS_KEPT_HOURS
            if hour - bucket[0] > kept:
                self._seen.difference_update(self._buckets.pop(bucket))


def _exact(identity: bytes) -> bytes:
    """16 bytes, whatever a relay's header said."""
    return identity if len(identity) == WIDTH else hashlib.blake2b(identity, digest_size=WIDTH).digest()
