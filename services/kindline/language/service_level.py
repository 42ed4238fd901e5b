"""The service level by its named definitions, for displays, rehearsals and the audit: one formula each, and its source.

Symbols (reference/routing.md, 5): O offered to the queue, A answered, AB abandoned, T the target in seconds, s the
length in seconds up to which an abandon is short. Every share is attributed to the interval of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHORT_ABANDON_SECONDS = 5.0

DEFAULT_DEFINITION = "answered_within/offered_less_short"
"""How displays name `answered_of_offered_less_short`, A<=T / (O - AB<=s)."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One contact's time in a queue."""

    seconds: float
    """From arrival in the queue to the answer or the abandon, 0 or more."""
    answered: bool
    """False: the customer left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitCounts:
    """How many contacts were offered, and how their waits ended; all a service level needs to know."""

    offered: int
    answered: int
    in_time: int
    """Answered within the target."""
    left_in_time: int
    """Left within the target, the short abandons among them."""
    short: int


@dataclass(frozen=True, slots=True)
class ServiceLevels:
    """Four definitions side by side; each 0 to 1, None when its denominator is empty."""

    answered_of_answered: float | None
    """A<=T / A: hides the abandons (Asterisk's "SL")."""
    answered_of_offered: float | None
    """A<=T / O."""
    answered_of_offered_less_short: float | None
    """A<=T / (O - AB<=s): what Kindline shows by default."""
    answered_or_abandoned_of_offered: float | None
    """(A<=T + AB<=T) / O: Asterisk's "SL2"."""


def service_levels(
    waits: Iterable[Wait], *, target_seconds: float, short_seconds: float = SHORT_ABANDON_SECONDS
) -> ServiceLevels:
    """The four service levels of these waits.

    An abandon is short when it came before `short_seconds`; an answer is in time when it came within `target_seconds`.
    """
    every = list(waits)
    answered = [wait for wait in every if wait.answered]
    return service_levels_of(
        WaitCounts(
            offered=len(every),
            answered=len(answered),
            in_time=sum(wait.seconds <= target_seconds for wait in answered),
            left_in_time=sum(wait.seconds <= target_seconds for wait in every if not wait.answered),
            short=sum(wait.seconds < short_seconds for wait in every if not wait.answered),
        )
    )


def service_levels_of(counts: WaitCounts) -> ServiceLevels:
    """The four service levels of these counts."""
    return ServiceLevels(
        answered_of_answered=_share(counts.in_time, counts.answered),
        answered_of_offered=_share(counts.in_time, counts.offered),
        answered_of_offered_less_short=_share(counts.in_time, counts.offered - counts.short),
        answered_or_abandoned_of_offered=_share(counts.in_time + counts.left_in_time, counts.offered),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
