"""What happens when time passes: each due deadline is taken in order and decided on."""

from __future__ import annotations

from collections.abc import Callable

from kindline.routing.domain.decision import Decision
from kindline.routing.domain.dormancy import fall_asleep
from kindline.routing.domain.endings import deadline_passes
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.offers import expire
from kindline.routing.domain.overflow_staying import help_loneliest, wait_on
from kindline.routing.domain.parking import LARGEST_AT_ONCE, parking_ends
from kindline.routing.domain.preference import time_is_over
from kindline.routing.domain.presence import grace_ends, replica_falls_silent
from kindline.routing.domain.timers import Due, TimerKey

MOST_AT_ONCE = 200
"""Deadlines taken in one decision, so that a batch stays small; the rest is due still, and comes next."""

COUNTS_FOR = {Due.LADDER: 4, Due.NOBODY: 4}
"""Whoever is helped while they wait gets several facts and is put in line anew, which takes the time of some others."""


def pass_time(d: Decision) -> None:
    """Decide on what is due."""
    taken_in = 0
    left = MOST_AT_ONCE
    while left > 0 and (key := d.state.timers.take(d.now)) is not None:
        left -= COUNTS_FOR.get(key[0], 1)
        if key[0] is Due.PARKED:
            taken_in += parking_ends(d, bytes.fromhex(str(key[1])))
            if taken_in >= LARGEST_AT_ONCE:
                return
        else:
            _fall_due(d, key)


def _fall_due(d: Decision, key: TimerKey) -> None:
    kind, rank, second = key
    first = second if isinstance(rank, int) else rank
    of_interaction = _OF_INTERACTIONS.get(kind)
    if of_interaction is not None:
        interaction = d.state.interactions.get(first)
        if interaction is not None:
            of_interaction(d, interaction)
    elif kind is Due.OFFER:
        interaction = d.state.interactions[first]
        expire(d, interaction, interaction.offers[second])
    elif kind is Due.REPLICA:
        replica_falls_silent(d, first, second)
    elif kind is Due.LEASE:
        grace_ends(d, d.state.pools[first].agents[second])
    elif kind is Due.NOBODY:
        help_loneliest(d, first)


def _tell(d: Decision, interaction: Interaction) -> None:
    """Its customer is told with everybody else's, when all is decided."""
    d.state.telling[interaction] = None


_OF_INTERACTIONS: dict[Due, Callable[[Decision, Interaction], None]] = {
    Due.INTERACTION: deadline_passes,
    Due.LADDER: wait_on,
    Due.DORMANT: fall_asleep,
    Due.PREFERENCE: time_is_over,
    Due.TELL: _tell,
}
"""What follows from the deadlines that belong to one interaction."""
