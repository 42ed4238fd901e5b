"""What a process says: one line per event, in the form its reader wants, and no library that drowns the rest."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from kindline.runtime.logs import LINES_PER_WINDOW, WINDOW_SECONDS, RateLimit, start_logs


class Hand:
    """A clock that the test moves."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.now = 0.0

    def wall(self) -> float:
        """The time."""
        return self.now

    def monotonic(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where logs go; the root logger is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def test_machines_read_one_object_per_line(stream: io.StringIO) -> None:
    """Each line is JSON with time, level, service and sentence, and a traceback when something failed."""
    start_logs("routing", form="json", stream=stream)
    log = logging.getLogger("kindline.test")
    log.info("shard %d is owned", 3)
    try:
        int("three")
    except ValueError:
        log.exception("a decision failed")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["level"], first["service"], first["message"]) == ("info", "routing", "shard 3 is owned")
    assert first["time"].endswith("+00:00")
    assert "ValueError" in second["traceback"]


def test_a_person_reads_sentences(stream: io.StringIO) -> None:
    """At a terminal a line is a time, a service, a level and a sentence."""
    start_logs("routing", form="plain", stream=stream)
    logging.getLogger("kindline.test").warning("waiting for the ledger")
    assert stream.getvalue().rstrip().endswith("routing  WARNING waiting for the ledger")


def test_a_library_that_repeats_itself_is_counted_instead() -> None:
    """Of a Kafka client's hundred equal complaints in a minute five are shown, and the rest are one number later."""
    clock = Hand()
    limit = RateLimit(clock)

    def complaint(name: str) -> logging.LogRecord:
        return logging.LogRecord(name, logging.WARNING, __file__, 1, "no route to %s", ("broker",), None)

    shown = [limit.filter(complaint("kafka.conn")) for _ in range(100)]
    assert sum(shown) == LINES_PER_WINDOW
    assert all(limit.filter(complaint("kindline.ledger")) for _ in range(100))
    clock.now = WINDOW_SECONDS
    later = complaint("kafka.conn")
    assert limit.filter(later)
    assert later.getMessage() == "no route to broker [and 95 more lines like this before]"
