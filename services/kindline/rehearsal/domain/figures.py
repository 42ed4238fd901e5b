"""The figures of a span of calls, the same for a log and for its rehearsal, each by one definition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from kindline.language.service_level import ServiceLevels, Wait, service_levels
from kindline.rehearsal.domain.calls import LoggedCall, Outcome
from kindline.rehearsal.domain.staffing import Shift

TARGET_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution over people, without their names; None when there are none."""

    lowest: float | None
    median: float | None
    highest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is compared; times in seconds."""

    arrivals: int
    served: int
    abandoned_in_ivr: int
    abandoned_in_queue: int
    queued: int
    """Of those who asked for an agent, how many found none free."""
    mean_wait_of_queued: float | None
    median_wait_of_queued: float | None
    levels: ServiceLevels
    mean_service: float | None
    occupancy: Spread

    @property
    def abandoned(self) -> int:
        """Everybody who hung up unserved."""
        return self.abandoned_in_ivr + self.abandoned_in_queue


def figures(
    waits: Sequence[Wait],
    queued: Sequence[float],
    services: Sequence[float],
    *,
    in_ivr: int,
    occupancy: Spread,
    others: int = 0,
) -> Figures:
    """The figures of contacts: each wait of those who asked for an agent, the waits of those who found none free.

    `others` arrived and neither were served nor hung up.
    """
    served = sum(wait.answered for wait in waits)
    return Figures(
        arrivals=len(waits) + in_ivr + others,
        served=served,
        abandoned_in_ivr=in_ivr,
        abandoned_in_queue=len(waits) - served,
        queued=len(queued),
        mean_wait_of_queued=mean(queued) if queued else None,
        median_wait_of_queued=median(queued) if queued else None,
        levels=service_levels(waits, target_seconds=TARGET_SECONDS),
        mean_service=mean(services) if services else None,
        occupancy=occupancy,
    )


def log_figures(calls: Iterable[LoggedCall], shifts: Sequence[Shift] = ()) -> Figures:
    """The log's own figures; occupancy is service time in the quarter hours in which a server served anybody."""
    real = [call for call in calls if call.outcome is not Outcome.PHANTOM]
    offered = [call for call in real if call.offered]
    work: dict[str, float] = {}
    for call in offered:
        work[call.server] = work.get(call.server, 0.0) + (call.service_seconds or 0.0)
    return figures(
        [call.wait for call in offered],
        [call.queue_seconds for call in offered if call.queue_seconds > 0],
        [call.service_seconds for call in offered if call.service_seconds is not None],
        in_ivr=len(real) - len(offered),
        occupancy=spread(work.get(shift.agent_id, 0.0) / shift.seconds for shift in shifts if shift.seconds),
    )


def spread(values: Iterable[float]) -> Spread:
    """Lowest, median and highest of these values."""
    every = list(values)
    return Spread(min(every), median(every), max(every)) if every else Spread(None, None, None)
