"""Hours are what the clock on the wall says there, on days of 23 and 25 hours too."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kindline.language.calendars import CalendarFrame, CalendarHoliday, CalendarPlan, Weekday
from kindline.routing.domain.opening_hours import is_open, next_change

WEEK = tuple(day for day in Weekday if day)
OFFICE = CalendarPlan(
    name="office",
    frames=(
        CalendarFrame(days=WEEK[:5], opens="09:00", closes="12:30"),
        CalendarFrame(days=WEEK[:5], opens="13:00", closes="17:30"),
    ),
    holidays=(
        CalendarHoliday(date="2026-12-25", title="Christmas"),
        CalendarHoliday(date="2026-12-24", frames=(CalendarFrame(opens="09:00", closes="12:00"),)),
    ),
)
ROUND_THE_CLOCK = CalendarPlan(frames=(CalendarFrame(days=WEEK, opens="00:00", closes="24:00"),))


def at(zone: str, text: str, fold: int = 0) -> float:
    """The instant at which the clock on the wall of a zone reads this."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


@pytest.mark.parametrize(
    "when, expected",
    [
        ("2026-11-23T08:59:59", False),
        ("2026-11-23T09:00", True),
        ("2026-11-23T12:29:59", True),
        ("2026-11-23T12:30", False),
        ("2026-11-23T13:00", True),
        ("2026-11-23T17:30", False),
        ("2026-11-22T10:00", False),
        ("2026-12-25T10:00", False),
        ("2026-12-24T11:59", True),
        ("2026-12-24T14:00", False),
    ],
)
def test_an_office_opens_shuts_for_lunch_and_has_holidays(when: str, *, expected: bool) -> None:
    """Nine to half past five with lunch on weekdays, half a day on Christmas Eve, and closed on Christmas Day."""
    assert is_open(OFFICE, "Europe/Riga", at("Europe/Riga", when)) is expected


def test_a_calendar_has_its_own_zone_before_that_of_the_pool() -> None:
    """Nine in Shanghai is not nine in Riga."""
    there = CalendarPlan(time_zone="Asia/Shanghai", frames=OFFICE.frames)
    nine = at("Asia/Shanghai", "2026-11-23T09:00")
    assert is_open(there, "Europe/Riga", nine)
    assert not is_open(OFFICE, "Europe/Riga", nine)


def test_a_frame_over_a_jump_of_the_clock_is_an_hour_shorter_or_longer() -> None:
    """From one to four at night is two hours in the night when the clock goes forward, and four when it goes back."""
    night = CalendarPlan(frames=(CalendarFrame(days=WEEK, opens="01:00", closes="04:00"),))
    for day, hours in (("2026-03-29", 2), ("2026-03-30", 3), ("2026-10-25", 4)):
        opens = next_change(night, "Europe/Riga", at("Europe/Riga", f"{day}T00:00"))
        assert opens == at("Europe/Riga", f"{day}T01:00")
        assert opens is not None
        assert next_change(night, "Europe/Riga", opens) == opens + hours * 3_600


def test_an_opening_time_that_the_clock_jumps_over_is_the_jump_and_one_that_comes_twice_opens_twice() -> None:
    """Half past three does not come on the morning in March; on that in October it comes twice, and so does four."""
    short = CalendarPlan(frames=(CalendarFrame(days=WEEK, opens="03:30", closes="03:45"),))
    long = CalendarPlan(frames=(CalendarFrame(days=WEEK, opens="03:30", closes="05:00"),))
    march = at("Europe/Riga", "2026-03-29T02:00")
    assert next_change(short, "Europe/Riga", march) == at("Europe/Riga", "2026-03-30T03:30")
    assert next_change(long, "Europe/Riga", march) == at("Europe/Riga", "2026-03-29T04:00")
    october = at("Europe/Riga", "2026-10-25T03:00")
    first = next_change(short, "Europe/Riga", october)
    assert first == at("Europe/Riga", "2026-10-25T03:30")
    shuts = next_change(short, "Europe/Riga", first)
    assert shuts is not None
    assert next_change(short, "Europe/Riga", shuts) == at("Europe/Riga", "2026-10-25T03:30", fold=1) == first + 3_600


def test_a_line_that_never_closes_has_no_next_change() -> None:
    """Until 24:00 and from 00:00 on is one stretch, in whatever night; a calendar without frames never opens."""
    assert next_change(ROUND_THE_CLOCK, "Europe/Riga", at("Europe/Riga", "2026-10-24T12:00")) is None
    assert next_change(CalendarPlan(), "Europe/Riga", at("Europe/Riga", "2026-10-24T12:00")) is None


TIMES = st.integers(0, 96).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
STRETCHES = st.tuples(TIMES, TIMES).filter(lambda pair: pair[0] < pair[1])
FRAMES = st.lists(
    st.builds(
        lambda days, stretch: CalendarFrame(days=tuple(days), opens=stretch[0], closes=stretch[1]),
        st.sets(st.sampled_from(WEEK), min_size=1),
        STRETCHES,
    ),
    max_size=4,
).map(tuple)
ZONES = st.sampled_from(
    ["Europe/Riga", "Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca",
     "Asia/Kolkata", "Pacific/Apia", "America/Havana", "UTC"]
)  # fmt: skip
# Nights on which a clock somewhere jumps, and any other day.
DAYS = st.one_of(
    st.sampled_from(
        ["2026-03-08", "2026-03-29", "2026-04-05", "2026-09-06", "2026-10-04", "2026-10-25", "2026-11-01"]
    ).map(date.fromisoformat),
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
)


def reads_open(calendar: CalendarPlan, zone: ZoneInfo, instant: float) -> bool:
    """Look at the clock on the wall and at the sheet on the door, as a passer-by does."""
    wall = datetime.fromtimestamp(instant, UTC).astimezone(zone)
    frames = calendar.frames
    special = [holiday for holiday in calendar.holidays if holiday.date == wall.strftime("%Y-%m-%d")]
    today = special[0].frames if special else [frame for frame in frames if wall.isoweekday() in frame.days]
    return any(frame.opens <= wall.strftime("%H:%M") < frame.closes for frame in today)


@settings(max_examples=60)
@given(frames=FRAMES, zone=ZONES, day=DAYS, holiday=st.booleans(), special=FRAMES)
@example(frames=(CalendarFrame(days=WEEK, opens="00:00", closes="00:15"),), zone="America/Santiago",
         day=date(2026, 9, 6), holiday=False, special=())  # fmt: skip
def test_hours_are_those_of_whoever_looks_at_the_clock_every_minute(
    frames: tuple[CalendarFrame, ...], zone: str, day: date, *, holiday: bool, special: tuple[CalendarFrame, ...]
) -> None:
    """For two days and a night around any date, each minute is open as the door says, and changes come when they do."""
    days = (CalendarHoliday(date=day.isoformat(), frames=special),) if holiday else ()
    calendar = CalendarPlan(frames=frames, holidays=days)
    place = ZoneInfo(zone)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)
    minutes = [start.timestamp() + 60 * minute for minute in range(56 * 60)]
    read = [reads_open(calendar, place, instant) for instant in minutes]
    assert [is_open(calendar, zone, instant) for instant in minutes] == read
    changes = [instant for instant, before, now in zip(minutes[1:], read, read[1:], strict=False) if before is not now]
    found, instant = [], minutes[0]
    while (change := next_change(calendar, zone, instant)) is not None and change <= minutes[-1]:
        found.append(change)
        instant = change
    assert found == changes
