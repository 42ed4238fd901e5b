"""What a log does not know is drawn from what it knows, by seeded lots."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kindline.language.service_level import Wait
from kindline.rehearsal.domain.lots import lot
from kindline.rehearsal.domain.patience import kaplan_meier
from kindline.rehearsal.domain.service_times import WITHOUT_ANY_SECONDS, service_times
from tests.domain.rehearsal.bank_log import call

WAITS = some.lists(some.builds(Wait, some.integers(0, 300).map(float), some.booleans()), min_size=1, max_size=60)
LOTS = some.floats(0, 1, exclude_max=True)


def test_patience_is_estimated_as_kaplan_and_meier_did() -> None:
    """Freireich's leukaemia remissions (6-MP group), the textbook example, give the textbook's survival."""
    left = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    still_there = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    found = kaplan_meier([Wait(t, answered=False) for t in left] + [Wait(t, answered=True) for t in still_there])
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {t: round(found.share_above(t), 3) for t in published} == published
    assert found.share_above(35) == 0


def test_without_anybody_served_patience_is_what_was_seen() -> None:
    """When every caller hung up, the estimate is the plain share of those who waited longer."""
    found = kaplan_meier([Wait(t, answered=False) for t in (10.0, 20.0, 30.0, 40.0)])
    assert [found.share_above(t) for t in (5, 10, 25, 40)] == [1, 0.75, 0.5, 0]


@given(WAITS, some.integers(0, 350).map(float), LOTS)
def test_nobody_is_drawn_less_patient_than_they_were_seen_to_be(waits: list[Wait], known: float, drawn: float) -> None:
    """A drawn patience is above what the caller is known to have waited, or just that where nothing is known beyond."""
    found = kaplan_meier(waits)
    patience = found.patience(longer_than=known, lot=drawn)
    longest = max(wait.seconds for wait in waits)
    assert patience > known if known < longest else patience == known
    assert patience <= max(longest, known)


@given(WAITS)
def test_the_share_of_patient_callers_only_falls(waits: list[Wait]) -> None:
    """Survival begins at one, never rises, and ends at zero."""
    found = kaplan_meier(waits)
    shares = [found.share_above(float(t)) for t in range(-1, 302)]
    assert shares[0] == 1
    assert shares[-1] == 0
    assert all(later <= earlier for earlier, later in pairwise(shares))


def test_drawn_patience_follows_the_estimate() -> None:
    """Many draws leave the shares that the estimate says, whether or not a first part of the wait is known."""
    found = kaplan_meier([Wait(float(t), answered=t % 3 == 0) for t in range(1, 200)])
    for known in (0.0, 60.0):
        draws = [found.patience(longer_than=known, lot=lot(7, f"{known}/{n}")) for n in range(4000)]
        for t in (80, 120, 160):
            assert mean(drawn > t for drawn in draws) == pytest.approx(
                found.share_above(t) / found.share_above(known), abs=0.03
            )


@given(some.integers(), some.text())
def test_a_lot_can_be_drawn_again(seed: int, name: str) -> None:
    """The same seed and name give the same number from 0 to below 1."""
    assert lot(seed, name) == lot(seed, name)
    assert 0 <= lot(seed, name) < 1


def test_lots_are_even() -> None:
    """Lots fill every tenth alike, and another seed gives others."""
    drawn = [lot(1, str(n)) for n in range(10_000)]
    assert all(mean(int(each * 10) == tenth for each in drawn) == pytest.approx(0.1, abs=0.015) for tenth in range(10))
    assert lot(1, "x") != lot(2, "x")


def test_a_missing_service_time_is_one_of_its_type() -> None:
    """A drawn service time is one that a call of the same type had."""
    times = service_times([call(ser_time="10"), call(ser_time="20"), call(type="NE", ser_time="500")])
    assert {times.draw("PS", tenth / 10) for tenth in range(10)} == {10, 20}
    assert {times.draw("NE", tenth / 10) for tenth in range(10)} == {500}


def test_a_type_without_any_service_time_borrows_one() -> None:
    """A type of which no service time is known takes one of any type, and a log without any three minutes."""
    assert service_times([call(ser_time="10")]).draw("AA", 0.99) == 10
    assert service_times([]).draw("AA", 0.5) == WITHOUT_ANY_SECONDS
