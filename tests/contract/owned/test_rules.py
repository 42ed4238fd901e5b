"""When to claim, what fits into a batch, and what an owner does when its clock or the log cannot be trusted."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from kindline.language.facts import Fact, InputRejected, ReplicaSeen
from kindline.language.log import DecisionBatch
from kindline.ledger.codec import decode_decision
from kindline.ledger.memory import MemoryLedger
from kindline.ledger.memory.log import MemoryLog
from kindline.ledger.owned.core import OwnedSettings, ShardStopped, StandDown, Taken
from kindline.ledger.owned.decider import Decider
from kindline.ledger.owned.feed import InputFeed
from kindline.ledger.owned.fold import Fold
from kindline.ledger.owned.means import Means
from kindline.ledger.owned.owner import Owner
from kindline.ledger.owned.silence import Silence, Standby, reason_to_claim
from kindline.ledger.port import Partition, Record
from kindline.ledger.topics import AGENTS, DECISIONS, INTERACTIONS, PLAN
from tests.contract.owned.counting import CountingCore, decoded

SETTINGS = OwnedSettings()
AT_PEACE = Standby(
    epoch=3, released=False, next_within=0.5, silent_seconds=0.3, assigned=True, newly_assigned=False, rank=0
)


class Clock:
    """A business clock set by hand."""

    def __init__(self, at: float = 1_700_000_000.0) -> None:
        """Show this time."""
        self.at = at
        self.accelerated = False

    def now(self) -> float:
        """What it shows."""
        return self.at

    def system_seconds(self, business_seconds: float) -> float:
        """The same."""
        return business_seconds


def decider(settings: OwnedSettings = SETTINGS) -> Decider[str]:
    """A decider on an empty log, ready to decide."""
    its = Decider(Fold(CountingCore()), CountingCore, settings, Counter())
    list(its.building())
    return its


def owner(clock: Clock, log: MemoryLog) -> tuple[Owner[str], Fold[str], list[int]]:
    """An owner on an empty log, and the offsets that it delivers."""
    ledger, told, fold = MemoryLedger(log=log), list[int](), Fold[str](CountingCore())
    feed = InputFeed(ledger, ((PLAN,), (INTERACTIONS, AGENTS)), decoded)
    means: Means[str] = Means(
        ledger=ledger, clock=clock, core_for=lambda _: CountingCore(), feed=feed, on_counted=lambda *_: None, member="m"
    )
    return Owner(0, fold, means, lambda _, offset: told.append(offset)), fold, told


@pytest.mark.parametrize(
    "change, claims",
    [
        ({}, False),
        ({"silent_seconds": 1.9}, False),
        ({"silent_seconds": 2.0}, True),
        ({"silent_seconds": 2.4, "assigned": False, "rank": 1}, False),
        ({"silent_seconds": 2.5, "assigned": False, "rank": 1}, True),
        ({"silent_seconds": 9.0, "next_within": 5.0}, False),
        ({"released": True}, True),
        ({"released": True, "assigned": False, "rank": 1}, False),
        ({"newly_assigned": True}, True),
        ({"epoch": 0}, True),
        ({"epoch": 0, "assigned": False, "rank": 1}, False),
    ],
)
def test_a_standby_claims_for_three_reasons_only(change: dict[str, float | bool | int], claims: bool) -> None:  # noqa: FBT001
    """A shard is claimed when its owner let go, when the group gives it, or after a silence that fits its pace."""
    assert (reason_to_claim(replace(AT_PEACE, **change), SETTINGS) is not None) == claims  # type: ignore[arg-type]


def test_time_without_a_broker_or_without_oneself_is_no_silence() -> None:
    """Only looks that the broker answered one after the other add up, and a long sleep counts as one step."""
    silence = Silence(longest_step=0.5)
    for at in (0.0, 0.25, 0.5):
        silence.looked(at)
    silence.missed()
    silence.looked(60.0)
    assert silence.seconds == 0.5
    silence.looked(120.0)
    assert silence.seconds == 1.0
    silence.heard()
    assert silence.seconds == 0.0


def test_a_batch_closes_when_it_has_enough_facts() -> None:
    """What does not fit into one batch waits for the next, in its order, and the positions say so."""
    its = decider(replace(SETTINGS, facts_per_batch=5))
    for number in range(8):
        its.offer(Taken(INTERACTIONS, number, f"i{number}"))
    assert [len(its.gather(1.0).facts), its.positions[INTERACTIONS]] == [5, 5]
    assert [len(its.gather(2.0).facts), its.positions[INTERACTIONS]] == [3, 8]


def test_a_batch_closes_when_it_is_large_enough() -> None:
    """A batch takes no more input once it has its size."""
    its = decider(replace(SETTINGS, bytes_per_batch=1_000))
    for number in range(10):
        its.offer(Taken(INTERACTIONS, number, str(number) * 400))
    assert len(its.gather(1.0).facts) == 3


def test_the_pieces_of_a_batch_make_one_record() -> None:
    """Facts that were encoded one decision at a time are read as one batch."""
    its = decider()
    for number in range(3):
        its.offer(Taken(INTERACTIONS, number, f"i{number}"))
    batch, value = its.gather(5.0).sealed(
        DecisionBatch(epoch=2, owner="o", seq=7, level=1, decided_at=5.0, next_within=0.5, released=False)
    )
    assert decode_decision(value) == batch
    assert [fact.replica_id for fact in batch.facts if isinstance(fact, ReplicaSeen)] == ["i0#0", "i1#1", "i2#2"]


def test_an_input_with_too_much_to_say_is_refused_once_those_before_it_count() -> None:
    """Facts beyond the largest record are undone, and the input is refused first of the next batch, not passed over."""
    fold = Fold[str](CountingCore())
    its = Decider(fold, CountingCore, replace(SETTINGS, bytes_per_decision=1_000), Counter())
    list(its.building())
    for number, given in enumerate(("i0", "x" * 2_000, "i2")):
        its.offer(Taken(INTERACTIONS, number, given))
    before = its.gather(1.0)
    assert [type(fact) for fact in before.facts] == [ReplicaSeen]
    assert (its.positions, its.waiting, its.is_built) == ({INTERACTIONS: 1}, 2, False)
    fold.core.apply(before.facts, before.now)
    list(its.building())
    assert [type(fact) for fact in its.gather(2.0).facts] == [InputRejected, ReplicaSeen]
    assert (its.positions, its.waiting, its.is_built) == ({INTERACTIONS: 3}, 0, True)
    assert its.core.rows() == [*CountingCore.of("i0#0", at=1.0), *CountingCore.of("i2#1", at=2.0)]


class Broken(CountingCore):
    """A core that cannot say that it resumed, do what is due, or take in a refusal."""

    def resume(self, gap_seconds: float, now: float) -> Sequence[Fact]:
        """Break."""
        raise ValueError("resume")

    def tick(self, now: float) -> Sequence[Fact]:
        """Break."""
        raise ValueError("tick")

    def apply(self, facts: Sequence[Fact], decided_at: float) -> None:
        """Break on a refusal."""
        if any(isinstance(fact, InputRejected) for fact in facts):
            raise ValueError("refuse")
        super().apply(facts, decided_at)


def test_an_engine_that_breaks_again_and_again_still_lets_inputs_through() -> None:
    """It is not asked twice to resume, what is due rests for a while, and what cannot be refused is passed over."""
    its = Decider(Fold[str](CountingCore()), Broken, SETTINGS, Counter())
    for number, given in enumerate(("i0", "poison", "i2")):
        its.offer(Taken(INTERACTIONS, number, given))
    its.timers, decided = True, list[str]()
    for now, built in ((1.0, False), (1.1, False), (1.2, False), (1.3, False), (1.4, True)):
        list(its.building())
        facts = its.gather(now, gap=5.0).facts
        decided += [fact.replica_id for fact in facts if isinstance(fact, ReplicaSeen)]
        assert its.is_built == built, now
    assert ([name.partition("#")[0] for name in decided], its.positions) == (["i0", "i2"], {INTERACTIONS: 3})


async def test_an_owner_whose_clock_is_a_minute_behind_decides_nothing() -> None:
    """When the last decision lies in this clock's future, somebody's clock is wrong, and a claim would hide it."""
    clock = Clock()
    its, fold, _ = owner(clock, MemoryLog(1))
    fold.decided_at = clock.at + 61.0
    with pytest.raises(StandDown, match="61 s behind"):
        await its.claim()


async def test_an_owner_whose_clock_differs_from_the_brokers_stands_down() -> None:
    """A wall clock that is three seconds off the broker's must not date decisions."""
    clock = Clock(1_700_000_000.0)
    its, _, _ = owner(clock, MemoryLog(1, now=lambda: clock.at + 3.0))
    with pytest.raises(StandDown, match="apart"):
        await its.claim()
    clock.accelerated = True
    its, _, _ = owner(clock, MemoryLog(1, now=lambda: clock.at + 3.0))
    await its.claim()
    assert its.owning


async def test_the_first_batch_states_the_gap_and_the_last_one_releases() -> None:
    """An owner begins with how long nobody decided, and ends with a batch that lets go."""
    clock, log = Clock(), MemoryLog(1, now=lambda: 1_700_000_000.0)
    its, fold, told = owner(clock, log)
    await its.claim()
    fold.decided_at = clock.at - 7.0
    serving = asyncio.create_task(its.serve())
    while not told:
        await asyncio.sleep(0.01)
    its.stop()
    await asyncio.wait_for(serving, 5.0)
    batches = [decode_decision(record.value or b"") for record in log.records(Partition(DECISIONS, 0))][1:]
    first, last = batches[0], batches[-1]
    assert isinstance(first, DecisionBatch)
    assert isinstance(last, DecisionBatch)
    assert [getattr(fact, "gap_seconds", None) for fact in first.facts] == [7.0]
    assert (first.released, last.released) == (False, True)
    assert told == [1, 2]


def test_a_tombstone_among_the_decisions_is_passed_over() -> None:
    """An owner passes over what every other reader passes over: only what may count and is not understood stops it."""
    fold = Fold[str](CountingCore())
    assert fold.take(Record(Partition(DECISIONS, 0), 0, 0.0, b"0", None)) is None
    assert fold.next_offset == 1
    with pytest.raises(ShardStopped):
        fold.take(Record(Partition(DECISIONS, 0), 1, 0.0, b"0", b"noise"))
