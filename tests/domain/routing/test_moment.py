"""Snapshots are taken while the shard goes on deciding: each is of one moment, whatever happens until it is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from kindline.language import events as e
from kindline.language import facts as f
from kindline.language.snapshot import AgentRow, InteractionRow, SnapshotRow
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.moment import Moment
from kindline.routing.domain.roll import SIZE, Roll
from tests.domain.routing.test_machine import AnyDay
from tests.given import SHARDS, Centre, plan


class AnyDayWithSnapshots(AnyDay):
    """Anything happens, and between any two facts some rows of a snapshot are taken, often none."""

    pace = 2
    facts = 0
    snapshot: Iterator[SnapshotRow] | None = None

    @rule(pace=st.sampled_from([0, 1, 2, 5]))
    def snapshots_are_taken_at_another_pace(self, pace: int) -> None:
        """At pace 0 none of them gets on."""
        self.pace = pace

    def _check(self, fact: f.Fact, at: float) -> None:
        if self.snapshot is None:
            self._begin(at)
        super()._check(fact, at)
        self.twin.apply([fact], at)
        self.facts += 1
        self._take(self.facts % (self.pace + 1))

    def _begin(self, at: float) -> None:
        self.then = list(self.reader.rows())
        self.moment: Moment = self.reader.moment()
        self.snapshot, self.taken = iter(self.moment), list[SnapshotRow]()
        self.twin = Engine(self.centre.shard, SHARDS)
        self.twin.restore(self.then, self.reader.decided_at if self.read else at)

    def _take(self, count: int) -> None:
        """Take so many rows; at the last of them, compare with those of the moment, and go on from there."""
        assert self.snapshot is not None
        for _ in range(count):
            row = next(self.snapshot, None)
            if row is None:
                self.snapshot = None
                assert self.taken == self.then
                assert self.twin.fingerprint() == self.reader.fingerprint()
                return
            self.taken.append(row)

    def teardown(self) -> None:
        """The last snapshot is of its moment too."""
        if hasattr(self, "centre") and self.snapshot is not None:
            self._take(len(self.then) + 1)
        super().teardown()


AnyDayWithSnapshots.TestCase.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyDayWithSnapshots = AnyDayWithSnapshots.TestCase


def test_a_second_snapshot_waits_for_the_first() -> None:
    """While one is being taken no other can begin; when it is given up, the next one can."""
    centre = Centre(plan())
    centre.arrives("early")
    first = centre.engine.moment()
    next(iter(first))
    with pytest.raises(RuntimeError):
        centre.engine.moment()
    first.close()
    then = list(centre.engine.rows())
    assert list(centre.engine.moment()) == then
    assert list(centre.engine.moment()) == then


def test_a_snapshot_that_was_given_up_ends_no_later_one() -> None:
    """Whoever lets go of an old one late does not make the next one forget what changes."""
    centre = Centre(plan())
    centre.arrives("early")
    old = centre.engine.moment()
    rows = iter(old)
    next(rows)
    old.close()
    then = list(centre.engine.rows())
    new = centre.engine.moment()
    old.close()
    del old, rows
    centre.arrives("late")
    assert list(new) == then


def test_a_roll_is_called_as_it_stood_while_names_come_go_and_return() -> None:
    """Over several blocks: who left is called, who came later is not, and the room they took is given back."""
    roll: Roll[str] = Roll()
    for number in range(3 * SIZE):
        assert roll.add(f"name-{number}") == number
    call = roll.call(str.upper)
    rows = call.rows()
    taken = [next(rows)]
    for number in range(SIZE, 2 * SIZE):
        roll.remove(number)
    roll.add("late")
    taken += rows
    assert taken == [f"NAME-{number}" for number in range(3 * SIZE)]
    assert list(roll) == [f"name-{n}" for n in (*range(SIZE), *range(2 * SIZE, 3 * SIZE))] + ["late"]
    with pytest.raises(KeyError):
        roll.remove(SIZE)
    assert roll.first() == 0
    for number in (*range(SIZE), *range(2 * SIZE, 3 * SIZE + 1)):
        roll.remove(number)
    assert (list(roll), roll.first(), roll.add("again")) == ([], 3 * SIZE + 1, 3 * SIZE + 1)


def test_an_agent_who_is_freed_while_a_snapshot_is_taken_is_in_it_as_they_were() -> None:
    """A customer leaves the agent whose row is not taken yet: the fact names the customer only."""
    centre = Centre(plan())
    centre.at_work("amy")
    centre.arrives("leaving")
    centre.accepts("amy")
    centre.now += 60.0
    then = list(centre.engine.rows())
    moment = centre.engine.moment()
    centre.event(e.CustomerLeft(), "leaving")
    now = [row for row in centre.engine.rows() if isinstance(row, AgentRow)]
    assert now != [row for row in then if isinstance(row, AgentRow)]
    assert list(moment) == then


def test_what_agents_have_in_hand_is_in_a_snapshot_as_it_was_before_time_without_an_owner_was_stated() -> None:
    """An offer's new end and an agent's new sign of life are of the moment after; the snapshot tells of before."""
    centre = Centre(plan())
    centre.at_work("amy")
    for thread in ("offered", "waiting"):
        centre.arrives(thread)
    then = list(centre.engine.rows())
    moment = centre.engine.moment()
    centre.resume(30.0)
    changed = [type(row) for row, before in zip(centre.engine.rows(), then, strict=True) if row != before]
    assert {AgentRow, InteractionRow} <= set(changed)
    assert list(moment) == then
