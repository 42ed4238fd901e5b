"""What an estimator's recent record is worth: how far it was off, and the range that would have kept the promises.

Pure numbers, for `waits`. A promise is kept when an agent answers before its end; it is broken by an answer after it
and by a customer who leaves after it. Whoever leaves before its end says nothing of it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from math import fsum, log

GRAIN_SECONDS = 10.0
"""Added to both waits before they are compared: 6 seconds for 2 is no error by a factor of three."""
FEWEST = 20
"""With fewer samples an estimator's word is worth nothing yet."""
NEAREST = 50
"""The range comes from so many samples, those whose estimates were nearest in size: long waits stray otherwise."""
KEPT_SHARE = 0.85
"""The promise ends in the middle between the 80th and the 90th percentile."""
EARLY_SHARE = 0.15
"""As few are answered before the range begins."""


class Record:
    """One estimator's recent samples, by the size of the estimate."""

    __slots__ = ("_error", "_samples")

    def __init__(self) -> None:
        """Begin with none."""
        self._samples: list[tuple[float, float, bool, float]] = []
        self._error: float | None = 0.0

    def add(self, estimate: float, actual: float, *, served: bool) -> None:
        """Whoever was estimated to wait so long waited `actual` seconds; an estimate of 0 was none."""
        if estimate > 0:
            self._error = None
            ratio = _ratio(estimate, actual)
            insort(self._samples, (estimate, ratio, served, abs(log(ratio))))

    def remove(self, estimate: float, actual: float, *, served: bool) -> None:
        """Forget a sample that was added."""
        if estimate > 0:
            self._error = None
            del self._samples[bisect_left(self._samples, (estimate, _ratio(estimate, actual), served, 0.0))]

    @property
    def speaks(self) -> bool:
        """Whether there are enough samples."""
        return len(self._samples) >= FEWEST

    @property
    def error(self) -> float:
        """By what factor it was off, in the mean, for those who were answered: the logarithm, the same either way."""
        # Summed exactly, so that it does not depend on the order in which samples came.
        if self._error is None:
            found = [error for _, _, served, error in self._samples if served]
            self._error = fsum(found) / len(found) if found else 0.0
        return self._error

    def range_of(self, estimate: float) -> tuple[float, float] | None:
        """The least and the most seconds that an estimate of this size stands for; None when nothing can be promised.

        The end is the least by which KEPT_SHARE of the nearest samples' promises would have been kept, one more counted
        as broken for what is not known; before the beginning EARLY_SHARE of them were answered.
        """
        found = self._nearest(estimate)
        served = [ratio for ratio, is_served in found if is_served]
        kept = 0
        for place, (ratio, is_served) in enumerate(found, start=1):
            kept += is_served
            # All who come after in this order waited longer: their promises would be broken.
            if is_served and kept >= KEPT_SHARE * (kept + len(found) - place + 1):
                least = served[int(EARLY_SHARE * len(served))]
                return _seconds(estimate, min(least, ratio)), _seconds(estimate, ratio)
        return None

    def _nearest(self, estimate: float) -> list[tuple[float, bool]]:
        """Ratios of those nearest in size, lowest first; at a draw who was answered before who left."""
        middle = bisect_left(self._samples, (estimate,))
        begin = max(min(middle - NEAREST // 2, len(self._samples) - NEAREST), 0)
        near = self._samples[begin : begin + NEAREST]
        return sorted(((ratio, served) for _, ratio, served, _ in near), key=lambda one: (one[0], not one[1]))


def _ratio(estimate: float, actual: float) -> float:
    return (actual + GRAIN_SECONDS) / (estimate + GRAIN_SECONDS)


def _seconds(estimate: float, ratio: float) -> float:
    return max(ratio * (estimate + GRAIN_SECONDS) - GRAIN_SECONDS, 0.0)
