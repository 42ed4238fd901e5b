"""Opening hours as a plan writes them; what they mean at an instant is decided where they are used."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

DAY_SECONDS = 86_400


class Weekday(IntEnum):
    """Weekday is a day of the week."""

    UNSPECIFIED = 0
    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPlan:
    """CalendarPlan says when a queue is open."""

    name: str = ""
    time_zone: str = ""
    frames: tuple[CalendarFrame, ...] = ()
    holidays: tuple[CalendarHoliday, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFrame:
    """CalendarFrame is an open stretch on some days."""

    days: tuple[Weekday, ...] = ()
    opens: str = ""
    closes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarHoliday:
    """CalendarHoliday is a day that is unlike others."""

    date: str = ""
    title: str = ""
    frames: tuple[CalendarFrame, ...] = ()


def wall_seconds(time: str) -> int:
    """Seconds of the wall clock at a time such as 09:30 or 24:00. Raises ValueError when it is none."""
    hours, colon, minutes = time.partition(":")
    if not (colon and len(hours) == len(minutes) == len("00") and (hours + minutes).isdecimal()):
        raise ValueError(time)
    seconds = int(hours) * 3_600 + int(minutes) * 60
    if int(minutes) >= 60 or seconds > DAY_SECONDS:  # noqa: PLR2004
        raise ValueError(time)
    return seconds
