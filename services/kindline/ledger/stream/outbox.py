"""Everything a projection sends: outputs and table rows, in order, and known to have arrived.

Faust's own table writes go through a buffer that two tasks may drain at once, and reach the local store before the
broker has them. Here rows are appended one after another through the idempotent producer, and are kept locally only
when all are acknowledged, by the same code that applies a changelog during recovery.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import faust
from faust.tables import Table
from faust.types import TP, EventT

from kindline.ledger.stream.rows import Change
from kindline.ledger.stream.seam import Output

ACKNOWLEDGEMENT_LIMIT = 40.0
MOST_IN_FLIGHT = 5_000

Written = Sequence[EventT[Any]]


class Outbox:
    """The sending side of one worker."""

    def __init__(self, app: faust.App, table: Table[bytes, bytes], changelog: str) -> None:
        """Send through the app's producer; `changelog` is the table's topic."""
        self._app, self._table, self._changelog = app, table, changelog
        self._in_flight: list[Awaitable[Any]] = []

    async def publish(self, outputs: Sequence[Output]) -> None:
        """Begin to send outputs; `acknowledged` says when they have arrived."""
        for output in outputs:
            if len(self._in_flight) >= MOST_IN_FLIGHT:
                await self.acknowledged()
            self._in_flight.append(
                await self._app.producer.send(
                    output.topic, output.key, output.value, output.partition, None, list(output.headers)
                )
            )

    async def acknowledged(self) -> None:
        """Wait for everything published; raises what the broker refused, or TimeoutError after 40 s."""
        await _all(self._in_flight)
        self._in_flight.clear()

    def abandon(self) -> None:
        """Stop waiting for what is in flight: the records behind it will be folded again."""
        self._in_flight.clear()

    async def write(self, partition: int, changes: Sequence[Change]) -> Written:
        """Append table rows in this order and wait until all have arrived; raises as `acknowledged` does."""
        sent = [
            await self._app.producer.send(self._changelog, key, value, partition, None, None) for key, value in changes
        ]
        acknowledged = await _all(sent)
        tp = TP(self._changelog, partition)
        events = [
            SimpleNamespace(
                key=key,
                value=value,
                message=SimpleNamespace(key=key, value=value, tp=tp, partition=partition, offset=where.offset),
            )
            for (key, value), where in zip(changes, acknowledged, strict=True)
        ]
        return cast("Written", events)

    def keep(self, written: Written) -> None:
        """Put written rows into the local store, with the changelog offset up to which it holds them."""
        self._table.apply_changelog_batch(cast("Iterable[Any]", written))


async def _all(sent: Sequence[Awaitable[Any]]) -> list[Any]:
    """Wait for every acknowledgement, and give them in order."""
    if not sent:
        return []
    return list(await asyncio.wait_for(asyncio.gather(*sent), ACKNOWLEDGEMENT_LIMIT))
