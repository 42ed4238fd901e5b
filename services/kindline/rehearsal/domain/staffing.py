"""Who was at work in each quarter hour, as the log shows it, and the shifts that follow.

A server is at work in a quarter hour in which they served somebody; the log knows nothing else about them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kindline.rehearsal.domain.calls import LoggedCall

QUARTER_SECONDS = 900.0

Stretch = tuple[float, float]
"""From and until, seconds since midnight."""


@dataclass(frozen=True, slots=True)
class Shift:
    """When one agent is at work; what lies between two stretches is a break."""

    agent_id: str
    stretches: tuple[Stretch, ...]

    @property
    def seconds(self) -> float:
        """The time at work."""
        return sum(until - begin for begin, until in self.stretches)


def at_work(calls: Iterable[LoggedCall]) -> Mapping[int, frozenset[str]]:
    """Number of the quarter hour since midnight to the servers with a service in it."""
    found: dict[int, set[str]] = defaultdict(set)
    for call in calls:
        if call.server and call.served_at is not None:
            for quarter in _quarters(call.served_at, call.served_at + (call.service_seconds or 0.0)):
                found[quarter].add(call.server)
    return {quarter: frozenset(found[quarter]) for quarter in sorted(found)}


def shifts(quarters: Mapping[int, frozenset[str]], *, begin: float, until: float) -> tuple[Shift, ...]:
    """The shifts of everybody at work within a span of the day; quarters that touch it count whole."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for quarter in sorted(quarters):
        if (quarter + 1) * QUARTER_SECONDS > begin and quarter * QUARTER_SECONDS < until:
            for server in quarters[quarter]:
                numbers[server].append(quarter)
    return tuple(Shift(server, tuple(_stretches(numbers[server]))) for server in sorted(numbers))


def staffed(plan: Iterable[Shift], moment: float) -> frozenset[str]:
    """Who is at work at a moment."""
    return frozenset(shift.agent_id for shift in plan for begin, until in shift.stretches if begin <= moment < until)


def _quarters(begin: float, until: float) -> range:
    first = int(begin // QUARTER_SECONDS)
    last = int(until // QUARTER_SECONDS)
    # A service that ends on the stroke does not reach into the next quarter hour.
    return range(first, last if until > begin and until % QUARTER_SECONDS == 0 else last + 1)


def _stretches(quarters: list[int]) -> Iterator[Stretch]:
    first = quarters[0]
    for quarter, following in zip(quarters, [*quarters[1:], None], strict=True):
        if following != quarter + 1:
            yield first * QUARTER_SECONDS, (quarter + 1) * QUARTER_SECONDS
            if following is not None:
                first = following
