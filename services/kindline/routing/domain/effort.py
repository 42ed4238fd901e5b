"""How much an agent was given in the last hour: work per available time, by which the next work is shared out.

A span is a stretch of availability with its mean load (used units by the agent's units). Neighbouring spans within five
minutes are merged, so an hour is about a dozen spans whatever happened in it. The running stretch counts up to the last
full minute only, so that scores stand still for a minute and agents can be kept in order.

All spans of an agent lie in one array, three numbers each: as tuples of floats they were forty objects for an hour, all
over the memory, and to read them took longer than to reckon with them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from kindline.language.ids import Instant

HOUR = 3_600.0
MINUTE = 60.0
MERGE = 300.0
ENOUGH_SECONDS = 600.0
"""Below this available time an agent's own score says too little: the pool's median stands in for it."""

Span = tuple[Instant, Instant, float]
"""From, to, mean load."""
Spans: TypeAlias = "array[float]"
"""All numbers of each span, one span after the other."""
EACH = 3
START, END, MEAN = -3, -2, -1
"""Where those of the last span are."""


def no_spans() -> Spans:
    """Those of somebody who was never available."""
    return array("d")


def spans_of(spans: Iterable[Span]) -> Spans:
    """These spans, one after the other."""
    return array("d", chain.from_iterable(spans))


def each(spans: Spans) -> Iterator[Span]:
    """One span after the other."""
    values = iter(spans)
    return zip(values, values, values, strict=False)


def minute_of(now: Instant) -> Instant:
    """The last full minute."""
    return now // MINUTE * MINUTE


def begin(spans: Spans, at: Instant) -> None:
    """Availability begins, or goes on where it ended at this very instant."""
    if not spans or spans[END] != at:
        spans.extend((at, at, 0.0))


def carry(spans: Spans, sums: Sums, load: float, until: Instant) -> None:
    """Extend the running stretch, whose load was `load`, to `until`; forget what is older than an hour."""
    end = spans[END]
    if until <= end:
        return
    start = spans[START]
    if start // MERGE == until // MERGE or start == end:
        spans[MEAN] = (spans[MEAN] * (end - start) + load * (until - end)) / (until - start)
        spans[END] = until
        return
    if sums.spans == len(spans):
        # What was the last span is added last, as `_sum_up` would: not one of the sums comes out otherwise.
        _add(sums, start, end, spans[MEAN])
        sums.spans += EACH
    spans.extend((end, until, load))
    oldest = until - HOUR - MINUTE
    if spans[1] < oldest:
        del spans[: next(EACH * number for number, span in enumerate(each(spans)) if span[1] >= oldest)]
        sums.spans = -1


@dataclass(slots=True)
class Sums:
    """Work and available seconds of all spans but the last, as of a minute: a scratch pad for quick reckoning.

    `spans` is how many numbers there were.
    """

    minute: Instant = -1.0
    spans: int = -1
    work: float = 0.0
    available: float = 0.0


def reckon(spans: Spans, sums: Sums, *, running: bool, load: float, minute: Instant) -> float | None:
    """Work per available time in the hour before `minute` and since, or None while there is too little to tell."""
    if not spans:
        return None
    if sums.minute != minute or sums.spans != len(spans):
        _sum_up(spans, sums, minute)
    since = minute - HOUR
    work, available = sums.work, sums.available
    end = spans[END]
    if end > since:
        seconds = end - max(spans[START], since)
        available += seconds
        work += spans[MEAN] * seconds
    if running and minute > end:
        ahead = min(minute - end, HOUR)
        available += ahead
        work += load * ahead
    return work / available if available >= ENOUGH_SECONDS else None


def _add(sums: Sums, start: Instant, end: Instant, mean: float) -> None:
    """A span more that is over."""
    since = sums.minute - HOUR
    if end > since:
        seconds = end - max(start, since)
        sums.available += seconds
        sums.work += mean * seconds


def _sum_up(spans: Spans, sums: Sums, minute: Instant) -> None:
    since = minute - HOUR
    work = available = 0.0
    for start, end, mean in each(spans[:START]):
        if end > since:
            # Compared here, as to call `max` takes longer than all the rest of this line and the next two.
            seconds = end - (start if start > since else since)  # noqa: FURB136
            available += seconds
            work += mean * seconds
    sums.minute, sums.spans, sums.work, sums.available = minute, len(spans), work, available
