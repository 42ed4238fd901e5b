"""A third of an hour of calls and chats, fast, while everything is killed; `make faults` does it for two hours."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.faults.busy_hours import Choices, run

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(600)]


def test_a_busy_third_of_an_hour_survives_the_death_of_every_part(tmp_path: Path) -> None:
    """Every service and the broker are killed while customers come: nothing is lost, and standbys take over in time."""
    choices = Choices(hours=0.3, speed=15.0, parent=tmp_path)
    outcome = run(choices, lambda line: print(line, file=sys.stderr))
    assert not outcome.complaints(), "\n".join(outcome.complaints())
