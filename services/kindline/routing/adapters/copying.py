"""What the relay writes: dead letters beside their reason, and redirected inputs under the identity they had.

Promises receivers that copies of one input look the same however often they come, and people that a dead letter holds
the record as it was.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import UTC, datetime

from kindline.language.facts.inputs import InputDeadLettered, InputRedirected, InputReference
from kindline.language.log import DecisionBatch
from kindline.ledger.envelope import IDENTITY_HEADER, RELAY_SOURCE
from kindline.ledger.port import AppendRefused, Headers, Partition, Record, Writer
from kindline.ledger.topics import INPUTS, dead_letters
from kindline.routing.adapters.sources import Gone, Sources

log = logging.getLogger("kindline.routing.relay")

SOURCE = RELAY_SOURCE.encode()
REDIRECTED = "REDIRECTED"


class Copier:
    """Copies what batches say to other topics."""

    def __init__(self, writer: Writer, sources: Sources, copied: Counter[tuple[str, str]]) -> None:
        """Count what was copied by (topic, reason)."""
        self._writer, self._sources, self._copied = writer, sources, copied

    async def copy(self, batch: DecisionBatch) -> None:
        """Copy all that a counting batch asks for. Raises LedgerUnavailable, AppendUnknown: then begin it again."""
        for fact in batch.facts:
            if isinstance(fact, InputDeadLettered | InputRedirected) and fact.input.topic in INPUTS:
                try:
                    await self._copy_one(fact, batch.decided_at)
                except (Gone, AppendRefused) as problem:
                    log.error("%s is not relayed: %s", place_of(fact.input), problem)  # noqa: TRY400

    async def _copy_one(self, fact: InputDeadLettered | InputRedirected, decided_at: float) -> None:
        record = await self._sources.record(fact.input)
        if isinstance(fact, InputDeadLettered):
            target = Partition(dead_letters(fact.input.topic), fact.input.partition)
            await self._writer.append(target, record.key, record.value, dead_letter_headers(record, fact, decided_at))
            self._copied[fact.input.topic, fact.reason.name] += 1
        else:
            target = Partition(fact.input.topic, fact.to_partition)
            key = record.key or fact.pool.encode()
            await self._writer.append(target, key, record.value, redirected_headers(record, fact))
            self._copied[fact.input.topic, REDIRECTED] += 1


def dead_letter_headers(record: Record, fact: InputDeadLettered, decided_at: float) -> Headers:
    """The record's own headers, why it was refused, and an id if it had none."""
    said = {
        "x-dlq-topic": fact.input.topic,
        "x-dlq-partition": str(fact.input.partition),
        "x-dlq-offset": str(fact.input.offset),
        "x-dlq-reason": fact.reason.name,
        "x-dlq-detail": fact.detail,
        "x-dlq-at": datetime.fromtimestamp(decided_at, UTC).isoformat().replace("+00:00", "Z"),
    }
    return (*_with_id(record, fact.input), *((name, value.encode()) for name, value in said.items()))


def redirected_headers(record: Record, fact: InputRedirected) -> Headers:
    """The record's own headers, and the identity by which its first shard knew it."""
    kept = tuple(header for header in _with_id(record, fact.input) if header[0] != IDENTITY_HEADER)
    return (*kept, (IDENTITY_HEADER, fact.identity.hex().encode()))


def place_of(reference: InputReference) -> str:
    """A record's place in words."""
    return f"{reference.topic}/{reference.partition}/{reference.offset}"


def _with_id(record: Record, reference: InputReference) -> Headers:
    """Headers with an id by which repeats of the copy are known: the record's own, else its place."""
    if any(name.lower() == "ce_id" and value for name, value in record.headers):
        return record.headers
    return (*record.headers, ("ce_id", place_of(reference).encode()), ("ce_source", SOURCE))
