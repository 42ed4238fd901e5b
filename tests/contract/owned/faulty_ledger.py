"""A small ledger in virtual time, to the port, whose network does what networks do: late, lost, repeated, away.

What stands in a log stays; everything on the way there and back may go wrong, with odds drawn from one seed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from kindline.ledger.port import (
    Appended,
    AppendUnknown,
    Bounds,
    Headers,
    LedgerUnavailable,
    OutsideLog,
    Partition,
    Record,
)

EPOCH = 1_700_000_000.0
ACKNOWLEDGED_WITHIN = 5.0


@dataclass(slots=True)
class Odds:
    """How often an append goes wrong, each way by itself."""

    slow: float = 0.08
    lost: float = 0.01
    unacknowledged: float = 0.015
    late: float = 0.02
    repeated: float = 0.02


class Broker:
    """The logs, the group and the weather."""

    def __init__(self, random: Random) -> None:
        self.random, self.odds, self.away = random, Odds(), False
        self.logs: dict[Partition, list[Record]] = {}
        self.assigned: dict[int, str] = {}
        self.generation = 1
        self._arrived = asyncio.Event()

    def land(self, partition: Partition, key: bytes | None, value: bytes | None) -> Appended:
        """Append at once."""
        log = self.logs.setdefault(partition, [])
        now = EPOCH + asyncio.get_running_loop().time()
        log.append(Record(partition, len(log), now, key, value))
        self._arrived.set()
        self._arrived = asyncio.Event()
        return Appended(len(log) - 1, now)

    def log(self, partition: Partition) -> list[Record]:
        """What stands in a partition."""
        return self.logs.get(partition, [])

    async def arrival(self, limit: float) -> None:
        """Wait until something lands anywhere."""
        try:
            async with asyncio.timeout(limit):
                await self._arrived.wait()
        except TimeoutError:
            pass


class FaultyWriter:
    """A producer; what it has sent is on its way whatever becomes of its process."""

    def __init__(self, broker: Broker) -> None:
        self._broker, self._lands_at = broker, 0.0

    async def append(
        self, partition: Partition, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> Appended:
        """Send, and wait for the acknowledgement, 5 s at the longest."""
        broker, loop = self._broker, asyncio.get_running_loop()
        random, odds = broker.random, broker.odds
        answer: asyncio.Future[Appended] = loop.create_future()
        delay = random.uniform(0.3, 2.5) if random.random() < odds.slow else random.uniform(0.001, 0.02)
        delay = max(delay, self._lands_at - loop.time())  # One producer's records do not overtake one another.
        self._lands_at = loop.time() + delay
        luck = random.random()
        if luck < odds.lost:
            pass
        elif luck < odds.lost + odds.unacknowledged:
            loop.call_later(delay, broker.land, partition, key, value)
        elif luck < odds.lost + odds.unacknowledged + odds.late:
            loop.call_later(ACKNOWLEDGED_WITHIN + random.uniform(0, 4), broker.land, partition, key, value)
        else:
            again = random.random() < odds.repeated
            loop.call_later(delay, partial(self._arrive, answer, (partition, key, value), again=again))
        try:
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN):
                return await asyncio.shield(answer)
        except TimeoutError:
            raise AppendUnknown from None

    def _arrive(
        self, answer: asyncio.Future[Appended], what: tuple[Partition, bytes | None, bytes | None], *, again: bool
    ) -> None:
        """Land, perhaps twice; the acknowledgement comes a little later, of either copy, or when the broker is back."""
        broker, loop = self._broker, asyncio.get_running_loop()
        if broker.away:
            loop.call_later(0.2, partial(self._arrive, answer, what, again=again))
            return
        appended = broker.land(*what)
        if again:
            appended = broker.random.choice([appended, broker.land(*what)])
        loop.call_later(broker.random.uniform(0.001, 0.01), _answer, answer, appended)

    async def close(self) -> None:
        """Let go."""


def _answer(answer: asyncio.Future[Appended], appended: Appended) -> None:
    if not answer.done():
        answer.set_result(appended)


class FaultyReader:
    """A consumer; while the broker is away it gives nothing."""

    def __init__(self, broker: Broker, positions: Mapping[Partition, int]) -> None:
        self._broker, self._positions = broker, dict(positions)

    async def read(self, wait: float) -> Sequence[Record]:
        """What has landed, in portions; nothing while the broker is away."""
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        await asyncio.sleep(self._broker.random.uniform(0.0005, 0.005))
        while True:
            found = [] if self._broker.away else self._fetch()
            if found or loop.time() >= until:
                return found
            await self._broker.arrival(max(0.001, until - loop.time()))

    def _fetch(self) -> list[Record]:
        found: list[Record] = []
        for partition, position in self._positions.items():
            log = self._broker.log(partition)
            if position > len(log):
                raise OutsideLog(partition, position)
            some = log[position : position + self._broker.random.randint(1, 50)]
            self._positions[partition] += len(some)
            found.extend(some)
        return found

    def position(self, partition: Partition) -> int:
        """The next offset."""
        return self._positions[partition]

    async def follow(self, positions: Mapping[Partition, int]) -> None:
        """Read these from there on."""
        self._positions.update(positions)

    async def drop(self, partitions: Collection[Partition]) -> None:
        """Read these no more."""
        for partition in partitions:
            self._positions.pop(partition, None)

    async def close(self) -> None:
        """Let go."""
        self._positions.clear()


class FaultyMembership:
    """The group's view: whatever the simulation says, seen at once by everybody."""

    def __init__(self, broker: Broker, member: str) -> None:
        self._broker, self._member = broker, member

    def assigned(self) -> frozenset[int]:
        """What the group gives this host."""
        return frozenset(number for number, member in self._broker.assigned.items() if member == self._member)

    @property
    def generation(self) -> int:
        """How often the group has changed its mind."""
        return self._broker.generation

    async def committed(self, number: int) -> tuple[int, str] | None:
        """Nothing is ever committed."""
        return None

    async def commit(self, offsets: Mapping[int, tuple[int, str]]) -> None:
        """Nobody asks."""

    async def close(self) -> None:
        """Let go."""


class FaultyLedger:
    """One process's way to the broker."""

    def __init__(self, broker: Broker, member: str) -> None:
        self._broker, self._member = broker, member

    async def partitions(self, topic: str) -> int:
        """One."""
        return 1

    async def bounds(self, partitions: Collection[Partition]) -> Mapping[Partition, Bounds]:
        """Where they end; LedgerUnavailable while the broker is away."""
        await asyncio.sleep(self._broker.random.uniform(0.001, 0.01))
        if self._broker.away:
            await asyncio.sleep(1.0)
            raise LedgerUnavailable("the broker is away")
        return {partition: Bounds(0, len(self._broker.log(partition))) for partition in partitions}

    def writer(self, *, late: float = 0.0) -> FaultyWriter:
        """A producer."""
        del late
        return FaultyWriter(self._broker)

    def reader(self, positions: Mapping[Partition, int], *, late: float = 0.0) -> FaultyReader:
        """A consumer."""
        del late
        return FaultyReader(self._broker, positions)

    async def join(
        self, group: str, topic: str, on_assigned: Callable[[frozenset[int]], Awaitable[None]] | None = None
    ) -> FaultyMembership:
        """A place in the group."""
        return FaultyMembership(self._broker, self._member)

    async def trim(self, before: Mapping[Partition, int]) -> None:
        """Nothing is trimmed in a storm."""
        raise NotImplementedError

    async def close(self) -> None:
        """Let go."""
