"""Which events were seen: exact, in hourly buckets, so that a copy of an event changes nothing (DESIGN 4.6).

A whole hour's are forgotten at once, as nobody but the clock of the facts decides. What they leave in memory is cleared
away a few at a time, with each that comes: an hour may have had a million.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice
from operator import length_hint

from kindline.language.ids import Instant
from kindline.language.snapshot import IdentityRow
from kindline.routing.domain.shelves import HANDFUL, Shelves

Bucket = tuple[int, bool]
"""Hour, and whether of opening events."""

HOUR = 3_600.0
OPENINGS_KEPT_HOURS = 8 * 24
OTHERS_KEPT_HOURS = 24
WIDTH = 16
CLEARED = 32
"""Forgotten identities that are cleared away when one comes: more than come, so that they never pile up."""
ROW = 4_096
"""Identities in one row of a snapshot: 64 KiB."""


class Identities:
    """The identities of events that were taken in, each for its time."""

    __slots__ = ("_buckets", "_going", "_hour", "_latest", "_seen")

    def __init__(self) -> None:
        """Begin with none."""
        self._buckets: dict[Bucket, list[bytes]] = {}
        self._seen: Shelves[bytes, Bucket] = Shelves()
        self._going: list[tuple[Bucket, Iterator[bytes]]] = []
        """Forgotten: in no bucket, and not cleared out of `_seen` yet."""
        self._hour = -1
        self._latest: tuple[Bucket, Bucket] = ((-1, False), (-1, True))
        """Those of the latest hour that began while events were taken in, one copy for all who are in them."""

    def __contains__(self, identity: bytes) -> bool:
        """Whether an event of this identity was taken in."""
        bucket = self._seen.get(_exact(identity))
        return bucket is not None and not _is_over(bucket, self._hour)

    def add(self, identity: bytes, *, opening: bool, at: Instant) -> None:
        """Remember an identity; forget, once an hour, those whose time is over."""
        hour = int(at // HOUR)
        if hour > self._hour:
            self._forget(hour)
        if self._going:
            self._clear()
        if len(identity) != WIDTH:
            identity = _exact(identity)
        seen = self._seen.of(identity)
        known = seen.get(identity)
        if known is None or _is_over(known, self._hour):
            bucket = self._latest[opening]
            if bucket[0] != hour:
                self._latest = ((hour, False), (hour, True))
                bucket = self._latest[opening]
            self._buckets.setdefault(bucket, []).append(identity)
            seen[identity] = bucket

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
        bucket = (row.hour, row.opening)
        self._buckets.setdefault(bucket, []).extend(found)
        for identity in found:
            self._seen[identity] = bucket
        self._hour = max(self._hour, row.hour)

    def emptying(self) -> Iterator[None]:
        """Forget all of them, a handful at each step."""
        yield from self._seen.emptying()
        for found in self._buckets.values():
            while found:
                del found[-HANDFUL:]
                yield

    def _forget(self, hour: int) -> None:
        self._hour = hour
        for bucket in [one for one in self._buckets if _is_over(one, hour)]:
            self._going.append((bucket, iter(self._buckets.pop(bucket))))

    def _clear(self) -> None:
        bucket, left = self._going[-1]
        for identity in islice(left, CLEARED):
            if self._seen.get(identity) == bucket:  # If not, it has come again since.
                del self._seen[identity]
        if not length_hint(left):
            self._going.pop()


def _is_over(bucket: Bucket, hour: int) -> bool:
    kept = OPENINGS_KEPT_HOURS if bucket[1] else OTHERS_KEPT_HOURS
    return hour - bucket[0] > kept


def _exact(identity: bytes) -> bytes:
    """16 bytes, whatever a relay's header said."""
    return identity if len(identity) == WIDTH else hashlib.blake2b(identity, digest_size=WIDTH).digest()
