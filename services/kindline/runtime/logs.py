"""Logs: JSON lines for machines, plain sentences at a terminal; never a body, a token or a secret.

Promises SREs one line per event with time, level, service and sentence, and that a library which repeats itself while
the broker is away does not drown everything else.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from kindline.runtime.clock import System, SystemClock

WINDOW_SECONDS = 60.0
LINES_PER_WINDOW = 5
TALKATIVE = ("kafka", "aiokafka", "faust", "mode", "grpc")


def start_logs(service: str, *, form: str = "auto", level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send everything that is logged in this process to one stream in one form ('auto', 'json' or 'plain')."""
    target = stream or sys.stderr
    plain = form == "plain" or (form == "auto" and target.isatty())
    handler = logging.StreamHandler(target)
    handler.setFormatter(PlainLines(service) if plain else JsonLines(service))
    handler.addFilter(RateLimit())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # It warns of each of its own tasks that took 0.1 s, as any does on a busy machine; nobody can act on that.
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
    logging.captureWarnings(capture=True)


class JsonLines(logging.Formatter):
    """One JSON object per line."""

    def __init__(self, service: str) -> None:
        """Name the service in every line."""
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Give time, level, service, logger and sentence; the traceback when there is one."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class PlainLines(logging.Formatter):
    """Time, service and sentence, for a person."""

    def __init__(self, service: str) -> None:
        """Name the service in every line."""
        super().__init__(f"%(asctime)s {service:<8} %(levelname)-7s %(message)s", "%H:%M:%S")


class RateLimit(logging.Filter):
    """Lets through five lines a minute of each talkative library's logger and level, then one count of the rest."""

    def __init__(self, system: System | None = None) -> None:
        """Count by the system clock."""
        super().__init__()
        self._system = system or SystemClock()
        self._windows: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is shown; our own lines always are."""
        if record.name.partition(".")[0] not in TALKATIVE:
            return True
        key, now = (record.name, record.levelno), self._system.monotonic()
        begun, lines = self._windows.get(key, (now, 0))
        if now - begun >= WINDOW_SECONDS:
            if lines > LINES_PER_WINDOW:
                record.msg = f"{record.getMessage()} [and {lines - LINES_PER_WINDOW} more lines like this before]"
                record.args = ()
            begun, lines = now, 0
        self._windows[key] = (begun, lines + 1)
        return lines < LINES_PER_WINDOW
