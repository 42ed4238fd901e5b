"""A call as a bank's log tells it, after its two clocks, its midnight and its gaps have been judged.

Promises everything else of a rehearsal that a call has a place in time, an outcome and, where the log knows them, a
service time and a server; what the log does not know is None or empty, never 0 by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from kindline.language.service_level import Wait

DAY_SECONDS = 86_400.0
HALF_DAY_SECONDS = DAY_SECONDS / 2


class Outcome(Enum):
    """How the log says that a call ended."""

    SERVED = auto()
    """An agent answered."""
    LEFT_QUEUE = auto()
    """The caller hung up after some time in a queue."""
    LEFT_MENU = auto()
    """The caller hung up before the queue, or within the second in which it was reached."""
    PHANTOM = auto()
    """No call at all; outside every figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCall:
    """One call; times are seconds since the midnight with which its date begins, durations seconds, never negative."""

    line: str
    call_id: str
    customer: str
    """The bank's number of the customer; empty when unknown."""
    priority: int
    """As in the log: 2 is high, 0 and 1 are regular."""
    kind: str
    """The log's call type, such as PS."""
    day: date
    entered_at: float
    menu_seconds: float
    queue_seconds: float
    outcome: Outcome
    service_seconds: float | None = None
    """None when the log has none, or one that cannot be."""
    served_at: float | None = None
    server: str = ""
    """Empty when nobody is named."""

    @property
    def key(self) -> str:
        """What tells this call from every other; the call id alone does not."""
        return f"{self.line}-{self.call_id}-{self.day:%y%m%d}"

    @property
    def queued_at(self) -> float:
        """When the menu was over, and the caller in the queue or with an agent."""
        return self.entered_at + self.menu_seconds

    @property
    def offered(self) -> bool:
        """Whether the call asked for an agent at all."""
        return self.outcome in {Outcome.SERVED, Outcome.LEFT_QUEUE}

    @property
    def wait(self) -> Wait:
        """The time in the queue, for the service levels and for what is known of patience."""
        return Wait(self.queue_seconds, self.outcome is Outcome.SERVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDefect:
    """A row that cannot be used, and why."""

    line_number: int
    """From 1, as editors count."""
    reason: str


def mended(seconds: float) -> float | None:
    """A duration as it must have been: one over midnight is put right, a clock's slip back is 0, nonsense is None."""
    if seconds < -HALF_DAY_SECONDS:
        seconds += DAY_SECONDS
    if not -HALF_DAY_SECONDS <= seconds <= HALF_DAY_SECONDS:
        return None
    return max(0.0, seconds)


def near(clock_time: float, moment: float) -> float:
    """The same time of day within half a day of a moment, whichever side of midnight that is."""
    return clock_time + DAY_SECONDS * round((moment - clock_time) / DAY_SECONDS)
