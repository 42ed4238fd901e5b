"""When a queue is open: wall-clock frames of a calendar, read in its zone, on days of 23, 24 or 25 hours alike.

An instant is open when the clock on the wall there reads a time within a frame of that day. Nothing is added to or
taken from an instant to find out, so a jump of the clock can neither lose an hour nor open a queue on a wrong day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from kindline.language.calendars import DAY_SECONDS, CalendarFrame, CalendarPlan, wall_seconds
from kindline.language.ids import Instant

HORIZON_DAYS = 400
"""How far ahead the next change is looked for: a year with its holidays and a month."""

PROBE_SECONDS = 4 * 3_600
"""No zone moves its clock twice within this time."""

DAY = timedelta(days=1)

Stretch = tuple[int, int]
"""Seconds of the wall clock from which and until which it is open."""


class Hours:
    """A calendar, read once."""

    __slots__ = ("_days", "_holidays", "zone")

    def __init__(self, calendar: CalendarPlan, zone: str) -> None:
        """Read a calendar; `zone` counts where it names none. Raises ValueError for what plan checks refuse."""
        self.zone = ZoneInfo(calendar.time_zone or zone or "UTC")
        self._days = tuple(_stretches(frame for frame in calendar.frames if day in frame.days) for day in range(1, 8))
        self._holidays = {
            date.fromisoformat(holiday.date): _stretches(iter(holiday.frames)) for holiday in calendar.holidays
        }

    def on(self, day: date) -> tuple[Stretch, ...]:
        """When it is open on a day."""
        return self._holidays[day] if day in self._holidays else self._days[day.weekday()]

    def open_at(self, at: Instant) -> bool:
        """Whether it is open at an instant."""
        wall = datetime.fromtimestamp(at, self.zone)
        seconds = wall.hour * 3_600 + wall.minute * 60 + wall.second
        return any(opens <= seconds < closes for opens, closes in self.on(wall.date()))

    def may_change(self, day: date) -> Iterator[Instant]:
        """Every instant of a day at which it may open or close: at the times of frames, and when the clock jumps."""
        # 24:00 is 00:00 of the next day, which is among that day's.
        times = {0, *(second % DAY_SECONDS for stretch in self.on(day) for second in stretch)}
        for seconds in times:
            hour, minute = seconds // 3_600, seconds % 3_600 // 60
            wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
            # A time that comes twice that day is two instants.
            yield from (wall.replace(fold=fold).timestamp() for fold in (0, 1))
        begin, end = self._midnight(day), self._midnight(day + DAY)
        for low in range(begin, end, PROBE_SECONDS):
            high = min(low + PROBE_SECONDS, end)
            if self._offset(low) != self._offset(high):
                yield self._jump(low, high)

    def _midnight(self, day: date) -> int:
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    def _offset(self, at: Instant) -> timedelta | None:
        return datetime.fromtimestamp(at, self.zone).utcoffset()

    def _jump(self, low: int, high: int) -> Instant:
        before = self._offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._offset(middle) == before else (low, middle)
        return float(high)


@lru_cache(maxsize=256)
def _hours(calendar: CalendarPlan, zone: str) -> Hours:
    return Hours(calendar, zone)


def is_open(calendar: CalendarPlan, zone: str, at: Instant) -> bool:
    """Whether the calendar is open at an instant; `zone` counts where it names none."""
    return _hours(calendar, zone).open_at(at)


def next_change(calendar: CalendarPlan, zone: str, at: Instant) -> Instant | None:
    """The first instant after this one at which it opens or closes; None when it does neither for 400 days."""
    hours = _hours(calendar, zone)
    now = hours.open_at(at)
    day = datetime.fromtimestamp(at, hours.zone).date()
    for ahead in range(-1, HORIZON_DAYS):
        # Two days at once, for a jump at midnight may put what is read off one day behind the first of the next.
        today, tomorrow = day + DAY * ahead, day + DAY * (ahead + 1)
        for instant in sorted({*hours.may_change(today), *hours.may_change(tomorrow)}):
            if instant > at and hours.open_at(instant) is not now:
                return instant
    return None


def _stretches(frames: Iterator[CalendarFrame]) -> tuple[Stretch, ...]:
    return tuple(sorted((wall_seconds(frame.opens), wall_seconds(frame.closes)) for frame in frames))
