"""Two stream workers on a real broker, killed and restarted under load: nothing is lost, nothing counted twice."""

import time
from pathlib import Path

import pytest

from tests.faults.stream_run import RESTARTS, StreamRun

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(180)]

EVENTS, PER_SECOND = 8_000, 400.0


def test_no_event_is_lost_while_workers_are_killed_and_restarted(kafka_address: str, tmp_path: Path) -> None:
    """Of 8,000 events every one is answered although workers are killed and restarted, and every count is exact."""
    run = StreamRun(kafka_address, tmp_path, session_timeout=6.0)
    run.make_topics()
    try:
        run.start(0)
        run.start(1)
        time.sleep(3.0)  # Not a wait for readiness: whoever starts later must lose nothing either.
        run.feed(EVENTS, PER_SECOND, RESTARTS)
        outcome = run.outcome()
    finally:
        run.end_all()
    assert outcome.inputs == EVENTS
    assert outcome.behind == 0
    assert outcome.lost == 0
    assert outcome.wrong_rows == 0
    assert outcome.repeated < EVENTS // 10
