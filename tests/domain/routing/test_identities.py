"""Copies of events are known for as long as was promised: exactly, however forgetting is spread over time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindline.routing.domain import identities
from kindline.routing.domain.identities import HOUR, OPENINGS_KEPT_HOURS, OTHERS_KEPT_HOURS, WIDTH, Identities

COMING = st.lists(
    st.tuples(st.integers(0, 12), st.booleans(), st.sampled_from([0, 0, 0, 1, 24, 25, 26, 192, 193, 194, 400])),
    max_size=60,
)


class Naive:
    """Each identity with its hour, all looked through each time."""

    def __init__(self) -> None:
        """Begin with none."""
        self.kept: dict[bytes, tuple[int, bool]] = {}

    def add(self, identity: bytes, *, opening: bool, hour: int) -> None:
        """Forget, then remember."""
        for one, (since, opened) in list(self.kept.items()):
            if hour - since > (OPENINGS_KEPT_HOURS if opened else OTHERS_KEPT_HOURS):
                del self.kept[one]
        self.kept.setdefault(identity, (hour, opening))


@given(COMING)
def test_what_is_remembered_is_what_was_promised(coming: list[tuple[int, bool, int]]) -> None:
    """At each step the same are known as by the simplest way, also after a restart and while rows are taken."""
    memory, naive, hour = Identities(), Naive(), 0
    for number, opening, later in coming:
        hour += later
        identity = number.to_bytes(WIDTH, "big")
        begun, known = memory.rows(), sorted(naive.kept)
        memory.add(identity, opening=opening, at=hour * HOUR)
        naive.add(identity, opening=opening, hour=hour)
        for each in range(13):
            name = each.to_bytes(WIDTH, "big")
            assert (name in memory) == (name in naive.kept)
        assert sorted(name for row in begun for name in split(row.identities)) == known
        if number % 5 == 0:
            rows = list(memory.rows())
            memory = Identities()
            for row in rows:
                memory.restore(row)
            assert list(memory.rows()) == rows


def split(joined: bytes) -> list[bytes]:
    """The identities of a row."""
    return [joined[start : start + WIDTH] for start in range(0, len(joined), WIDTH)]


def test_what_is_forgotten_is_cleared_away_little_by_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour of a thousand is unknown at once, and gone from memory after as many more came as it takes."""
    monkeypatch.setattr(identities, "CLEARED", 100)
    memory = Identities()
    for number in range(1_000):
        memory.add(number.to_bytes(WIDTH, "big"), opening=False, at=0.0)
    for number in range(10):
        memory.add((1_000_000 + number).to_bytes(WIDTH, "big"), opening=False, at=30 * HOUR)
        assert (5).to_bytes(WIDTH, "big") not in memory
        assert len(memory._seen) == 1_000 - 100 * (number + 1) + number + 1  # noqa: SLF001 - what takes the memory
