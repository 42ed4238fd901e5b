"""How two processes that run the tests share one machine (tests/turns.py)."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from tests.kafka import wait_until
from tests.turns import turn


@contextmanager
def waiting(shared: Path, begun: list[str], name: str, *, lock: str, **needs: bool) -> Iterator[None]:
    """A test of the other process that has to wait at a lock, and has begun and ended afterwards."""

    def run() -> None:
        with turn(shared, **needs):
            begun.append(name)
            time.sleep(0.1)
            begun.append(f"{name} ends")

    other = Thread(target=run)
    with turn(shared, on_broker=lock == "broker"):
        other.start()
        wait_until(lambda: held(shared / lock))
        time.sleep(0.1)
        yield
    other.join(10)


def held(lock: Path) -> bool:
    """Whether somebody holds a lock."""
    with lock.open("w") as tried:
        try:
            fcntl.flock(tried, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_tests_run_side_by_side_but_one_that_watches_the_clock_runs_alone(tmp_path: Path) -> None:
    """One marked alone waits for who has begun, and nobody begins before it ends."""
    begun: list[str] = []
    with waiting(tmp_path, begun, "watching", lock="door", alone=True):
        later = Thread(target=lambda: _begin(tmp_path, begun))
        later.start()
        time.sleep(0.1)
        assert begun == []
    later.join(10)
    assert begun == ["watching", "watching ends", "later"]


def _begin(shared: Path, begun: list[str]) -> None:
    with turn(shared):
        begun.append("later")


@pytest.mark.parametrize("alone", [False, True])
def test_on_a_broker_one_test_goes_on_at_a_time_and_all_others_may(tmp_path: Path, *, alone: bool) -> None:
    """Two tests that need a real broker never run side by side; a test that needs none runs beside either."""
    begun: list[str] = []
    with waiting(tmp_path, begun, "second", lock="broker", on_broker=True, alone=alone):
        _begin(tmp_path, begun)
        assert begun == ["later"]
    assert begun == ["later", "second", "second ends"]
