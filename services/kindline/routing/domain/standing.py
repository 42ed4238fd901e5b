"""Which agents can take work now, in the order in which they should get it, by each rule that some queue goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kindline.language.ids import Instant
from kindline.language.queue_rules import AgentChoice
from kindline.routing.domain.choosing import RANKS, Turn
from kindline.routing.domain.least_work import LeastWork
from kindline.routing.domain.line_up import CHANNELS
from kindline.routing.domain.places import Place, Suits
from kindline.routing.domain.served import Able, Numbers


class Standing:
    """The agents of one pool in order, as of a minute."""

    __slots__ = ("_few", "_room", "_roster", "_turns", "least_work", "minute", "places")

    def __init__(
        self, minute: Instant, rules: Iterable[AgentChoice], few: Callable[[Able, int], Numbers | None]
    ) -> None:
        """Begin with nobody; keep the orders of these rules.

        `few` finds all who are able where these are few of so many agents.
        """
        asked = set(rules)
        self._turns = {rule: Turn(rule) for rule in RANKS if rule in asked}
        self.places: dict[str, Place] = {}
        self._roster: list[Place] = []
        self._few = few
        # What most are left out by, side by side: agents' own places lie far from each other.
        self._room = bytearray()
        self.minute = minute
        self.least_work = LeastWork(self._roster, minute, is_usual=not asked <= RANKS.keys())

    def admit(self, place: Place) -> None:
        """There is one agent more."""
        place.number = len(self._roster)
        self._roster.append(place)
        self._room.append(0)
        self.least_work.admit()
        self.places[place.agent.agent_id] = place

    def of(self, bits: int) -> Iterator[Place]:
        """Those whose bits are set."""
        return (place for place in self._roster if bits >> place.number & 1)

    def turn(self, rule: AgentChoice) -> Turn | None:
        """The order of a rule that has one of its own."""
        return self._turns.get(rule)

    def put(self, place: Place) -> None:
        """Bring an agent's place up to what is known of the agent now."""
        for turn in self._turns.values():
            turn.put(place)
        self.least_work.put(place)
        place.shown = place.mask
        self._room[place.number] = place.mask & CHANNELS

    def roll(self, minute: Instant) -> None:
        """Another minute begins."""
        self.minute = minute
        self.least_work.roll(minute)

    def best(self, turn: Turn | None, bit: int, suits: Suits | None, able: Able) -> Place | None:
        """The first in turn, or by least work, of the able who have room for this bit and suit, or None."""
        numbers = self._few(able, len(self._roster))
        if numbers is not None:
            return self._first_of(self._with_room(able, numbers, bit), turn, suits)
        if turn is not None:
            return turn.order.first(able, bit, suits)
        return self.least_work.first(able, bit, suits)

    def _with_room(self, able: Able, numbers: Numbers, bit: int) -> list[int]:
        """Which of these few have room for a bit."""
        room, channel = self._room, bit & CHANNELS
        if not channel:
            return [number for number in numbers if self._roster[number].mask & bit]
        return [number for number in numbers if room[number] & channel]

    def _first_of(self, left: list[int], turn: Turn | None, suits: Suits | None) -> Place | None:
        """The same, where these are all who are able and have room."""
        if suits is not None:
            left = [number for number in left if suits(self._roster[number].agent)]
        if len(left) <= 1:
            return self._roster[left[0]] if left else None
        if turn is None:
            return self.least_work.least(left)
        return min([self._roster[number] for number in left], key=turn.rank)
