"""How long callers wait before they hang up, as far as a log can know it: the Kaplan-Meier estimate.

A caller who left shows their patience; of one who was served it is known only that it was longer than their wait. The
longest time seen ends the estimate (Efron's convention), so that nobody waits for ever.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from kindline.language.service_level import Wait


@dataclass(frozen=True, slots=True)
class Survival:
    """The share of callers with a patience above each time at which somebody left."""

    times: tuple[float, ...]
    """Seconds, rising."""
    shares: tuple[float, ...]
    """After each time, falling to 0."""

    def share_above(self, seconds: float) -> float:
        """The share of callers whose patience is longer than this."""
        index = bisect_right(self.times, seconds)
        return self.shares[index - 1] if index else 1.0

    def patience(self, *, longer_than: float, lot: float) -> float:
        """The patience of a caller known to have waited `longer_than` seconds, by a lot from 0 to below 1.

        Beyond the longest time seen nothing is known: there it is what they are known to have waited.
        """
        left = self.share_above(longer_than)
        for index in range(bisect_right(self.times, longer_than), len(self.times)):
            if self.shares[index] <= left * lot:
                return self.times[index]
        return longer_than


def kaplan_meier(waits: Iterable[Wait]) -> Survival:
    """The estimate from these waits; an answered one is censored at its length, after those who left then."""
    left, seen = Counter[float](), Counter[float]()
    for wait in waits:
        seen[wait.seconds] += 1
        left[wait.seconds] += not wait.answered
    at_risk, share = seen.total(), 1.0
    steps: dict[float, float] = {}
    for seconds in sorted(seen):
        if left[seconds]:
            share *= 1 - left[seconds] / at_risk
            steps[seconds] = share
        at_risk -= seen[seconds]
    if seen:
        steps[max(seen)] = 0.0
    return Survival(tuple(steps), tuple(steps.values()))
