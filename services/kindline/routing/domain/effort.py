"""How much an agent was given in the last hour: work per available time, by which the next work is shared out.

A span is a stretch of availability with its mean load (used units by the agent's units). Neighbouring spans within five
minutes are merged, so an hour is about a dozen spans whatever happened in it. The running stretch counts up to the last
full minute only, so that scores stand still for a minute and agents can be kept in order.
"""

from __future__ import annotations

from dataclasses import dataclass

from kindline.language.ids import Instant

HOUR = 3_600.0
MINUTE = 60.0
MERGE = 300.0
ENOUGH_SECONDS = 600.0
"""Below this available time an agent's own score says too little: the pool's median stands in for it."""

Span = tuple[Instant, Instant, float]
"""From, to, mean load."""


def minute_of(now: Instant) -> Instant:
    """The last full minute."""
    return now // MINUTE * MINUTE


def begin(spans: list[Span], at: Instant) -> None:
    """Availability begins, or goes on where it ended at this very instant."""
    if not spans or spans[-1][1] != at:
        spans.append((at, at, 0.0))


def carry(spans: list[Span], sums: Sums, load: float, until: Instant) -> None:
    """Extend the running stretch, whose load was `load`, to `until`; forget what is older than an hour."""
    start, end, mean = spans[-1]
    if until <= end:
        return
    if start // MERGE == until // MERGE or start == end:
        whole = until - start
        spans[-1] = (start, until, (mean * (end - start) + load * (until - end)) / whole)
        return
    spans.append((end, until, load))
    oldest = until - HOUR - MINUTE
    if spans[0][1] < oldest:
        del spans[: next(number for number, span in enumerate(spans) if span[1] >= oldest)]
        sums.spans = -1


@dataclass(slots=True)
class Sums:
    """Work and available seconds of all spans but the last, as of a minute: a scratch pad for quick reckoning."""

    minute: Instant = -1.0
    spans: int = -1
    work: float = 0.0
    available: float = 0.0


def reckon(spans: list[Span], sums: Sums, *, running: bool, load: float, minute: Instant) -> float | None:
    """Work per available time in the hour before `minute` and since, or None while there is too little to tell."""
    if not spans:
        return None
    if sums.minute != minute or sums.spans != len(spans):
        _sum_up(spans, sums, minute)
    since = minute - HOUR
    work, available = sums.work, sums.available
    start, end, mean = spans[-1]
    if end > since:
        seconds = end - max(start, since)
        available += seconds
        work += mean * seconds
    if running and minute > end:
        ahead = min(minute - end, HOUR)
        available += ahead
        work += load * ahead
    return work / available if available >= ENOUGH_SECONDS else None


def _sum_up(spans: list[Span], sums: Sums, minute: Instant) -> None:
    since = minute - HOUR
    work = available = 0.0
    for start, end, mean in spans[:-1]:
        if end > since:
            seconds = end - max(start, since)
            available += seconds
            work += mean * seconds
    sums.minute, sums.spans, sums.work, sums.available = minute, len(spans), work, available
