"""Names that are derived, never drawn: the same event has the same identity wherever it is read, and however often."""

from __future__ import annotations

import functools
import hashlib
import uuid

Instant = float
"""Seconds since 1970-01-01T00:00:00Z."""

INTERACTIONS = uuid.UUID("5bb1e9ac-7bb5-5c53-9d7c-5c2f0f9f4a01")
"""The namespace of interaction ids."""

CLOCKS = uuid.UUID("5bb1e9ac-7bb5-5c53-9d7c-5c2f0f9f4a02")
"""The namespace of SLA clock ids."""

_INTERACTIONS, _CLOCKS = INTERACTIONS.bytes, CLOCKS.bytes


def event_identity(*, tenant: str, source: str, event_id: str) -> bytes:
    """The 16 bytes by which an event is known: equal for every copy of (tenant, ce_source, ce_id)."""
    return hashlib.blake2b(f"{tenant}\0{source}\0{event_id}".encode(), digest_size=16).digest()


def position_identity(*, topic: str, partition: int, offset: int) -> bytes:
    """The 16 bytes by which an event is known that brought no id of its own."""
    return hashlib.blake2b(f"{topic}\0{partition}\0{offset}".encode(), digest_size=16).digest()


def interaction_id(opening: bytes) -> str:
    """The id of the interaction that the event of this identity opens."""
    return _named(_INTERACTIONS, opening.hex())


def offer_id(interaction: str, number: int) -> str:
    """The id of an interaction's offer of this number; the number is the fencing number."""
    return f"{interaction}.{number}"


def clock_id(interaction: str, target: str) -> str:
    """The id of the clock that runs for this promise on this interaction."""
    return _named(_CLOCKS, f"{interaction}\0{target}")


def _named(namespace: bytes, name: str) -> str:
    """What `str(uuid.uuid5(namespace, name))` gives, in a fifth of its time: every arrival waits for it."""
    text = hashlib.sha1(namespace + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(text[16], 16) % 4]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


def tenant_of(pool: str) -> str:
    """The tenant in `tenant/pool`."""
    return pool.partition("/")[0]


@functools.lru_cache(maxsize=4_096)
def shard_of(pool: str, shards: int) -> int:
    """The partition where a pool lives: Kafka's own murmur2 of its name, so that every keyed producer agrees."""
    return (murmur2(pool.encode()) & 0x7FFFFFFF) % shards


def murmur2(data: bytes) -> int:
    """Kafka's variant of MurmurHash2 (seed 0x9747b28c) as an unsigned 32-bit number."""
    multiplier, mask = 0x5BD1E995, 0xFFFFFFFF
    value = 0x9747B28C ^ len(data)
    whole = len(data) & ~3
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * multiplier & mask
        word = (word ^ (word >> 24)) * multiplier & mask
        value = (value * multiplier & mask) ^ word
    rest = data[whole:]
    if rest:
        value = (value ^ int.from_bytes(rest, "little")) * multiplier & mask
    value = (value ^ (value >> 13)) * multiplier & mask
    return value ^ (value >> 15)
