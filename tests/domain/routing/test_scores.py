"""Newcomers stand where the middle agent stands, whenever it is that somebody asks who that is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kindline.language.facts.agents import Lease
from kindline.language.plan import AgentPlan
from kindline.routing.domain import effort
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.places import Place, reckoned
from kindline.routing.domain.profile import Profile
from kindline.routing.domain.scores import Scores
from kindline.routing.domain.standing import Standing
from tests.given import POOL

AGENTS = 9
MINUTE = 7_200.0
LONG_ENOUGH, TOO_SHORT = 1_200.0, 300.0


def crew() -> list[Place]:
    """So many agents who have just signed in."""
    plan = AgentPlan(agent_id="anybody")
    agents = [Agent(POOL, f"agent-{n}", plan, session_id="here", lease=Lease.CONNECTED) for n in range(AGENTS)]
    return [Place(agent, Profile(plan, []), plan, number=n) for n, agent in enumerate(agents)]


CHANGES = st.lists(
    st.tuples(
        st.integers(0, AGENTS - 1),
        st.sampled_from((0.0, 0.2, 0.5, 0.9)),
        st.sampled_from((LONG_ENOUGH, TOO_SHORT)),
        st.booleans(),
        st.sampled_from(("nobody asks", "nobody asks", "asked", "a minute passes")),
    )
)


@given(changes=CHANGES)
def test_the_middle_score_is_the_same_whenever_it_is_asked_for(
    changes: list[tuple[int, float, float, bool, str]],
) -> None:
    """Agents work and change with nobody looking: the middle score is then that of all as they are now."""
    places, minute = crew(), MINUTE
    scores = Scores(places, minute)
    for number, load, seconds, has_room, then in changes:
        place = places[number]
        place.agent.spans = effort.spans_of([(MINUTE - seconds, MINUTE, load)])
        place.agent.sums.spans = -1
        place.mask, place.rank = int(has_room), None
        if has_room:
            scores.give(place, reckoned(place.agent, minute))
            place.rank = (place.score or 0.0, 0.0, place.agent.agent_id, place)
        else:
            scores.overlook(place)
        if then == "a minute passes":
            minute += 60.0
            scores.roll(minute)
            for other in places:
                if other.mask:
                    other.score = reckoned(other.agent, minute)
        elif then == "asked":
            known = sorted(score for other in places if (score := reckoned(other.agent, minute)) is not None)
            assert scores.median() == (known[len(known) // 2] if known else 0.0)


@given(changes=CHANGES)
def test_whoever_has_no_room_any_more_counts_in_the_middle_with_what_they_were_given_since(
    changes: list[tuple[int, float, float, bool, str]],
) -> None:
    """Busy agents stand in no order: newcomers are compared all the same with what everybody was given so far."""
    places, minute = crew(), MINUTE
    standing = Standing(minute, (), lambda able, _: able.numbers)
    for place in places:
        standing.admit(place)
    for number, load, seconds, has_room, then in changes:
        place = places[number]
        place.agent.spans = effort.spans_of([(MINUTE - seconds, MINUTE, load)])
        place.agent.sums.spans = -1
        place.mask = int(has_room)
        standing.put(place)
        if then == "a minute passes":
            minute += 60.0
            standing.roll(minute)
        elif then == "asked":
            known = sorted(score for other in places if (score := reckoned(other.agent, minute)) is not None)
            assert standing.scores.median() == (known[len(known) // 2] if known else 0.0)
        newcomers = [other for other in places if other.mask and reckoned(other.agent, minute) is None]
        assert all(standing.work(other)[0] == standing.scores.median() for other in newcomers[:1])


@given(
    steps=st.lists(
        st.tuples(st.floats(1.0, 1_500.0), st.sampled_from((0.0, 0.25, 0.7, 1.0)), st.booleans()), max_size=60
    )
)
def test_a_score_is_the_same_whether_it_was_asked_for_all_along_or_never_before(
    steps: list[tuple[float, float, bool]],
) -> None:
    """What an agent was given is summed up as it happens: to the last bit as if it were summed up afterwards."""
    now = MINUTE
    spans, sums = effort.no_spans(), effort.Sums()
    effort.begin(spans, now)
    for seconds, load, asked in steps:
        now += seconds
        effort.carry(spans, sums, load, now)
        if asked:
            minute = effort.minute_of(now)
            running = effort.reckon(spans, sums, running=True, load=load, minute=minute)
            assert running == effort.reckon(spans, effort.Sums(), running=True, load=load, minute=minute)
