"""Snapshots of a shard's counted state: parts under a fresh id, a manifest last, all but the newest two tombstoned.

Promises readers that newest_whole() gives a state that is complete, that hashes to what its manifest says, and whose
every fact counts; and owners that writing one takes a few milliseconds of the loop at a time and a fifth of it in all,
and that finding out which are whole gives it back as often, however large the state is.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kindline.language.graph import WAITING
from kindline.language.snapshot import (
    IdentityRow,
    InteractionRow,
    QueueCount,
    SnapshotManifest,
    SnapshotPart,
    SnapshotRow,
)
from kindline.ledger.codec import decode_snapshot, encode
from kindline.ledger.codec.errors import Undecodable
from kindline.ledger.codec.parts import RowsOfParts
from kindline.ledger.port import Ledger, Partition, Record, Writer
from kindline.ledger.slices import SECONDS_AT_ONCE
from kindline.ledger.topics import SNAPSHOTS
from kindline.ledger.whole import whole_records

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

log = logging.getLogger("kindline.ledger.snapshots")

BYTES_PER_PART = 256 * 1024
"""A part is joined at once, in memory that the system hands over page by page: 1 MiB took the loop for 4 to 60 ms."""
ROWS_PER_SLICE = 20
RESTS = 4.0  # So many times as long as it worked does a writer rest: each step of a decision waits for it on the loop.
KEPT = 2
BYTES_PER_IDENTITY = 16
IDENTITIES_PER_ROW = 16_384


@dataclass(frozen=True, slots=True)
class Whole:
    """A complete snapshot; who shares their loop goes through its rows in slices."""

    manifest: SnapshotManifest
    rows: RowsOfParts


@dataclass(slots=True)
class Found:
    """What the topic holds of one snapshot."""

    keys: set[bytes] = field(default_factory=set)
    values: list[bytes] = field(default_factory=list)
    manifest: SnapshotManifest | None = None
    parts: int = 0
    digest: Hash = field(default_factory=hashlib.sha256)
    broken: bool = False

    def part(self, number: int, value: bytes, *, keep: bool) -> None:
        """A part, which an owner writes after those before it; kept only for who wants to read it."""
        if number != self.parts:
            self.broken = True
            return
        self.parts += 1
        self.digest.update(value)
        if keep:
            self.values.append(value)

    def whole(self) -> bool:
        """Whether every part is there and hashes to what the manifest says."""
        manifest = self.manifest
        if manifest is None or self.broken or self.parts != manifest.parts:
            return False
        return self.digest.digest() == manifest.sha256


async def newest_whole(ledger: Ledger, shard: int) -> Whole | None:
    """The newest complete snapshot of a shard, None if there is none. Raises LedgerUnavailable."""
    return await newest_whole_before(ledger, shard, None)


async def newest_whole_before(ledger: Ledger, shard: int, offset: int | None) -> Whole | None:
    """The newest complete snapshot that a log can be read on from at this offset or before it, None if there is none.

    With None any offset will do. Raises LedgerUnavailable.
    """
    newest = _newest_first(await _found(ledger, shard, keep=True))
    if offset is not None:
        newest = [found for found in newest if found.manifest and found.manifest.next_offset <= offset]
    if not newest:
        return None
    manifest = newest[0].manifest
    assert manifest is not None  # noqa: S101  # _newest_first gives whole ones only; this tells the type checker.
    return Whole(manifest, RowsOfParts(newest[0].values))


async def whole_manifests(ledger: Ledger, shard: int) -> list[SnapshotManifest]:
    """The manifests of the complete snapshots of a shard, newest first. Raises LedgerUnavailable."""
    return [found.manifest for found in _newest_first(await _found(ledger, shard, keep=False)) if found.manifest]


async def write_snapshot(
    ledger: Ledger, writer: Writer, shard: int, *, manifest: SnapshotManifest, rows: Iterable[SnapshotRow]
) -> SnapshotManifest:
    """Write the rows, then the manifest with what they add up to, then tombstone what is older than the newest two.

    `rows` and `manifest` must be of one moment, and no later decision may change them; the parts, their hash and the
    counts of the queues are put into the manifest here. Gives the manifest as written.
    Raises AppendUnknown, AppendRefused, LedgerUnavailable; what was written of it is then no snapshot, and is
    tombstoned by the next one.
    """
    partition, digest, count = Partition(SNAPSHOTS, shard), hashlib.sha256(), 0
    queues: Counter[tuple[str, str]] = Counter()
    async for value in encoded_parts(_counting(rows, queues)):
        digest.update(value)
        await writer.append(partition, _key(shard, manifest.snapshot_id, f"{count:06d}"), value)
        count += 1
    counts = tuple(QueueCount(pool=pool, queue=queue, count=n) for (pool, queue), n in sorted(queues.items()))
    written = replace(manifest, parts=count, sha256=digest.digest(), queue_counts=counts)
    await writer.append(partition, _key(shard, manifest.snapshot_id, "manifest"), encode(written))
    await _tombstone(ledger, writer, partition)
    return written


def _counting(rows: Iterable[SnapshotRow], queues: Counter[tuple[str, str]]) -> Iterator[SnapshotRow]:
    """The rows as they are, while those who wait or are offered are counted by pool and queue."""
    for row in rows:
        if isinstance(row, InteractionRow) and row.state in WAITING:
            queues[row.received.pool, row.queued.queue if row.queued else row.received.queue] += 1
        yield row


async def _tombstone(ledger: Ledger, writer: Writer, partition: Partition) -> None:
    """Let compaction take all that no reader will ask for any more."""
    found = await _found(ledger, partition.number, keep=False)
    kept = [id(one) for one in _newest_first(found)[:KEPT]]
    for one in found.values():
        if id(one) not in kept:
            for key in sorted(one.keys):
                await writer.append(partition, key, None)


def _newest_first(found: dict[str, Found]) -> list[Found]:
    whole = [one for one in found.values() if one.manifest is not None and one.whole()]
    return sorted(whole, key=lambda one: one.manifest.next_offset if one.manifest else 0, reverse=True)


async def _found(ledger: Ledger, shard: int, *, keep: bool) -> dict[str, Found]:
    """All that the topic holds of this shard, by snapshot id; the parts themselves only where they are wanted."""
    found: dict[str, Found] = {}
    bounds = await ledger.bounds([Partition(SNAPSHOTS, shard)])
    async for record in whole_records(ledger, bounds):
        _, slash, place = (record.key or b"").decode(errors="replace").partition("/")
        snapshot_id, _, part = place.partition("/")
        if not slash or not part:
            continue  # No key of ours: whoever wrote it must not keep every reader from starting.
        one = found.setdefault(snapshot_id, Found())
        if record.value is None:
            one.keys.discard(record.key or b"")
            one.broken = True
            continue
        one.keys.add(record.key or b"")
        if part.isdecimal():
            one.part(int(part), record.value, keep=keep)
            await asyncio.sleep(0)
        else:
            one.manifest = _manifest(record)
    return {snapshot_id: one for snapshot_id, one in found.items() if one.keys}


def _manifest(record: Record) -> SnapshotManifest | None:
    try:
        manifest = decode_snapshot(record.value or b"")
    except Undecodable as problem:
        log.warning("the manifest at offset %d cannot be read: %s", record.offset, problem)
        return None
    return manifest if isinstance(manifest, SnapshotManifest) else None


async def encoded_parts(rows: Iterable[SnapshotRow]) -> AsyncIterator[bytes]:
    """The rows as parts of at most BYTES_PER_PART each, unless a single row is larger.

    Slices of rows are encoded one by one and joined as bytes: protobuf merges joined messages, so a part is one message
    whose rows run on. A conversation of many words takes as long as hundreds who wait, so the loop is given back
    whenever so much time has passed, and for longer than it was taken.
    """
    number, waiting, size = 0, list[bytes](), 0
    clock = asyncio.get_running_loop().time
    begun = clock()
    for some in _slices(rows):
        for encoded in _encoded_slices(some):
            if waiting and size + len(encoded) > BYTES_PER_PART:
                part = b"".join((*waiting, encode(SnapshotPart(part=number))))
                number, waiting, size = number + 1, [], 0
                given = clock()
                yield part
                begun += clock() - given  # What the ledger took for it was no work, but what came before was.
            waiting.append(encoded)
            size += len(encoded)
        if (worked := clock() - begun) >= SECONDS_AT_ONCE:
            await asyncio.sleep(RESTS * worked)
            begun = clock()
    if waiting:
        yield b"".join((*waiting, encode(SnapshotPart(part=number))))


def _encoded_slices(some: tuple[SnapshotRow, ...]) -> list[bytes]:
    """A slice encoded, halved until each piece fits into a part: a conversation of many words makes a long row."""
    encoded = encode(SnapshotPart(part=0, rows=some))
    if len(encoded) <= BYTES_PER_PART or len(some) == 1:
        return [encoded]
    middle = len(some) // 2
    return _encoded_slices(some[:middle]) + _encoded_slices(some[middle:])


def _slices(rows: Iterable[SnapshotRow]) -> Iterator[tuple[SnapshotRow, ...]]:
    some: list[SnapshotRow] = []
    for row in rows:
        for piece in _pieces(row):
            some.append(piece)
            if len(some) >= ROWS_PER_SLICE or isinstance(piece, IdentityRow):
                yield tuple(some)
                some = []
    if some:
        yield tuple(some)


def _pieces(row: SnapshotRow) -> Iterator[SnapshotRow]:
    """A busy hour has more identities than a part may hold, so their row is given in pieces; a set does not mind."""
    step = IDENTITIES_PER_ROW * BYTES_PER_IDENTITY
    if isinstance(row, IdentityRow) and len(row.identities) > step:
        for start in range(0, len(row.identities), step):
            yield replace(row, identities=row.identities[start : start + step])
    else:
        yield row


def _key(shard: int, snapshot_id: str, part: str) -> bytes:
    return f"{shard}/{snapshot_id}/{part}".encode()
