"""A state that only counted, and is asked for the first time, answers like one that was ready to decide all along."""

from __future__ import annotations

from contextlib import closing
from itertools import chain

from hypothesis import HealthCheck, settings

from kindline.language import events as e
from kindline.language import facts as f
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.inputs import Input, OwnerResumed, TimersDue
from tests.domain.routing.test_capacity_machine import NarrowDay
from tests.domain.routing.test_machine import AnyDay
from tests.domain.routing.test_waiting_machine import RestlessDay
from tests.given import SHARDS, Centre, plan

DEADLINES = 8


def folded(centre: Centre, *, ready: bool) -> Engine:
    """An engine that has folded the log; one that is ready was asked when the first plan was in force, and ever since.

    A log is folded as followers get it, batch by batch.
    """
    engine = Engine(centre.shard, SHARDS)
    for at, facts in centre.log:
        engine.apply(facts, at)
        if ready:
            engine.next_due()
    return engine


def restored(source: Engine) -> Engine:
    """An engine that begins with another's rows."""
    engine = Engine(source.shard, SHARDS)
    engine.restore(list(source.rows()), source.decided_at)
    return engine


def built(source: Engine) -> Engine:
    """The same, made ready step by step while the other one's heart beats and its rows are taken for a snapshot."""
    engine = Engine(source.shard, SHARDS)
    with closing(source.moment()) as moment:
        rows = iter(moment)
        for _ in chain(engine.restoring(source.rows(), source.decided_at), engine.getting_ready()):
            source.apply((), source.decided_at)
            next(rows, None)
    return engine


class TakenOver(AnyDay):
    """Anything happens, and in the end somebody takes over who only followed."""

    def teardown(self) -> None:
        """It decides what one would decide who was ready all along: told of the gap, as it is, and if it were not.

        And whoever was built from its rows in small steps decides what one would who was restored from them at once.
        """
        if hasattr(self, "centre"):
            for given in (OwnerResumed(gap_seconds=3.0), TimersDue()):
                self.decide_alike(folded(self.centre, ready=True), folded(self.centre, ready=False), given)
                counted = folded(self.centre, ready=False)
                self.decide_alike(restored(counted), built(counted), given)
                assert counted.fingerprint() == folded(self.centre, ready=False).fingerprint()
        super().teardown()

    def decide_alike(self, ready: Engine, late: Engine, given: Input) -> None:
        """One who was ready all along and one who was not decide the same on this and on what falls due after it."""
        assert late.fingerprint() == ready.fingerprint()
        now = self.centre.now + 3.0
        for _ in range(DEADLINES):
            assert late.decide(given, now) == ready.decide(given, now)
            assert late.fingerprint() == ready.fingerprint()
            # Of a replica that has lost its last agent only one that was ready all along knows a deadline still.
            dues = [due for due in (late.next_due(), ready.next_due()) if due is not None]
            given, now = TimersDue(), max(now, min(dues, default=now))


class RestlessDayTakenOver(TakenOver, RestlessDay):
    """The same on a day on which much is done for those who wait."""


class NarrowDayTakenOver(TakenOver, NarrowDay):
    """The same where agents hold many things at once, and some of them sleep."""


TakenOver.TestCase.settings = RestlessDayTakenOver.TestCase.settings = NarrowDayTakenOver.TestCase.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestTakenOver = TakenOver.TestCase
TestRestlessDayTakenOver = RestlessDayTakenOver.TestCase
TestNarrowDayTakenOver = NarrowDayTakenOver.TestCase


def test_the_last_report_of_one_that_ended_finds_it_after_a_follower_took_over() -> None:
    """Whoever only followed knows who was there before as soon as somebody asks."""
    centre = Centre(plan())
    centre.arrives("t1")
    centre.leaves("t1")
    ended = centre.id("t1")
    centre.engine = folded(centre, ready=False)
    late = centre.event(e.MessageDeliveryReported(message_id="m1"), "t1")
    assert [fact.interaction_id for fact in late if isinstance(fact, f.EventRecorded)] == [ended]
