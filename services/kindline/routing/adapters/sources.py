"""Single records of the input topics, fetched by their place, for the relay.

Promises that a run of neighbours costs one seek: it reads on from where it stands while that is near.
"""

from __future__ import annotations

import asyncio
from collections import deque

from kindline.language.facts.inputs import InputReference
from kindline.ledger.port import Ledger, LedgerUnavailable, OutsideLog, Partition, Record

FETCH_SECONDS = 5.0
NEAR = 5_000


class Gone(Exception):
    """The record is not in its topic any more."""


class Sources:
    """One reader that stands in one partition at a time."""

    def __init__(self, ledger: Ledger) -> None:
        """Needs a running loop."""
        self._reader = ledger.reader({})
        self._place: Partition | None = None
        self._read: deque[Record] = deque()

    async def record(self, reference: InputReference) -> Record:
        """The record at this place. Raises Gone, and LedgerUnavailable if it cannot be had within 5 s."""
        place = Partition(reference.topic, reference.partition)
        await self._go_to(place, reference.offset)
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                while True:
                    while self._read:
                        record = self._read[0]
                        if record.offset == reference.offset:
                            return record
                        if record.offset > reference.offset:
                            raise Gone(f"{place.topic}/{place.number} holds no record {reference.offset}")
                        self._read.popleft()
                    self._read.extend(await self._reader.read(1.0))
        except OutsideLog as problem:
            self._place = None
            raise Gone(str(problem)) from problem
        except TimeoutError:
            raise LedgerUnavailable(f"{place.topic}/{place.number} does not answer") from None

    async def close(self) -> None:
        """Let go."""
        await self._reader.close()

    async def _go_to(self, place: Partition, offset: int) -> None:
        """Stand before this offset, by reading on if it is near, else by a seek."""
        if self._place == place:
            at = self._read[0].offset if self._read else self._reader.position(place)
            if at <= offset <= at + NEAR:
                return
        if self._place is not None and self._place != place:
            await self._reader.drop([self._place])
        self._place = place
        self._read.clear()
        await self._reader.follow({place: offset})
