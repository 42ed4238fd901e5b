"""How many agents each rule leaves out of a requirement class, counted from bits and not by asking anybody.

Each agent has one bit, and is left out by the first rule that does so. So each rule is asked only about those whom the
ones before it have left, and what it leaves out is how many bits its own have in common with theirs.
"""

from __future__ import annotations

from kindline.routing.domain.places import Place, absence
from kindline.routing.domain.profiles import Profiles
from kindline.routing.domain.room import Room
from kindline.routing.domain.served import Served

COUNTED_UP_TO = 200
"""Agents at work in a pool up to which every rule's removals are counted."""

Seen = tuple[str | None, int, int]
"""Why somebody is away, None for who is not signed in; and for what they have room, at once or by interrupting."""
UNSEEN: Seen = (None, 0, 0)


class Removals:
    """The agents of one small pool as bits: who is away for what reason, and who has room for what."""

    __slots__ = ("_away", "_over", "_profiles", "_room", "_seen", "_stale")

    def __init__(self, profiles: Profiles) -> None:
        """Begin with nobody."""
        self._profiles = profiles
        self._away: dict[str, int] = {}
        self._room, self._over = Room(), Room()
        self._seen: dict[Place, Seen] = {}
        self._stale: dict[Place, None] = {}

    def note(self, place: Place) -> None:
        """What is known of an agent may have changed; in a pool where nothing is counted nobody needs to say so."""
        self._stale[place] = None

    def count(self, served: Served, only: int | None, *, interrupting: bool) -> tuple[int, dict[str, int]]:
        """The bits of whoever is left by all rules that can be counted so, and how many each of these has left out.

        Unless `only` is None, preference leaves out all whose bits are not among these.
        """
        for place in self._stale:
            self._see(place)
        self._stale.clear()
        counts = {reason: bits.bit_count() for reason, bits in self._away.items()}
        left = self._away.get("", 0)
        for rule, bits in self._profiles.rules(served).items():
            counts[rule] = (bits & left).bit_count()
        left &= self._profiles.rules(served).get("", 0)
        if only is not None:
            counts["preference"] = (left & ~only).bit_count()
            left &= only
        room = self._room.of(served.bit) | (self._over.of(served.bit) if interrupting else 0)
        counts["capacity"] = (left & ~room).bit_count()
        counts[""] = 0
        return left & room, counts

    def _see(self, place: Place) -> None:
        """Bring the bits of an agent up to what is known of them now."""
        away, mask, over = self._seen.get(place, UNSEEN)
        now: Seen = (absence(place.agent) if place.agent.session_id else None, place.mask, place.over)
        if now[0] != away:
            for reason in (away, now[0]):
                if reason is not None:
                    self._away[reason] = self._away.get(reason, 0) ^ (1 << place.number)
        self._room.change(place.number, mask, now[1])
        self._over.change(place.number, over, now[2])
        self._seen[place] = now
