"""How often somebody may ask, and how long to wait before trying again. Time comes in as data.

Promises that no sender, however eager, gets more than its rate in the long run, and that nobody waits for ever.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate: `burst` at once, `per_second` in the long run."""

    burst: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: what was left in it at a time."""

    tokens: float
    at: float


def full(rate: Rate, now: float) -> Bucket:
    """A bucket that nobody has taken from."""
    return Bucket(rate.burst, now)


def take(rate: Rate, bucket: Bucket, now: float) -> tuple[Bucket, float]:
    """Take one token. Gives the bucket after it, and 0.0, or the seconds until there will be a token.

    A clock that goes back adds nothing and takes nothing away.
    """
    elapsed = max(0.0, now - bucket.at)
    tokens = min(rate.burst, bucket.tokens + elapsed * rate.per_second)
    later = max(now, bucket.at)
    if tokens >= 1.0:
        return Bucket(tokens - 1.0, later), 0.0
    return Bucket(tokens, later), (1.0 - tokens) / rate.per_second


@dataclass(frozen=True, slots=True)
class BackOff:
    """Waits between tries: they double from `first` to `longest` seconds, for `tries` tries in all."""

    first: float
    longest: float
    tries: int


def wait_before(back_off: BackOff, failures: int, asked: float | None = None) -> float | None:
    """Seconds to wait after so many failures, at least what the receiver asked for; None: give up.

    What the receiver asks for counts up to the longest wait, so that nobody can stop us for ever.
    """
    if failures >= back_off.tries:
        return None
    doubled = back_off.first * 2.0 ** min(failures - 1, 60)
    return min(back_off.longest, max(doubled, asked or 0.0))
