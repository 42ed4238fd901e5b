"""Told waits hold for 80 to 92 of 100, whoever measures: the engine on a virtual clock, or the log's own waits.

A promise is kept when an agent answers before the end of the range. It is broken by a later answer, and by a customer
who leaves after its end; who leaves before its end counts for neither. Everybody is counted who had to wait and was
told a range when they joined. `make test` plays a week; `make calibration` a month, LOG=FILE another one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from kindline.commands.replay_reading import read_span
from kindline.commands.replaying.span import Span
from tests.domain.calibration.promises import Promise, Share, as_logged, queues, replayed, thirds
from tests.domain.rehearsal.bank_log import JANUARY

LOG = Path(os.environ.get("KINDLINE_CALIBRATION_LOG") or JANUARY)
EVERYTHING = os.environ.get("KINDLINE_CALIBRATION", "") == "all"
LEAST, MOST = 0.80, 0.92
"""Honest, and not padded."""
ENOUGH = 500
"""Fewer settled promises stray by chance: three standard deviations of 500 are 5 of 100."""
WEEK = (datetime(1999, 1, 17), datetime(1999, 1, 24))  # noqa: DTZ001 - the bank's own time

pytestmark = [
    pytest.mark.skipif(not LOG.exists(), reason=f"there is no call log at {LOG}"),
    pytest.mark.timeout(900 if EVERYTHING else 120),
]


def span_of_log(begin: datetime | None, until: datetime | None) -> Span:
    """These days of the log; None reaches to its end."""
    return read_span(LOG, (begin, until), 1, Console(quiet=True))


def judge(promises: Sequence[Promise]) -> None:
    """All, each third of the time and each large queue must hold; all of it is told."""
    whole = Share.of("all", promises)
    parts = [*thirds(promises), *queues(promises)]
    for line in (whole, *parts):
        print(line)
    assert LEAST <= whole.kept <= MOST, whole
    for part in parts:
        if part.settled >= ENOUGH:
            assert LEAST <= part.kept <= MOST, part


@pytest.fixture(scope="module")
def whole() -> Span:
    """The whole log."""
    return span_of_log(None, None)


def test_told_waits_hold_in_a_replay(whole: Span) -> None:
    """A week of calls through the real engine: of 100 who wait and are told a range, it holds for 80 to 92."""
    judge(replayed(whole if EVERYTHING else span_of_log(*WEEK)))


def test_told_waits_hold_for_the_waits_that_the_log_itself_tells_of(whole: Span) -> None:
    """No engine decides here: the log says who waited how long, and the promises hold as well."""
    judge(as_logged(whole.calls))
