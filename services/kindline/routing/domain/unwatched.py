"""Deadlines that nobody watches: those of a state that only counts, see `readiness`."""

from __future__ import annotations

from kindline.language.ids import Instant
from kindline.routing.domain.timers import TimerKey, Timers


class Unwatched(Timers):
    """Nothing is ever due here: whoever decides derives the deadlines first, and puts others in place of these."""

    __slots__ = ()

    def watch(self, key: TimerKey, due: Instant | None) -> None:
        """Forget it at once."""


UNWATCHED = Unwatched()
"""One for all states, for nothing is in it."""
