"""One queue's recent past: counts in buckets of decided time, so that a window is a sum and never a list of contacts.

Promises the floor figures that depend on the counts and on the five-second slot of the time, on nothing else: whoever
restarts in between shows the same. A window of 300 s is its last 30 buckets, the one that still fills among them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kindline.language.ids import Instant
from kindline.language.service_level import WaitCounts

RATE_SECONDS, RATE_BUCKET = 300.0, 10.0
LEVEL_SECONDS, LEVEL_BUCKET = 1_800.0, 60.0
ARRIVALS, ANSWERS, ABANDONS = 0, 1, 2
OFFERED, IN_TIME, LATE, SHORT, LEFT_IN_TIME, LEFT = 0, 1, 2, 3, 4, 5


@dataclass(slots=True)
class Windows:
    """Counts of one queue: what happened by the time it happened, and outcomes by the time of arrival."""

    rates: dict[int, list[int]] = field(default_factory=dict)
    """Ten-second bucket to arrivals, answers and abandons."""
    levels: dict[int, list[int]] = field(default_factory=dict)
    """Minute of arrival to offered, answered in time, answered late, left at once, left in time, left later."""

    def happened(self, what: int, now: Instant) -> None:
        """Count an arrival, an answer or an abandon."""
        self.rates.setdefault(int(now // RATE_BUCKET), [0, 0, 0])[what] += 1

    def measured(self, outcome: int, *, arrived: Instant, now: Instant) -> None:
        """Count somebody who arrived here: as offered, and later by how their wait ended."""
        minute = int(arrived // LEVEL_BUCKET)
        if minute > _oldest(now, LEVEL_SECONDS, LEVEL_BUCKET):
            self.levels.setdefault(minute, [0] * 6)[outcome] += 1

    def forget(self, now: Instant) -> bool:
        """Let go of what has left its window; says whether anything had."""
        rate, level = _oldest(now, RATE_SECONDS, RATE_BUCKET), _oldest(now, LEVEL_SECONDS, LEVEL_BUCKET)
        old_rates = [bucket for bucket in self.rates if bucket <= rate]
        old_levels = [minute for minute in self.levels if minute <= level]
        for bucket in old_rates:
            del self.rates[bucket]
        for minute in old_levels:
            del self.levels[minute]
        return bool(old_rates or old_levels)

    def sums(self) -> tuple[int, int, int]:
        """Arrivals, answers and abandons of the last 300 s, as of the last `forget`."""
        arrivals = answers = abandons = 0
        for counts in self.rates.values():
            arrivals, answers, abandons = arrivals + counts[0], answers + counts[1], abandons + counts[2]
        return arrivals, answers, abandons

    def level(self, now: Instant, target: float) -> WaitCounts:
        """How those fared who arrived in the last 1,800 s.

        Whoever still waits, and could still be answered in time, says nothing yet; a minute that lies longer back than
        the target counts everybody who arrived in it. So a queue in which nobody is answered cannot look well.
        """
        totals = [0] * 6
        for minute, counts in self.levels.items():
            over = (minute + 1) * LEVEL_BUCKET + target <= now
            totals[OFFERED] += counts[OFFERED] if over else sum(counts[1:])
            for kind in range(1, 6):
                totals[kind] += counts[kind]
        return WaitCounts(
            offered=totals[OFFERED],
            answered=totals[IN_TIME] + totals[LATE],
            in_time=totals[IN_TIME],
            left_in_time=totals[LEFT_IN_TIME] + totals[SHORT],
            short=totals[SHORT],
        )

    def __bool__(self) -> bool:
        """Whether anything is counted."""
        return bool(self.rates or self.levels)


def _oldest(now: Instant, seconds: float, bucket: float) -> int:
    """The newest bucket that lies outside a window of so many seconds."""
    return int(now // bucket) - int(seconds / bucket)
