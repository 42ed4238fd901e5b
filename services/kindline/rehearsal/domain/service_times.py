"""Service times for answered calls that have none in the log: drawn from those of the same type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kindline.rehearsal.domain.calls import LoggedCall

WITHOUT_ANY_SECONDS = 180.0
"""For a log without one service time: three minutes, the order of the trade."""


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """Every known service time, by call type."""

    by_kind: Mapping[str, tuple[float, ...]]

    def draw(self, kind: str, lot: float) -> float:
        """A service time in seconds by a lot from 0 to below 1; of any type when this one has none."""
        known = self.by_kind.get(kind) or tuple(time for times in self.by_kind.values() for time in times)
        return known[int(lot * len(known))] if known else WITHOUT_ANY_SECONDS


def service_times(calls: Iterable[LoggedCall]) -> ServiceTimes:
    """The service times of these calls, each type's in rising order."""
    found: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        if call.service_seconds is not None:
            found[call.kind].append(call.service_seconds)
    return ServiceTimes({kind: tuple(sorted(times)) for kind, times in sorted(found.items())})
