"""The board that `kindline watch` draws: what it shows can be read, on a wide terminal and on a usual one."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from kindline.commands.floor_view import floor_view
from kindline.language.floor import ExpectedWait, QueueState, ServiceLevel

ENGLISH = QueueState(
    pool="acme/support",
    queue="english",
    waiting=20,
    oldest_waiting_since=912.0,
    offered=3,
    active=6,
    arrivals=26,
    answers=7,
    abandons=1,
    service_level=ServiceLevel(
        definition="answered_within/offered_less_short", value=0.23, target_seconds=60.0, window_seconds=300.0
    ),
    expected_wait=ExpectedWait(low_seconds=564.0, high_seconds=1_537.0),
    as_of=1_000.0,
)


@pytest.mark.parametrize("width", [80, 119, 120, 140])
def test_no_figure_of_a_queue_is_cut(width: int) -> None:
    """Below 120 characters there are fewer columns, and each says all of what it says: a wait of 9:2 is no wait."""
    page = StringIO()
    console = Console(file=page, width=width)
    console.print(floor_view({"acme/support/english": ENGLISH}, now=1_000.0, width=width))
    drawn = page.getvalue()
    assert "\N{HORIZONTAL ELLIPSIS}" not in drawn
    for word in ("waiting", "20", "oldest", "1:28", "23%", "expect", "9:24-25:37"):
        assert word in drawn, drawn
    assert ("answered" in drawn) == (width >= 120)
