"""Writes what customers do to kindline.interactions, and says honestly whether it is there.

Promises the edges that `publish` returns only after the ledger acknowledged, and that publishing the same thing twice
changes nothing, since the caller's event ids are derived from what happened.
"""

from __future__ import annotations

import asyncio
import logging

from kindline.channels.adapters.metrics import Numbers
from kindline.language.events import InteractionEvent
from kindline.language.ids import shard_of
from kindline.ledger import codec, topics
from kindline.ledger.envelope import headers
from kindline.ledger.port import AppendRefused, AppendUnknown, Ledger, LedgerUnavailable, Partition
from kindline.runtime.clock import BusinessClock, System

RETRY_SECONDS = 3
"""What senders are told to wait while the ledger is away."""

LONGEST_SECONDS = 6.0

log = logging.getLogger(__name__)


class NotStored(Exception):
    """The ledger did not acknowledge: nothing was promised, and the same event may be published again."""


class NeverStored(Exception):
    """The ledger refuses this event for good."""


class Publisher:
    """One writer for the whole room; events of one pool keep the order in which they were begun."""

    def __init__(self, ledger: Ledger, clock: BusinessClock, system: System, shards: int, numbers: Numbers) -> None:
        """Open a writer of its own."""
        self._system = system
        self._writer = ledger.writer()
        self._clock = clock
        self._shards = shards
        self._numbers = numbers

    async def publish(self, event: InteractionEvent, *, source: str, event_id: str, channel: str) -> None:
        """Write one event and wait for the acknowledgement, 6 s at the longest. Raises NotStored, NeverStored."""
        kind = type(event.event).__name__
        happened_at = self._clock.now()
        envelope = headers(kind=kind, event_id=event_id, source=source, happened_at=happened_at, subject=event.thread)
        partition = Partition(topics.INTERACTIONS, shard_of(event.pool, self._shards))
        begun = self._system.monotonic()
        try:
            # While the ledger is away those who write wait in line for a connection; nobody waits there for long.
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._writer.append(partition, event.pool.encode(), codec.encode(event), envelope)
        except (LedgerUnavailable, AppendUnknown, TimeoutError) as error:
            self._numbers.unavailable.inc()
            log.warning("%s was not stored: %s", kind, type(error).__name__)
            raise NotStored(kind) from error
        except AppendRefused as error:
            log.warning("%s was refused by the ledger for good", kind)
            raise NeverStored(kind) from error
        self._numbers.append_seconds.observe(self._system.monotonic() - begun)
        self._numbers.published.labels(channel, kind).inc()

    async def close(self) -> None:
        """Let go of the writer."""
        await self._writer.close()
