"""When a standby may claim a shard (DESIGN 4.4), as values: no waiting, no broker.

Safety never depends on it: a claim at the wrong moment costs a hand-over. What depends on it is that a living owner is
left in peace and a dead one is followed within seconds.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from kindline.ledger.owned.core import OwnedSettings


class Silence:
    """How long the broker has shown, in answer after answer, that nobody speaks.

    Only time between two successful looks at the end of the log adds up, so an unreachable broker and a process that
    was paused itself prove nothing.
    """

    def __init__(self, longest_step: float) -> None:
        """A longer time between two looks counts as this much: the process may have slept."""
        self._longest_step = longest_step
        self._last_look: float | None = None
        self.seconds = 0.0

    def heard(self) -> None:
        """A counting record came."""
        self.seconds = 0.0
        self._last_look = None

    def looked(self, at: float) -> None:
        """At this moment of system time the broker said that there is nothing that was not read."""
        if self._last_look is not None:
            self.seconds += min(at - self._last_look, self._longest_step)
        self._last_look = at

    def missed(self) -> None:
        """The broker did not answer, or there is something to read first."""
        self._last_look = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standby:
    """What a standby knows of a shard when it stands at the end of the log."""

    epoch: int
    released: bool
    next_within: float
    silent_seconds: float
    assigned: bool
    newly_assigned: bool
    rank: int


def reason_to_claim(standby: Standby, settings: OwnedSettings) -> str | None:
    """Why this standby may claim now; None when it must wait."""
    if standby.assigned and standby.epoch == 0:
        return "nobody has owned it yet"
    if standby.assigned and standby.released:
        return "its owner let go"
    if standby.newly_assigned:
        return "the group gave it to this process"
    if standby.silent_seconds >= settings.silences * standby.next_within + settings.rank_seconds * standby.rank:
        return f"nobody spoke for {standby.silent_seconds:.1f} s"
    return None


def rank_of(member: str, shard: int, *, assigned: bool) -> int:
    """How many others this standby lets go first: none for the one that the group chose, else 1 or 2, fixed by name."""
    return 0 if assigned else 1 + zlib.crc32(f"{member}/{shard}".encode()) % 2
