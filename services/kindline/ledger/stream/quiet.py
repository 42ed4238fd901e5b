"""Keeps one broker outage from filling the disk: the same line of a chatty library is logged once in a while.

Ten seconds without a broker bring some 670 lines from aiokafka and Faust. The first of a kind passes, repeats are
counted, and the next one that passes says how many were held back. Errors of our own loggers are never touched.
"""

import logging
from time import monotonic

# Faust logs a service under the module of its class, so our subclasses of its services speak with its voice.
CHATTY = (
    "aiokafka",
    "faust",
    "kafka",
    "mode",
    "kindline.ledger.stream.app",
    "kindline.ledger.stream.consumer",
    "kindline.ledger.stream.recovery",
)


class RateLimit(logging.Filter):
    """Lets each (logger, line of code) through once per `every` seconds."""

    def __init__(self, every: float = 10.0) -> None:
        """Remember nothing yet; the memory is bounded by the lines of code that log."""
        super().__init__()
        self._every = every
        self._passed_at: dict[tuple[str, int], float] = {}
        self._held: dict[tuple[str, int], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record passes, and tell on it how many before it did not."""
        kind, now = (record.pathname, record.lineno), monotonic()
        passed_at = self._passed_at.get(kind)
        if passed_at is not None and now - passed_at < self._every:
            self._held[kind] = self._held.get(kind, 0) + 1
            return False
        self._passed_at[kind] = now
        held = self._held.pop(kind, 0)
        if held:
            record.msg, record.args = f"{record.getMessage()} ({held} more like this were held back)", ()
        return True


def quiet_libraries(level: int = logging.WARNING, every: float = 10.0) -> None:
    """Limit the chatty libraries, in every handler of the root logger: filters on loggers do not reach children."""
    for name in CHATTY:
        logging.getLogger(name).setLevel(level)
    limit = RateLimit(every)
    for handler in logging.getLogger().handlers:
        if not any(isinstance(kept, _ChattyOnly) for kept in handler.filters):
            handler.addFilter(_ChattyOnly(limit))


class _ChattyOnly(logging.Filter):
    """Applies a limit to the chatty libraries' records and lets all others through."""

    def __init__(self, limit: RateLimit) -> None:
        super().__init__()
        self._limit = limit

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith(CHATTY):
            return self._limit.filter(record)
        return True
