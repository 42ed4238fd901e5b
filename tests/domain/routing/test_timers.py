"""Deadlines fall due in their order, whatever was moved and dropped before, and what is dropped leaves memory soon."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindline.routing.domain import timers
from kindline.routing.domain.timers import Due, TimerKey, Timers

STEPS = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 30), st.none() | st.integers(0, 9).map(float)),
        st.integers(0, 9).map(float),
    ),
    max_size=300,
)


@pytest.mark.parametrize("asked", [1, 7])
@pytest.mark.parametrize("slack, fresh", [(1, 1), (4, 1_024), (4, 6), (1_024, 1_024)])
@given(steps=STEPS)
def test_deadlines_fall_due_in_order(
    slack: int, fresh: int, asked: int, steps: list[tuple[int, float | None] | float]
) -> None:
    """As from a plain dict that is looked through each time, also while the dead are being cleared away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timers, "SLACK", slack)
        patch.setattr(timers, "FRESH", fresh)
        watched, plain = Timers(), dict[TimerKey, float]()
        for number, step in enumerate(steps):
            if isinstance(step, tuple):
                key = (Due(1 + step[0] % 3), f"name-{step[0]}", "")
                watched.watch(key, step[1])
                plain.pop(key, None)
                plain |= {} if step[1] is None else {key: step[1]}
            else:
                first = min(((due, key) for key, due in plain.items() if due <= step), default=(0.0, None))
                assert watched.take(step) == first[1]
                plain.pop(first[1], None) if first[1] else None
            # To ask puts in order what was set: it must come to the same if nobody does for a while.
            assert number % asked or watched.next_due() == min(plain.values(), default=None)
        while plain:
            first = min((due, key) for key, due in plain.items())
            assert watched.take(9.0) == first[1]
            del plain[first[1]]
        assert watched.take(9.0) is None


def test_what_is_dropped_takes_no_memory_for_long() -> None:
    """With ten thousand deadlines that are moved again and again, entries never come to be many times as many."""
    watched, dice, most = Timers(), Random(1), 0
    for number in range(200_000):
        watched.watch((Due.INTERACTION, f"name-{number % 10_000}", ""), dice.random() * 1e6)
        most = max(most, len(watched._heap) + len(watched._old) + len(watched._fresh))  # noqa: SLF001 - what takes the memory
    assert most < 40_000
