"""How long somebody who joins now will wait, as a range that is honest about how little is known.

Promises people on the line a range, never a single number that looks certain, and silence where there is no ground.
"""

from __future__ import annotations

import math

from kindline.language.floor import ExpectedWait
from kindline.queues.domain.windows import RATE_SECONDS

FEWEST_DEPARTURES = 5
"""With fewer departures in 5 minutes a queue's pace is not known."""


def expected_wait(ahead: int, departures: int) -> ExpectedWait | None:
    """The wait of whoever joins behind `ahead` others, when so many left the queue in the last 300 s.

    The middle is position / rate. Its spread has two sources that add as squares: the position's departures come at
    random (1/position), and the rate itself was only observed (1/departures). With nobody ahead it may be no wait.
    """
    if departures < FEWEST_DEPARTURES:
        return None
    position = ahead + 1
    middle = position * RATE_SECONDS / departures
    spread = middle * math.sqrt(1 / position + 1 / departures)
    low = max(0.0, middle - spread) if ahead else 0.0
    return ExpectedWait(low_seconds=float(round(low)), high_seconds=float(math.ceil(middle + spread)))
