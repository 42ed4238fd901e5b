"""Writes what customers do to kindline.interactions, and says honestly whether it is there.

Promises the edges that `publish` returns only after the ledger acknowledged, and that publishing the same thing twice
changes nothing, since the caller's event ids are derived from what happened.
"""

from __future__ import annotations

import logging

from kindline.channels.adapters.metrics import Numbers
from kindline.language.events import InteractionEvent
from kindline.language.ids import shard_of
from kindline.ledger import codec, topics
from kindline.ledger.envelope import headers
from kindline.ledger.port import AppendRefused, AppendUnknown, Ledger, LedgerUnavailable, Partition
from kindline.runtime.clock import BusinessClock

RETRY_SECONDS = 3
"""What senders are told to wait while the ledger is away."""

log = logging.getLogger(__name__)


class NotStored(Exception):
    """The ledger did not acknowledge: nothing was promised, and the same event may be published again."""


class NeverStored(Exception):
    """The ledger refuses this event for good."""


class Publisher:
    """One writer for the whole room; events of one pool keep the order in which they were begun."""

    def __init__(self, ledger: Ledger, clock: BusinessClock, shards: int, numbers: Numbers) -> None:
        """Open a writer of its own."""
        self._writer = ledger.writer()
        self._clock = clock
        self._shards = shards
        self._numbers = numbers

    async def publish(self, event: InteractionEvent, *, source: str, event_id: str, channel: str) -> None:
        """Write one event and wait for the acknowledgement, 5 s at the longest. Raises NotStored, NeverStored."""
        kind = type(event.event).__name__
        happened_at = self._clock.now()
        envelope = headers(kind=kind, event_id=event_id, source=source, happened_at=happened_at, subject=event.thread)
        partition = Partition(topics.INTERACTIONS, shard_of(event.pool, self._shards))
        try:
            with self._numbers.append_seconds.time():
                await self._writer.append(partition, event.pool.encode(), codec.encode(event), envelope)
        except (LedgerUnavailable, AppendUnknown) as error:
            self._numbers.unavailable.inc()
            log.warning("%s was not stored: %s", kind, type(error).__name__)
            raise NotStored(kind) from error
        except AppendRefused as error:
            log.warning("%s was refused by the ledger for good", kind)
            raise NeverStored(kind) from error
        self._numbers.published.labels(channel, kind).inc()

    async def close(self) -> None:
        """Let go of the writer."""
        await self._writer.close()
