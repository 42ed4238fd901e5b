"""The relay (DESIGN 4.7): what an engine has to say to another topic is copied there once its batch counts.

Promises that every dead letter and every redirected input arrives at least once, under an id by which receivers drop
repeats, and that no engine ever waits for it: it follows the decisions like any other reader, in a group of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

from kindline.language.log import DecisionBatch
from kindline.language.reading import Reading
from kindline.ledger.codec import decode_decision
from kindline.ledger.codec.errors import Undecodable, UnknownFact
from kindline.ledger.owned.core import ShardStopped
from kindline.ledger.owned.judging import adopted, judged
from kindline.ledger.port import (
    AppendUnknown,
    Ledger,
    LedgerUnavailable,
    Membership,
    OutsideLog,
    Partition,
    Reader,
    Record,
)
from kindline.ledger.topics import DECISIONS
from kindline.routing.adapters.copying import Copier
from kindline.routing.adapters.sources import Sources

log = logging.getLogger("kindline.routing.relay")

GROUP = "kindline-relay"
READ_SECONDS = 0.5
COMMIT_SECONDS = 1.0
PAUSE_SECONDS = 1.0
RELAYED = frozenset({"InputDeadLettered", "InputRedirected"})
"""All other facts are passed over unread: the relay must not cost the engines beside it what folding costs."""


class Relay:
    """Follows the decisions that its group gives it; lives in one event loop."""

    def __init__(self, ledger: Ledger) -> None:
        """Nothing happens before run()."""
        self._ledger = ledger
        self._readings: dict[int, Reading | None] = {}
        self._uncommitted: set[int] = set()
        self._halted: set[int] = set()
        self._generation = -1
        self._commit_at = 0.0
        self.copied: Counter[tuple[str, str]] = Counter()
        """(topic, reason) to how many were copied since the start; REDIRECTED for what went to its right shard."""

    async def run(self) -> None:
        """Relay until cancelled; whatever fails is begun again from what was last committed."""
        while True:
            try:
                await self._session()
            except (LedgerUnavailable, AppendUnknown) as problem:
                log.warning("the relay begins again from its last commit: %r", problem)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _session(self) -> None:
        self._readings.clear()
        self._uncommitted.clear()
        self._generation = -1
        reader, writer, sources = self._ledger.reader({}, late=0.5), self._ledger.writer(), Sources(self._ledger)
        copier = Copier(writer, sources, self.copied)
        membership: Membership | None = None
        try:
            membership = await self._ledger.join(GROUP, DECISIONS)
            while True:
                await self._follow_assigned(membership, reader)
                await self._turn(reader, copier)
                await self._commit(membership, reader)
        finally:
            for opened in (reader, writer, sources):
                await opened.close()
            if membership is not None:
                await membership.close()

    async def _follow_assigned(self, membership: Membership, reader: Reader) -> None:
        """Begin where the group stands in what it gives us, and let go of what it gives to others."""
        if membership.generation == self._generation:
            return
        self._generation = membership.generation
        assigned = membership.assigned()
        gone = set(self._readings) - assigned
        await reader.drop([Partition(DECISIONS, number) for number in gone])
        for number in gone:
            del self._readings[number]
            self._uncommitted.discard(number)
        for number in sorted(assigned - set(self._readings) - self._halted):
            committed = await membership.committed(number)
            place = Partition(DECISIONS, number)
            reading = _noted(committed[1]) if committed else None
            if committed is None or reading is None:
                await self._begin_at_the_front(reader, place)
            else:
                self._readings[number] = reading
                await reader.follow({place: committed[0]})

    async def _turn(self, reader: Reader, copier: Copier) -> None:
        try:
            records = await reader.read(READ_SECONDS)
        except OutsideLog as problem:
            await self._begin_at_the_front(reader, problem.partition)
            return
        for record in records:
            number = record.partition.number
            if number not in self._readings:
                continue
            try:
                before = self._readings[number] or _reading_before(record)
                self._readings[number], decision = judged(before, record, RELAYED)
            except ShardStopped as problem:
                log.error("the relay stops shard %d at offset %d: %s", number, record.offset, problem)  # noqa: TRY400
                await self._halt(reader, record.partition)
                continue
            self._uncommitted.add(number)
            if isinstance(decision, DecisionBatch):
                await copier.copy(decision)

    async def _begin_at_the_front(self, reader: Reader, partition: Partition) -> None:
        """Begin where the log does: inputs as old as what was trimmed are gone as well, so no copy is lost."""
        begin = (await self._ledger.bounds([partition]))[partition].begin
        log.info("the relay begins shard %d at offset %d", partition.number, begin)
        self._readings[partition.number] = None
        await reader.follow({partition: begin})

    async def _halt(self, reader: Reader, partition: Partition) -> None:
        self._halted.add(partition.number)
        self._readings.pop(partition.number, None)
        self._uncommitted.discard(partition.number)
        await reader.drop([partition])

    async def _commit(self, membership: Membership, reader: Reader) -> None:
        """Commit what has been copied; a member that lost its place begins again."""
        now = asyncio.get_running_loop().time()
        if not self._uncommitted or now < self._commit_at or membership.generation != self._generation:
            return
        self._commit_at = now + COMMIT_SECONDS
        await membership.commit(
            {
                number: (reader.position(Partition(DECISIONS, number)), _note(self._readings[number] or Reading()))
                for number in self._uncommitted
            }
        )
        self._uncommitted.clear()


def _reading_before(first: Record) -> Reading:
    """An untrimmed log begins at (0, none, 0); a trimmed one begins with a batch that counts."""
    if first.offset == 0:
        return Reading()
    try:
        decision = decode_decision(first.value or b"")
    except (Undecodable, UnknownFact) as problem:
        raise ShardStopped(str(problem)) from problem
    return adopted(decision) if isinstance(decision, DecisionBatch) else Reading()


def _note(reading: Reading) -> str:
    return f"{reading.epoch} {reading.seq} {reading.owner}"


def _noted(note: str) -> Reading | None:
    """What a note says; None when it is not ours, as when somebody has reset the group's offsets by hand."""
    words = note.split(" ", 2)
    if len(words) != 3 or not all(word.isdecimal() for word in words[:2]):  # noqa: PLR2004  # As _note() writes it.
        return None
    return Reading(int(words[0]), words[2], int(words[1]))
