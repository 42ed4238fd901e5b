"""What makes the hours of a plan valid: zones that exist, times that a clock shows, days that a calendar has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kindline.language.calendars import CalendarFrame, CalendarPlan, Weekday, wall_seconds
from kindline.language.plan import Plan
from kindline.language.plan_problems import Problem

Path = tuple[str | int, ...]


def zones(plan: Plan) -> Iterator[Problem]:
    """The pool's zone and each calendar's exist."""
    named: list[tuple[Path, str]] = [(("time_zone",), plan.time_zone)] if plan.time_zone else []
    named += [
        (("calendars", index, "time_zone"), calendar.time_zone)
        for index, calendar in enumerate(plan.calendars)
        if calendar.time_zone
    ]
    for path, zone in named:
        if not _is_zone(zone):
            yield Problem(path, f"{zone!r} is no time zone; name one as Europe/Riga or UTC")


def calendars(plan: Plan) -> Iterator[Problem]:
    """Each calendar has a name of its own, opens at some time, and is read without guessing."""
    for index, calendar in enumerate(plan.calendars):
        path = ("calendars", index)
        if not calendar.name:
            yield Problem((*path, "name"), "is missing")
        elif any(other.name == calendar.name for other in plan.calendars[:index]):
            yield Problem((*path, "name"), f"{calendar.name!r} is there already; each name stands once")
        if not calendar.frames and not any(holiday.frames for holiday in calendar.holidays):
            yield Problem((*path, "frames"), "are missing, so it never opens; give days, opens and closes")
        yield from _frames(calendar.frames, (*path, "frames"), on_a_date=False)
        yield from _holidays(calendar, path)


def known_calendars(plan: Plan) -> Iterator[Problem]:
    """Queues name calendars that there are."""
    names = [calendar.name for calendar in plan.calendars]
    for index, queue in enumerate(plan.queues):
        if queue.calendar and queue.calendar not in names:
            known = ", ".join(names) or "none yet"
            yield Problem(("queues", index, "calendar"), f"unknown calendar {queue.calendar!r}; the plan has: {known}")


def _holidays(calendar: CalendarPlan, path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, holiday in enumerate(calendar.holidays):
        here = (*path, "holidays", number)
        if not _is_date(holiday.date):
            yield Problem((*here, "date"), f"is {holiday.date!r}; write it as 2026-12-25")
        elif holiday.date in seen:
            yield Problem((*here, "date"), f"{holiday.date} is there already; each date stands once")
        seen.add(holiday.date)
        yield from _frames(holiday.frames, (*here, "frames"), on_a_date=True)


def _frames(frames: Sequence[CalendarFrame], path: Path, *, on_a_date: bool) -> Iterator[Problem]:
    for number, frame in enumerate(frames):
        here = (*path, number)
        if on_a_date and frame.days:
            yield Problem((*here, "days"), "are given by the date; leave them out")
        elif not on_a_date and (not frame.days or Weekday.UNSPECIFIED in frame.days):
            yield Problem((*here, "days"), "are missing; name one or more, as monday")
        times = [_time(frame.opens), _time(frame.closes)]
        for field, text, seconds in zip(("opens", "closes"), (frame.opens, frame.closes), times, strict=True):
            if seconds is None:
                yield Problem((*here, field), f"is {text!r}; write it as 09:00, or 24:00 for midnight after the day")
        opens, closes = times
        if opens is not None and closes is not None and opens >= closes:
            message = f"is {frame.closes}, not after {frame.opens}; a night is two frames, until 24:00 and from 00:00"
            yield Problem((*here, "closes"), message)


def _time(text: str) -> int | None:
    try:
        return wall_seconds(text) if text.isascii() else None
    except ValueError:
        return None


def _is_date(text: str) -> bool:
    """Whether it is a day, written in the one way in which every reader of a plan compares it with others."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
