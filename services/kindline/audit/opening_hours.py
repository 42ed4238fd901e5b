"""When a queue is open, worked out anew: the wall clock of the calendar's zone, the day's frames, holidays first."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from kindline.language.calendars import CalendarPlan
from kindline.language.ids import Instant


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def is_open(calendar: CalendarPlan, zone: str, at: Instant) -> bool:
    """Whether the calendar is open at an instant; `zone` is the pool's, for a calendar that names none."""
    wall = datetime.fromtimestamp(at, _zone(calendar.time_zone or zone or "UTC"))
    date, clock = wall.date().isoformat(), f"{wall:%H:%M}"
    holidays = [day for day in calendar.holidays if day.date == date]
    if holidays:
        frames = [frame for day in holidays for frame in day.frames]
    else:
        frames = [frame for frame in calendar.frames if wall.isoweekday() in frame.days]
    # Times of day are written with four digits, so they sort as words do, and 24:00 comes after all of them.
    return any(frame.opens <= clock < frame.closes for frame in frames)
