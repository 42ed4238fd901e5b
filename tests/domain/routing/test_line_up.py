"""Who has room stands in an order cut into blocks; whoever is looked for is found as if all were looked at in turn."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindline.language.plan import AgentPlan
from kindline.routing.domain import line_up
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.capacity import FIRST_QUEUE_BIT
from kindline.routing.domain.line_up import Among, LineUp, Rank
from kindline.routing.domain.places import Place
from kindline.routing.domain.profile import Profile
from kindline.routing.domain.room import Room
from tests.given import POOL

AGENTS = 24
BITS = (1, 2, 4)


def roster() -> list[Place]:
    """So many agents who can do all and have room for nothing."""
    plan = AgentPlan(agent_id="anybody")
    profile = Profile(plan, [])
    return [Place(Agent(POOL, f"agent-{n:02}", plan), profile, plan, number=n) for n in range(AGENTS)]


def bits_of(numbers: set[int]) -> int:
    """These numbers as bits."""
    return sum(1 << number for number in numbers)


@dataclass
class Floor:
    """An order in blocks, and beside it everybody who stands there, in no order at all."""

    places: list[Place] = field(default_factory=roster)
    standing: dict[int, Rank] = field(default_factory=dict)
    room: Room = field(default_factory=Room)

    def __post_init__(self) -> None:
        """Stand in line by what this floor says."""
        self.line = LineUp(lambda place: self.standing[place.number])

    def moves(self, number: int, score: float, mask: int) -> None:
        """Somebody stands elsewhere, or nowhere without room."""
        place, before = self.places[number], self.standing.pop(number, None)
        if before is not None:
            self.line.remove(before)
        self.room.change(number, place.mask, mask)
        place.mask = mask
        if mask:
            self.standing[number] = (score, place.agent.agent_id, place)
            self.line.add(self.standing[number])

    def first_of_all(self, able: set[int], bit: int, banned: set[int]) -> Place | None:
        """As a walk through all who stand there, sorted, finds them."""
        for _, _, place in sorted(self.standing.values()):
            if place.number in able and place.mask & bit and place.number not in banned:
                found: Place = place
                return found
        return None


MOVES = st.lists(st.tuples(st.integers(0, AGENTS - 1), st.sampled_from((0.0, 0.25, 0.5, 1.0)), st.integers(0, 7)))
SOME = st.sets(st.integers(0, AGENTS - 1))


@given(moves=MOVES, able=SOME, banned=SOME)
@settings(max_examples=200)
def test_the_first_who_is_able_has_room_and_suits_is_found_whoever_came_and_went(
    moves: list[tuple[int, float, int]], able: set[int], banned: set[int]
) -> None:
    """Agents get work and finish it in any order: the next customer gets the same agent as by looking at everybody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_up, "BLOCK", 2)
        floor = Floor()
        for number, score, mask in moves:
            floor.moves(number, score, mask)
            assert floor.room.of(1 << FIRST_QUEUE_BIT) == bits_of(set(floor.standing))
            for bit in BITS:
                assert floor.room.of(bit) == bits_of({n for n in floor.standing if floor.places[n].mask & bit})
                among = Among(floor.places, bit, lambda agent: int(agent.agent_id[-2:]) not in banned)
                expected = floor.first_of_all(able, bit, banned)
                assert floor.line.first(bits_of(able), among) is expected
                here = [floor.places[number] for number in able & set(floor.standing)]
                assert among.first(here, floor.line.rank) is expected


@given(moves=MOVES)
def test_a_line_that_is_put_in_order_anew_is_the_one_that_grew(moves: list[tuple[int, float, int]]) -> None:
    """At each full minute everybody is put in order anew: nobody is lost by it, and nobody gets ahead."""
    floor = Floor()
    for number, score, mask in moves:
        floor.moves(number, score, mask)
    again = LineUp(floor.line.rank)
    again.fill(floor.standing.values())
    assert bool(again) is bool(floor.line) is bool(floor.standing)
    for number in range(AGENTS):
        among = Among(floor.places, -1, None)
        left = bits_of(set(range(number, AGENTS)))
        assert again.first(left, among) is floor.line.first(left, among)
