"""The engine, given lots without memory, is the queue that Erlang and Palm described."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from math import ceil

import pytest

from kindline.language.ids import Instant
from kindline.routing.domain import matching
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.capacity import Capacity
from kindline.routing.domain.order import age_key
from tests.domain.theory.confidence import Interval, mean_of, occupancy_of
from tests.domain.theory.erlang import Queue, by_series
from tests.domain.theory.queueing_system import BEGIN, Customer, Run, System, exponential, run
from tests.domain.theory.test_formulas import EVERY_QUEUE

TARGET = 20.0
CUSTOMERS = 8_000
SEED = 1
SMALL = Queue(100, 180, 7, 120)
OVERLOADED = Queue(360, 240, 24, 90)

pytestmark = pytest.mark.slow


def system(queue: Queue) -> System:
    """The same queue, played."""
    dice = random.Random(f"{SEED} {queue}")
    return System(
        agents=queue.agents,
        between=exponential(dice, 1 / queue.arrival),
        service=exponential(dice, queue.service_seconds),
        patience=exponential(dice, queue.patience_seconds),
        customers=CUSTOMERS,
    )


@cache
def played(queue: Queue) -> Run:
    """One run of the engine, shared by the tests that look at it."""
    return run(system(queue))


def figures(found: Run, agents: int) -> dict[str, Interval]:
    """What a run says of each figure that theory knows."""

    def mean(figure: Callable[[Customer], float]) -> Interval:
        return mean_of(found, figure)

    return {
        "waits": mean(lambda one: one.waited > 0),
        "leaves": mean(lambda one: not one.served),
        "mean_wait": mean(lambda one: one.waited),
        "answered_within": mean(lambda one: one.served and one.waited <= TARGET),
        "occupancy": occupancy_of(found, agents),
    }


def disagreements(found: Run, queue: Queue) -> dict[str, str]:
    """The figures in which a run is not the queue it should be, with both values."""
    truth = asdict(by_series(queue, TARGET))
    return {
        name: f"{interval}, theory {truth[name]:.5g}"
        for name, interval in figures(found, queue.agents).items()
        if not interval.holds(truth[name])
    }


@pytest.mark.parametrize("queue", EVERY_QUEUE, ids=str)
def test_the_engine_is_the_queue_of_the_theory(queue: Queue) -> None:
    """Who waits, who leaves, how long, who is answered in 20 s, and how busy agents are: all as Erlang says."""
    assert disagreements(played(queue), queue) == {}


@pytest.mark.parametrize("queue", EVERY_QUEUE, ids=str)
def test_the_line_is_as_long_as_littles_law_says(queue: Queue) -> None:
    """The time customers wait is the line's length over time, and the time they are here the number present."""
    found = played(queue)
    waited = sum(one.waited for one in found.customers)
    here = waited + sum(one.work for one in found.customers)
    assert found.in_line.area == pytest.approx(waited, rel=1e-6)
    assert found.present.area == pytest.approx(here, rel=1e-6)
    assert found.engine_agrees
    assert (found.in_line.number, found.present.number) == (0, 0)


@pytest.mark.parametrize("queue", EVERY_QUEUE, ids=str)
def test_one_agent_in_seven_more_or_fewer_would_be_noticed(queue: Queue) -> None:
    """The tolerances that come out of the runs are narrow enough to tell a crew from one that is a little different."""
    seventh = ceil(queue.agents / 7)
    for agents in (queue.agents - seventh, queue.agents + seventh):
        other = replace(queue, agents=agents)
        if other.leaving or other.load < agents:
            assert disagreements(played(queue), other) != {}


def test_last_come_first_served_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that serves the newest first has the right means, and the wrong number of quick answers."""

    def newest_first(since: Instant, sequence: int) -> int:
        return age_key(2 * BEGIN - since, sequence)

    monkeypatch.setattr(matching, "age_key", newest_first)
    assert disagreements(run(system(OVERLOADED)), OVERLOADED).keys() == {"answered_within"}


def test_an_agent_who_is_never_offered_anything_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that forgets one of seven agents lets too many wait and leave."""
    room = Capacity.room

    def forgets_one(self: Capacity, agent: Agent) -> int:
        return 0 if agent.agent_id == "agent-000" else room(self, agent)

    monkeypatch.setattr(Capacity, "room", forgets_one)
    assert disagreements(run(system(SMALL)), SMALL).keys() >= {"waits", "leaves", "mean_wait"}
