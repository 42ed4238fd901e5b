"""Newcomers stand where the middle agent stands, whenever it is that somebody asks who that is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindline.language.facts.agents import Lease
from kindline.language.plan import AgentPlan
from kindline.language.queue_rules import AgentChoice
from kindline.routing.domain import effort
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.places import Place, reckoned
from kindline.routing.domain.profile import Profile
from kindline.routing.domain.scores import Scores
from kindline.routing.domain.served import Able
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


RULES = st.sampled_from(AgentChoice).map(lambda rule: (rule,))
"""Of the queues of a plan: by the order of least work, or by another."""


def asked(
    standing: Standing, places: list[Place], changes: list[tuple[int, float, float, bool, str]]
) -> Iterator[float]:
    """Let agents come, change and grow older; gives the minute each time somebody asks who stands where."""
    minute = MINUTE
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
            yield minute


@given(rules=RULES, changes=CHANGES)
def test_whoever_has_no_room_any_more_counts_in_the_middle_with_what_they_were_given_since(
    rules: tuple[AgentChoice], changes: list[tuple[int, float, float, bool, str]]
) -> None:
    """Busy agents stand in no order: newcomers are compared all the same with what everybody was given so far."""
    places = crew()
    standing = Standing(MINUTE, rules, lambda able, _: able.numbers)
    for minute in asked(standing, places, changes):
        known = sorted(score for other in places if (score := reckoned(other.agent, minute)) is not None)
        assert standing.least_work.median() == (known[len(known) // 2] if known else 0.0)
        newcomers = [other for other in places if other.mask and reckoned(other.agent, minute) is None]
        assert all(standing.least_work.score(other) == standing.least_work.median() for other in newcomers)


@given(rules=RULES, changes=CHANGES)
def test_who_has_least_work_is_the_same_whether_a_queue_goes_by_it_or_somebody_asks_now_and_then(
    rules: tuple[AgentChoice], changes: list[tuple[int, float, float, bool, str]]
) -> None:
    """A queue left the plan and its customers go to whoever has least work: as if that had been looked at all along."""
    places = crew()
    everybody = Able({place.profile for place in places})
    standing = Standing(MINUTE, rules, lambda _able, _agents: None)
    for minute in asked(standing, places, changes):
        with_room = [other for other in places if other.mask]
        scores = [score for other in places if (score := reckoned(other.agent, minute)) is not None]
        middle = sorted(scores)[len(scores) // 2] if scores else 0.0
        ranks = {
            (middle if (score := reckoned(other.agent, minute)) is None else score, other.agent.agent_id)
            for other in with_room
        }
        best = standing.best(None, 1, None, everybody)
        assert (best.agent.agent_id if best else None) == (min(ranks)[1] if ranks else None)


@pytest.mark.parametrize("rule", AgentChoice)
def test_nobody_is_put_in_order_of_least_work_where_no_queue_goes_by_it(rule: AgentChoice) -> None:
    """Where all queues ask who is idle longest, or whose turn it is, no arrival pays for an order that nobody asks."""
    [place, *_] = crew()
    standing = Standing(MINUTE, (rule,), lambda able, _: able.numbers)
    standing.admit(place)
    for minute in (MINUTE, MINUTE + 60.0):
        standing.roll(minute)
        place.mask = 1
        standing.put(place)
        assert (place.rank is None) is (rule in {AgentChoice.LONGEST_IDLE, AgentChoice.ROUND_ROBIN})


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
