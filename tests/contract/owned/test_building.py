"""An owner that builds its state, however long that takes: nobody takes it for dead, and nothing is lost or doubled.

In virtual time: the processor is busy for 20 ms with each of 400 rows, 8 s in all, four times a standby's patience.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from kindline.language.facts import InputRejected, ReplicaSeen, Resumed
from kindline.language.log import DecisionBatch, EpochClaim
from kindline.ledger.codec import encode
from kindline.ledger.owned.log import OwnedLog
from kindline.ledger.port import Partition
from kindline.ledger.topics import INTERACTIONS
from tests.contract.owned.counting import TICK
from tests.contract.owned.faulty_ledger import EPOCH, Broker, Odds
from tests.contract.owned.virtual_time import in_virtual_time
from tests.contract.owned.world import LOG, SECONDS_PER_ROW, SETTINGS, SHARD, Variant, World

ROWS = 400
BUILD_SECONDS = ROWS * SECONDS_PER_ROW
BEAT = SETTINGS.heartbeat_seconds + 0.2
"""A heartbeat, and what two busy processes on one processor may be late by."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Each line of log is expected here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@dataclass(frozen=True, slots=True)
class Counted:
    """A batch that counts."""

    at: float
    batch: DecisionBatch


class Morning(World):
    """Two hosts on a day on which nothing goes wrong by itself, with a log in which an owner who is gone saw much."""

    def __init__(self) -> None:
        """Nobody runs yet."""
        super().__init__(1, Variant())
        self.random = Random(1)
        self.broker = Broker(self.random)
        self.broker.odds = Odds(0, 0, 0, 0, 0)
        self.broker.assigned = {SHARD: "host-0"}
        self.broker.land(LOG, None, encode(EpochClaim(epoch=1, owner="o", claimant="c")))
        for seq in range(4):
            names = (f"old#{number}" for number in range(seq * ROWS // 4, (seq + 1) * ROWS // 4))
            facts = tuple(ReplicaSeen(replica_id=name) for name in names)
            batch = DecisionBatch(
                epoch=1, owner="o", seq=seq + 1, level=1, decided_at=EPOCH, facts=facts, next_within=0.5, released=False
            )
            self.broker.land(LOG, None, encode(batch))

    def counted(self) -> list[Counted]:
        """The batches of those who came after."""
        log = self.broker.log(LOG)
        return [Counted(log[offset].appended_at, its) for offset, its in self._counting().items() if its.owner != "o"]

    def gaps(self) -> list[float]:
        """The gaps that were stated."""
        facts = [fact for counted in self.counted() for fact in counted.batch.facts]
        return [fact.gap_seconds for fact in facts if isinstance(fact, Resumed)]

    def decided(self) -> list[str]:
        """What was decided, in its order: the names of inputs with their numbers, and refusals."""
        facts = [fact for counted in self.counted() for fact in counted.batch.facts]
        seen = [fact.replica_id for fact in facts if isinstance(fact, ReplicaSeen)]
        assert [int(name.partition("#")[2]) for name in seen] == list(range(ROWS, ROWS + len(seen)))
        names = [
            fact.replica_id.partition("#")[0] if isinstance(fact, ReplicaSeen) else f"no {fact.input.topic}"
            for fact in facts
            if isinstance(fact, ReplicaSeen | InputRejected)
        ]
        return [name for name in names if name != TICK]

    def longest_silence(self) -> float:
        """The longest time between two batches."""
        times = [counted.at for counted in self.counted()]
        return max(after - before for before, after in pairwise(times))

    def says(self, *names: str) -> None:
        """Inputs come, all at once."""
        for name in names:
            self.broker.land(Partition(INTERACTIONS, SHARD), None, name.encode())

    def owned(self, host: str) -> OwnedLog[str]:
        """The router on a host."""
        return self.running[host][1]

    async def until(self, is_so: Callable[[], bool], limit: float = 60.0) -> None:
        """Wait until it is so, or fail."""
        async with asyncio.timeout(limit):
            while not is_so():
                await asyncio.sleep(0.05)

    async def until_building(self) -> None:
        """Wait until the first host is in the middle of building its state."""
        await self.until(lambda: len(self.counted()) == 3)
        assert self.gaps() == []


def morning(happens: Callable[[Morning], Coroutine[Any, Any, None]]) -> None:
    """Let something happen on such a day."""

    async def day() -> None:
        its = Morning()
        await happens(its)
        for program, _ in its.running.values():
            program.kill()

    in_virtual_time(day)


def test_an_owner_with_very_many_to_take_over_is_left_in_peace() -> None:
    """Its heart beats while it builds its state, so no standby claims; then it states the time without decisions."""

    async def happens(its: Morning) -> None:
        its.start("host-0")
        its.start("host-1")
        await its.until(lambda: bool(its.gaps()))
        assert its.counts["claims"] == 1
        assert its.longest_silence() <= BEAT
        [gap] = its.gaps()
        first = next(counted for counted in its.counted() if counted.batch.facts)
        assert gap == first.batch.decided_at - EPOCH > BUILD_SECONDS

    morning(happens)


def test_a_bad_input_among_very_many_is_refused_while_the_heart_beats() -> None:
    """What came before it and after it is decided once and in order, and the time it took counts against nobody."""

    async def happens(its: Morning) -> None:
        its.start("host-0")
        its.start("host-1")
        await its.until(lambda: bool(its.gaps()))
        began = asyncio.get_running_loop().time()
        its.says("before", "poison", "after", "last")
        await its.until(lambda: len(its.decided()) == 4)
        assert its.decided() == ["before", "no poison", "after", "last"]
        assert (its.counts["claims"], its.counts["state_rebuilds"], its.counts["inputs_rejected"]) == (1, 1, 1)
        assert asyncio.get_running_loop().time() - began > BUILD_SECONDS
        assert its.longest_silence() <= BEAT
        assert its.gaps()[1] > BUILD_SECONDS

    morning(happens)


def test_an_owner_that_dies_before_its_refusal_stands_leaves_the_bad_input_to_the_next() -> None:
    """The next one fails on it again and refuses it: nothing is lost and nothing decided twice."""

    async def happens(its: Morning) -> None:
        its.start("host-0")
        its.start("host-1")
        await its.until(lambda: bool(its.gaps()))
        its.says("before", "poison", "after")
        await its.until(lambda: its.counts["state_rebuilds"] == 1)
        await asyncio.sleep(BUILD_SECONDS / 2)
        last = max(counted.batch.decided_at for counted in its.counted())
        its._kill("host-0")  # noqa: SLF001  # As in the storms.
        await its.until(lambda: len(its.decided()) == 3)
        assert its.decided() == ["before", "no poison", "after"]
        assert (its.counts["takeovers"], its.counts["state_rebuilds"], its.counts["inputs_rejected"]) == (2, 2, 1)
        resumed = next(c for c in its.counted() if c.batch.epoch == 3 and c.batch.facts)
        assert its.gaps()[1] == resumed.batch.decided_at - last > BUILD_SECONDS

    morning(happens)


def test_an_owner_that_is_stopped_while_it_builds_lets_go_at_once() -> None:
    """It does not build on first; and whoever comes next states the time since the last decision, not since then."""

    async def happens(its: Morning) -> None:
        its.start("host-0")
        await its.until_building()
        began = asyncio.get_running_loop().time()
        its.owned("host-0").stop()
        await its.until(lambda: its.owned("host-0").stopped)
        assert asyncio.get_running_loop().time() - began < 1.0
        last = its.counted()[-1].batch
        assert (last.released, last.decided_at) == (True, EPOCH)
        its.broker.assigned = {SHARD: "host-1"}
        its.start("host-1")
        await its.until(lambda: bool(its.gaps()))
        first = next(counted for counted in its.counted() if counted.batch.facts)
        assert its.gaps() == [first.batch.decided_at - EPOCH]

    morning(happens)


def test_an_owner_that_dies_while_it_builds_hides_no_time_from_the_next() -> None:
    """Its heartbeats are no decisions: the gap goes back to the last decision of the one before it."""

    async def happens(its: Morning) -> None:
        its.start("host-0")
        its.start("host-1")
        await its.until_building()
        its._kill("host-0")  # noqa: SLF001  # As in the storms.
        await its.until(lambda: bool(its.gaps()))
        first = next(counted for counted in its.counted() if counted.batch.facts)
        assert first.batch.epoch == 3
        assert its.gaps() == [first.batch.decided_at - EPOCH]

    morning(happens)
