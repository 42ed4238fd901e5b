"""How a process collects garbage without standing still: what has been looked at in vain is not looked at again.

A full collection looks at everything that lives: over a million live interactions it takes seconds, and it comes again
whenever a quarter more has come. Here whatever a collection looked at and found no garbage among is spared for good
(gc.freeze), so the next one looks at what came since, 2,000 objects, 3 ms. Only cycles need to be looked for, all else
goes by itself, and a process that routes makes next to none: at 306 interactions a second 12 of 434 collections found
any. Where they do, those that are half made are worth a second look: then young ones spare nothing, and a full one,
of some thousand objects more, spares as soon as many survive it.

What it costs: a cycle of objects that was spared alive and dies later is never found. The state of a shard has such,
those in line and their lanes know each other, and cuts them itself when it goes (Engine.letting_go). Of what edges
have in hand at such a moment a few may have, where none of what they had in hand just before did; and such moments come
only as often as two thousand more objects live: in a process that does not grow, seldom.
"""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 2_000, 1, 0
"""A full collection is due after 2,000 x 4 more objects, not after 700 x 133: each looks at less. Python counts how
often each kind was passed over: two young ones, one of the middle, a full one. With OLD = 1 it came after 2,000 x 7 and
took 14 to 19 ms beside a million live, not 4 to 7. A young one is due after 2,000, not after 700: most facts are made,
folded and gone between two, and a replay takes a twentieth less."""
OLDEST = 2
LOOKED_AT = 2_000
"""Survivors of a full collection that found garbage, which the next one looks at again."""


def settle() -> None:
    """Spare what the start made from every later collection, and later what lives long."""
    gc.collect()
    gc.freeze()
    gc.collect()  # Of nothing, so that what is spared does not count: a full one is due when a quarter more has come.
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    if _spare not in gc.callbacks:
        gc.callbacks.append(_spare)


def look_through() -> None:
    """Collect among what came since the last time; for work that makes very much that stays, and drops as much.

    Python counts what is made less what is dropped, so there it would not begin by itself, and in the end would look at
    all of it at once. Does nothing before settle(), for then there may be anything to look at.
    """
    if _spare in gc.callbacks:
        gc.collect()


def _spare(phase: str, what: dict[str, int]) -> None:
    if phase == "stop" and (not what["collected"] or (what["generation"] == OLDEST and _survivors() > LOOKED_AT)):
        gc.freeze()


def _survivors() -> int:
    """How many objects the next full collection looks at.

    All in C, so that no other thread runs while the list of them lives: it may hold a tuple that another thread is just
    making, and Python refuses to go on with one that anybody else holds (SystemError in a replay of a million facts).
    """
    return next(map(len, map(gc.get_objects, (OLDEST,))))
