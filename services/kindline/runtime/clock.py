"""The two clocks (DESIGN 8): business time for payloads, system time for everything the machine itself needs.

Promises every room that business time is one setting, the same in every service and after every restart, and that
nobody else reads the wall clock: instants are float seconds since 1970-01-01T00:00:00Z, durations are float seconds.
"""

import math
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

VARIABLE = "KINDLINE_CLOCK"
EXAMPLE = "1999-01-18T07:00:00+02:00@60@1760000000"


class ClockUnreadable(ValueError):
    """The setting is no clock; the message names what is wrong and shows one that is right."""


class System(Protocol):
    """What a room may ask of the system clock."""

    def wall(self) -> float:
        """Seconds since the Unix epoch; it may jump."""

    def monotonic(self) -> float:
        """Seconds since some moment in the past; it never jumps back."""


class SystemClock:
    """Heartbeats, silence, leases, RPC and Kafka: always wall and monotonic, never accelerated."""

    def wall(self) -> float:
        """Seconds since the Unix epoch; it may jump."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment in the past; it never jumps back."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """Business time begins at `begin` when the wall shows `wall_origin`, and runs `factor` times as fast."""

    begin: float
    factor: float
    wall_origin: float


class BusinessClock:
    """Offers, wrap-up, SLA, calendars and breaks; it appears only in payloads and `ce_time`."""

    def __init__(self, setting: ClockSetting | None = None, system: System | None = None) -> None:
        """Without a setting business time is the wall."""
        self._setting = setting
        self._system = system or SystemClock()

    @property
    def accelerated(self) -> bool:
        """Whether business time is something else than the wall."""
        return self._setting is not None

    @property
    def factor(self) -> float:
        """How many business seconds pass in one second of the wall."""
        return self._setting.factor if self._setting else 1.0

    def now(self) -> float:
        """Business time, seconds since the Unix epoch."""
        return self.at(self._system.wall())

    def at(self, wall: float) -> float:
        """The business time that belongs to a time of the wall."""
        if self._setting is None:
            return wall
        return self._setting.begin + (wall - self._setting.wall_origin) * self._setting.factor

    def wall_at(self, instant: float) -> float:
        """The time of the wall that belongs to a business time."""
        if self._setting is None:
            return instant
        return self._setting.wall_origin + (instant - self._setting.begin) / self._setting.factor

    def system_seconds(self, business_seconds: float) -> float:
        """How long to wait until so many business seconds have passed."""
        return business_seconds / self.factor


def business_clock(text: str, system: System | None = None) -> BusinessClock:
    """The clock that a setting asks for; empty is the wall. Raises ClockUnreadable."""
    return BusinessClock(parse_clock(text), system) if text else BusinessClock(None, system)


def parse_clock(text: str) -> ClockSetting:
    """Read `<ISO 8601 with offset>@<factor>@<wall origin in Unix seconds>`. Raises ClockUnreadable."""
    begin_text, _, rest = text.partition("@")
    factor_text, _, origin_text = rest.partition("@")
    if not origin_text:
        raise ClockUnreadable(
            f"{VARIABLE}={text} does not say when it began, so a restart would begin the day again: "
            f"add the wall's Unix seconds at the end, as in {EXAMPLE} (`kindline up` does it for its services)"
        )
    begin = _begin(text, begin_text)
    factor, origin = _number(text, "factor", factor_text), _number(text, "wall origin", origin_text)
    if factor <= 0:
        raise ClockUnreadable(f"{VARIABLE}={text}: the factor must be above 0, as in {EXAMPLE}")
    return ClockSetting(begin, factor, origin)


def with_origin(text: str, wall: float) -> str:
    """The same setting with its wall origin, for the children that inherit it. Raises ClockUnreadable."""
    if not text or text.count("@") > 1:
        complete = text
    else:
        complete = f"{text}@{wall:.3f}" if "@" in text else f"{text}@1@{wall:.3f}"
    if complete:
        parse_clock(complete)
    return complete


def _begin(text: str, begin: str) -> float:
    try:
        moment = datetime.fromisoformat(begin)
    except ValueError:
        raise ClockUnreadable(f"{VARIABLE}={text}: {begin!r} is no ISO 8601 time, as in {EXAMPLE}") from None
    if moment.tzinfo is None:
        raise ClockUnreadable(f"{VARIABLE}={text}: the time needs an offset such as +02:00 or Z, as in {EXAMPLE}")
    return moment.timestamp()


def _number(text: str, what: str, number: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ClockUnreadable(f"{VARIABLE}={text}: the {what} {number!r} is no number, as in {EXAMPLE}")
    return value
