"""What each number of a plan may be, with the words for one that may not."""

from __future__ import annotations

from collections.abc import Callable

LONGEST_SECONDS = 10 * 366 * 86_400.0
"""Ten years. No instant that is reckoned with it leaves what clocks can say; not-a-number and infinity are above it."""
HEAVIEST = 1_000_000
MOST = 2**31 - 1
"""The largest number of the contract: a plan that counts beyond it cannot be published."""
HIGHEST_VERSION = 2**63 - 1

_ABOVE_ZERO = (lambda value: 0 < value <= LONGEST_SECONDS, "must be more than 0 seconds, and at most ten years")
_NOT_NEGATIVE = (lambda value: 0 <= value <= LONGEST_SECONDS, "must be 0 or more, and at most ten years of seconds")
_ONE_OR_MORE = (lambda value: 1 <= value <= MOST, f"must be 1 or more, and at most {MOST:,}")
_NONE_OR_MORE = (lambda value: 0 <= value <= MOST, f"must be 0 or more, and at most {MOST:,}")
_WEIGHT = (lambda value: -HEAVIEST <= value <= HEAVIEST, "must lie between -1,000,000 and 1,000,000")

RANGES: dict[tuple[str, str], tuple[Callable[[float], bool], str]] = {
    ("queues", "offer_seconds"): _ABOVE_ZERO,
    ("queues", "longest_wait_seconds"): _ABOVE_ZERO,
    ("queues", "answer_within_seconds"): _ABOVE_ZERO,
    ("queues", "first_reply_within_seconds"): _ABOVE_ZERO,
    ("queues", "back_off_seconds"): _NOT_NEGATIVE,
    ("queues", "wrap_up_seconds"): _NOT_NEGATIVE,
    ("queues", "warn_before_seconds"): _NOT_NEGATIVE,
    ("queues", "tell_wait_every_seconds"): _NOT_NEGATIVE,
    ("queues", "at_once"): _NONE_OR_MORE,
    ("queues", "offers_at_once"): _ONE_OR_MORE,
    ("entry_points", "valid_for_seconds"): _ABOVE_ZERO,
    ("agents", "units"): _ONE_OR_MORE,
    ("queues", "weight"): _WEIGHT,
    ("channels", "units"): _NONE_OR_MORE,
    ("channels", "dormant_units"): _NONE_OR_MORE,
    ("channels", "dormant_after_seconds"): _NOT_NEGATIVE,
    ("channels", "at_once"): _ONE_OR_MORE,
    ("channels", "missed_offers"): _ONE_OR_MORE,
}
"""What each number of a plan may be."""

LIMITS: dict[str, tuple[Callable[[float], bool], str]] = {
    "connect_seconds": _ABOVE_ZERO,
    "suspect_after_seconds": _ABOVE_ZERO,
    "lost_after_seconds": _ABOVE_ZERO,
    "bot_seconds": _ABOVE_ZERO,
    "longest_work_seconds": _ABOVE_ZERO,
    "assignment_gap_seconds": _NOT_NEGATIVE,
    "parking_seconds": _NOT_NEGATIVE,
}
"""What each limit of a pool may be."""

ORDER: dict[str, tuple[Callable[[float], bool], str]] = {
    "priority_per_minute": (lambda value: 0 <= value <= HEAVIEST, "must lie between 0 and 1,000,000"),
    "starvation_seconds": _NOT_NEGATIVE,
}
"""What each number of the order may be."""
