"""The formulas themselves: the two ways agree, and both give the published vectors (reference/routing.md, 5)."""

from __future__ import annotations

from dataclasses import astuple
from math import exp, inf

import pytest

from tests.domain.theory.erlang import Queue, blocking, by_chain, by_series

TARGET = 20.0

ERLANG_C = [
    (Queue(100, 180, 7), 0.324150, 29.1735, 0.740441),
    (Queue(360, 240, 30), 0.172862, 6.9145, 0.895154),
]
ERLANG_A = [
    (Queue(100, 180, 7, 120), 0.222116, 0.060388, 7.2466),
    (Queue(360, 240, 30, 90), 0.109435, 0.019171, 1.7254),
    (Queue(360, 240, 24, 90), 0.414882, 0.100419, 9.0377),
    (Queue(360, 240, 22, 90), 0.545079, 0.148730, 13.3857),
]
EVERY_QUEUE = [row[0] for row in (*ERLANG_C, *ERLANG_A)]


@pytest.mark.parametrize("queue", EVERY_QUEUE, ids=str)
def test_two_ways_to_the_same_queue_agree(queue: Queue) -> None:
    """The series and the chain, which share no formula, differ by less than a millionth."""
    assert astuple(by_series(queue, TARGET)) == pytest.approx(astuple(by_chain(queue, TARGET)), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("queue,waits,mean_wait,within", ERLANG_C)
def test_erlang_c_gives_the_published_vectors(queue: Queue, waits: float, mean_wait: float, within: float) -> None:
    """Where nobody leaves: who waits, how long on average, and how many are answered within 20 s."""
    found = by_series(queue, TARGET)
    assert found.waits == pytest.approx(waits, abs=5e-7)
    assert found.mean_wait == pytest.approx(mean_wait, abs=5e-5)
    assert found.answered_within == pytest.approx(within, abs=5e-7)


@pytest.mark.parametrize("queue,waits,leaves,mean_wait", ERLANG_A)
def test_erlang_a_gives_the_published_vectors(queue: Queue, waits: float, leaves: float, mean_wait: float) -> None:
    """Where customers leave: who waits, who leaves, and how long both wait."""
    found = by_series(queue, TARGET)
    assert found.waits == pytest.approx(waits, abs=5e-7)
    assert found.leaves == pytest.approx(leaves, abs=5e-7)
    assert found.mean_wait == pytest.approx(mean_wait, abs=5e-5)


@pytest.mark.parametrize("agents,occupancy", [(24, 0.8996), (22, 0.9287)])
def test_overload_keeps_agents_as_busy_as_published(agents: int, occupancy: float) -> None:
    """With as much work as agents, or more, the occupancy is the published one."""
    assert by_series(Queue(360, 240, agents, 90), TARGET).occupancy == pytest.approx(occupancy, abs=5e-5)


def test_one_agent_is_the_textbook_queue() -> None:
    """With one agent half the time busy one in two waits, and as long as a service on average."""
    found = by_series(Queue(1_800, 1.0, 1), 1.0)
    assert (found.waits, found.mean_wait) == pytest.approx((0.5, 1.0))
    assert found.answered_within == pytest.approx(1 - 0.5 * exp(-0.5))


def test_nobody_is_blocked_where_nobody_comes() -> None:
    """Erlang's B rises from nothing to certainty, and one agent blocks as a coin does at load one."""
    assert blocking(0.0, 3) == 0
    assert blocking(1.0, 1) == pytest.approx(0.5)
    assert blocking(1e9, 3) == pytest.approx(1.0)


def test_endless_patience_is_the_limit_of_long_patience() -> None:
    """Erlang A comes to Erlang C as patience grows."""
    patient, endless = Queue(100, 180, 7, 1e8), Queue(100, 180, 7, inf)
    assert by_series(patient, TARGET).waits == pytest.approx(by_series(endless, TARGET).waits, rel=1e-4)
