"""The reading rule decides alone, from the order of the log, which decisions are true."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindline.language.log import LEVEL, DecisionBatch, DecisionRecord, EpochClaim
from kindline.language.reading import LevelTooHigh, Reading, Verdict, read

OWNERS = st.sampled_from(["a", "b", "c"])


def batch(epoch: int, owner: str, seq: int, level: int = LEVEL) -> DecisionBatch:
    """One decision of somebody."""
    return DecisionBatch(
        epoch=epoch, owner=owner, seq=seq, level=level, decided_at=0.0, next_within=0.5, released=False
    )


def claim(epoch: int, owner: str) -> EpochClaim:
    """Somebody wants the shard."""
    return EpochClaim(epoch=epoch, owner=owner, claimant="process")


def counted(log: list[DecisionRecord], reading: Reading | None = None) -> tuple[Reading, list[int]]:
    """The places in a log that count, and the reading at its end."""
    now, places = reading or Reading(), []
    for place, record in enumerate(log):
        now, verdict = read(now, record)
        if verdict is Verdict.COUNTS:
            places.append(place)
    return now, places


def test_nobody_decides_without_a_claim() -> None:
    """In an empty log a batch counts for nothing until its owner has claimed the shard."""
    assert counted([batch(1, "a", 1), claim(1, "a"), batch(1, "a", 1)]) == (Reading(1, "a", 1), [1, 2])


def test_the_first_of_two_claims_wins() -> None:
    """When two claim the same epoch the one who stands first in the log has it."""
    assert counted([claim(1, "a"), claim(1, "b"), batch(1, "b", 1), batch(1, "a", 1)])[1] == [0, 3]


def test_a_claim_may_not_skip_an_epoch() -> None:
    """A claim counts only for the very next epoch: neither older nor further ahead."""
    assert counted([claim(2, "a"), claim(1, "a"), claim(3, "b"), claim(1, "b"), claim(2, "c")])[1] == [1, 4]


def test_the_numbers_run_on_across_owners() -> None:
    """A new owner goes on with the number after the last that counted, and what the old one adds is ignored."""
    log: list[DecisionRecord] = [
        claim(1, "a"),
        batch(1, "a", 1),
        claim(2, "b"),
        batch(1, "a", 2),
        batch(2, "b", 1),
        batch(2, "b", 2),
    ]
    assert counted(log) == (Reading(2, "b", 2), [0, 1, 2, 5])


def test_the_same_epoch_of_another_owner_is_nothing() -> None:
    """Epoch and number alone are not enough: the owner must be the one who claimed."""
    assert counted([claim(1, "a"), batch(1, "b", 1)])[1] == [0]


def test_a_repeat_vanishes() -> None:
    """A batch that is delivered twice counts once."""
    assert counted([claim(1, "a"), batch(1, "a", 1), batch(1, "a", 1), batch(1, "a", 2)])[1] == [0, 1, 3]


def test_a_gap_is_not_bridged() -> None:
    """A batch whose forerunner is missing does not count."""
    assert counted([claim(1, "a"), batch(1, "a", 2)])[1] == [0]


def test_a_higher_level_stops_only_where_it_counts() -> None:
    """A batch that asks for more understanding stops its reader, unless it does not count anyway."""
    reading, _ = read(Reading(), claim(1, "a"))
    assert read(reading, batch(1, "zombie", 1, LEVEL + 1)) == (reading, Verdict.IGNORED)
    with pytest.raises(LevelTooHigh, match=f"up to {LEVEL}"):
        read(reading, batch(1, "a", 1, LEVEL + 1))


RECORDS = st.one_of(
    st.builds(claim, st.integers(1, 4), OWNERS), st.builds(batch, st.integers(1, 4), OWNERS, st.integers(1, 4))
)


@given(st.lists(RECORDS, max_size=40), st.integers(0, 40))
def test_a_reader_may_stop_and_go_on(log: list[DecisionRecord], cut: int) -> None:
    """Whoever keeps the reading and reads on later counts the same as one who read it all at once."""
    reading, first = counted(log[:cut])
    reading, second = counted(log[cut:], reading)
    assert (reading, first + [cut + place for place in second]) == (
        counted(log)[0],
        counted(log)[1] if cut <= len(log) else first,
    )


@given(st.lists(RECORDS, max_size=40))
def test_what_counts_is_one_unbroken_story(log: list[DecisionRecord]) -> None:
    """Counting claims number the epochs one by one, counting batches number the decisions one by one."""
    _, places = counted(log)
    claims = [log[place] for place in places if isinstance(log[place], EpochClaim)]
    batches = [log[place] for place in places if isinstance(log[place], DecisionBatch)]
    assert [one.epoch for one in claims] == list(range(1, len(claims) + 1))
    assert [one.seq for one in batches if isinstance(one, DecisionBatch)] == list(range(1, len(batches) + 1))
