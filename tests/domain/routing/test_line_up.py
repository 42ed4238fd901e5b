"""Who has room stands in rows cut into blocks; whoever is looked for is found as if all were looked at in turn."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindline.language.plan import AgentPlan
from kindline.routing.domain import line_up
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.capacity import FIRST_QUEUE_BIT
from kindline.routing.domain.line_up import LineUp, Rank
from kindline.routing.domain.places import Place
from kindline.routing.domain.profile import Profile
from kindline.routing.domain.room import Room
from kindline.routing.domain.served import Able
from tests.given import POOL

AGENTS = 24
QUEUES = 1 << FIRST_QUEUE_BIT
"""The bit of a queue that has a limit of its own."""
BITS = (1, 2, 4, QUEUES)
ROOM = st.sampled_from((0, 0, 1, 2, 3, 4, 7, QUEUES, 1 | QUEUES))
SKILLS = 3


def roster() -> list[Place]:
    """So many agents, each with a profile of their own, who have room for nothing."""
    plan = AgentPlan(agent_id="anybody")
    places = [Place(Agent(POOL, f"agent-{n:02}", plan), Profile(plan, []), plan, number=n) for n in range(AGENTS)]
    for place in places:
        place.profile.skills = place.number % (1 << SKILLS)
    return places


@dataclass
class Floor:
    """Some in rows, and beside it everybody who stands there, in no order at all."""

    places: list[Place] = field(default_factory=roster)
    standing: dict[int, Rank] = field(default_factory=dict)
    line: LineUp = field(default_factory=LineUp)
    room: Room = field(default_factory=Room)

    def moves(self, number: int, score: float, mask: int) -> None:
        """Somebody stands elsewhere, or nowhere without room."""
        place, before = self.places[number], self.standing.pop(number, None)
        if before is not None:
            self.line.remove(before, place.mask)
        self.room.change(number, place.mask, mask)
        place.mask = mask
        if mask:
            self.standing[number] = (score, place.agent.agent_id, place)
            self.line.add(self.standing[number], mask)

    def able(self, skills: int, but: set[int]) -> Able:
        """All who have these skills, without some who have them and may not all the same."""
        every = (place for place in self.places if place.number not in but)
        return Able({place.profile for place in every if place.profile.skills & skills == skills}, skills)

    def first_of_all(self, able: Able, bit: int, banned: set[int]) -> Place | None:
        """As a walk through all who stand there, sorted, finds them."""
        for _, _, place in sorted(self.standing.values()):
            if place.profile in able.profiles and place.mask & bit and place.number not in banned:
                found: Place = place
                return found
        return None


MOVES = st.lists(st.tuples(st.integers(0, AGENTS - 1), st.sampled_from((0.0, 0.25, 0.5, 1.0)), ROOM))
SOME = st.sets(st.integers(0, AGENTS - 1))
ASKED = st.integers(0, (1 << SKILLS) - 1)


@given(moves=MOVES, skills=ASKED, but=SOME, banned=SOME)
@settings(max_examples=200)
def test_the_first_who_is_able_has_room_and_suits_is_found_whoever_came_and_went(
    moves: list[tuple[int, float, int]], skills: int, but: set[int], banned: set[int]
) -> None:
    """Agents get work and finish it in any order: the next customer gets the same agent as by looking at everybody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_up, "BLOCK", 2)
        floor = Floor()
        able = floor.able(skills, but)
        for number, score, mask in moves:
            floor.moves(number, score, mask)
            for bit in BITS:
                with_room = {n for n in floor.standing if floor.places[n].mask & bit}
                assert floor.room.of(bit) == sum(1 << n for n in with_room)
                suits = lambda agent: int(agent.agent_id[-2:]) not in banned  # noqa: E731
                assert floor.line.first(able, bit, suits) is floor.first_of_all(able, bit, banned)


@given(moves=MOVES, skills=ASKED)
def test_a_line_that_is_put_in_order_anew_is_the_one_that_grew(
    moves: list[tuple[int, float, int]], skills: int
) -> None:
    """At each full minute everybody is put in order anew: nobody is lost by it, and nobody gets ahead."""
    floor = Floor()
    for number, score, mask in moves:
        floor.moves(number, score, mask)
    again = LineUp()
    again.fill(floor.standing.values())
    assert bool(again) is bool(floor.line) is bool(floor.standing)
    for bit in BITS:
        able = floor.able(skills, set())
        assert again.first(able, bit, None) is floor.line.first(able, bit, None) is floor.first_of_all(able, bit, set())
