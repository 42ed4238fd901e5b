"""When a promise is kept, warned of, broken or given up."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given

from kindline.audit.findings import Findings
from kindline.audit.promises import Promises
from kindline.language import facts as f
from kindline.language.content import Channel
from kindline.language.facts.interactions import QueuedReason
from kindline.language.ids import clock_id
from kindline.language.log import DecisionBatch, DecisionRecord
from kindline.language.plan import Plan, QueuePlan
from kindline.language.sla import SlaEvent, SlaMet, SlaTarget, SlaWarned
from kindline.sla.domain.clocks import Clocks
from kindline.sla.domain.due import SWEEP_ABOVE
from tests.domain.audit.story import abandoned, answered, completed
from tests.domain.queues.story import Line, closed, counting, queued, received, steps, told

POOL = "acme/support"
PLAN = f.PlanAdopted(
    plan=Plan(
        pool=POOL,
        queues=(
            QueuePlan(name="english", answer_within_seconds=60.0, first_reply_within_seconds=90.0),
            QueuePlan(name="german", answer_within_seconds=20.0, warn_before_seconds=20.0),
            QueuePlan(name="calm"),
        ),
    )
)


class Promised:
    """Clocks under the plan above, fed batch by batch."""

    def __init__(self) -> None:
        self.clocks = Clocks({}, {})
        self.seq = 0
        self.at(0.0, PLAN)

    def at(self, now: float, *facts: f.Fact) -> list[str]:
        """What is said at a batch decided at `now`, in short."""
        return [short(event) for event in self.said_at(now, *facts)]

    def said_at(self, now: float, *facts: f.Fact) -> list[SlaEvent]:
        """What is said at a batch decided at `now`."""
        self.seq += 1
        batch = DecisionBatch(
            epoch=1,
            owner="o",
            seq=self.seq,
            level=1,
            decided_at=now,
            facts=facts,
            next_within=0.5,
            released=False,
        )
        return self.clocks.apply(batch).events


def short(event: SlaEvent) -> str:
    """Kind, target and time."""
    kind = type(event).__name__[3:].lower()
    return f"{kind} {event.clock.target.name.lower()} {getattr(event, f'{kind}_at'):g}"


def arrives(name: str, since: float, queue: str = "english", channel: Channel = Channel.CHAT) -> tuple[f.Fact, ...]:
    """A customer comes in and waits."""
    line = Line(name, POOL, channel, since=since)
    return received(line, since), queued(line, queue, QueuedReason.ARRIVED)


def moved(name: str, since: float, queue: str) -> f.Fact:
    """The same customer in another queue."""
    return queued(Line(name, POOL, Channel.CHAT, since=since), queue, QueuedReason.TRANSFERRED)


def sent(name: str) -> f.MessageSent:
    """The agent replies."""
    return f.MessageSent(pool=POOL, interaction_id=name, agent_id="amy", message_id="m1")


def test_an_answer_in_time_keeps_the_promise_and_a_late_reply_breaks_the_other() -> None:
    """Whoever is answered after 30 seconds was answered in time, even if the first reply comes too late."""
    promised = Promised()
    assert promised.at(100.0, *arrives("ida", 100.0)) == []
    assert promised.at(130.0, answered("ida", "amy")) == ["met time_to_answer 130"]
    assert promised.at(195.0, sent("ida")) == ["breached first_reply 190"]
    assert promised.at(196.0, sent("ida")) == []


def called_back(due_at: float, queue: str = "english") -> f.CallBackPromised:
    """Ida takes the call-back that she is offered."""
    return f.CallBackPromised(pool=POOL, interaction_id="ida", due_at=due_at, deadline=9_000.0, queue=queue)


def test_whoever_takes_a_call_back_is_promised_the_call_and_not_the_wait() -> None:
    """No promise of the wait in line is broken by a customer who asked for another hour; the hour itself is one."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0))
    promised.at(130.0, called_back(4_000.0))
    assert promised.at(4_000.0) == []
    assert promised.at(4_030.0, answered("ida", "amy"), sent("ida")) == ["met call_back 4030"]
    assert promised.clocks.running == 0


def test_a_call_back_that_comes_too_late_is_a_broken_promise_and_is_broken_once() -> None:
    """A minute after the hour nobody has called: that is told, and a newer hour does not make it unsaid."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0))
    promised.at(130.0, called_back(4_000.0))
    assert promised.at(4_060.1) == ["breached call_back 4060"]
    assert promised.at(4_061.0, called_back(5_000.0)) == []
    assert promised.at(6_000.0) == []


def test_a_newer_hour_moves_the_promise_and_a_queue_without_one_promises_nothing() -> None:
    """While it runs the newest wish counts; by the queue's own promise and no other."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0))
    promised.at(130.0, called_back(4_000.0))
    promised.at(140.0, called_back(5_000.0))
    assert promised.at(4_900.0) == []
    assert promised.at(5_061.0) == ["breached call_back 5060"]
    other = Promised()
    other.at(100.0, *arrives("ida", 100.0))
    other.at(130.0, called_back(4_000.0, queue="calm"))
    assert other.at(9_000.0) == []


def test_a_promise_that_moves_after_its_warning_is_not_warned_of_twice() -> None:
    """Readers drop a second warning under the same id as a repeat, and the audit calls it a contradiction."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0))
    promised.at(130.0, called_back(4_000.0))
    assert promised.at(4_051.0) == ["warned call_back 4050"]
    promised.at(4_052.0, called_back(5_000.0))
    assert promised.at(5_051.0) == []
    assert promised.at(5_061.0) == ["breached call_back 5060"]


def test_a_reply_in_time_is_told_once() -> None:
    """The first reply keeps the promise, and later ones say nothing."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0))
    assert promised.at(120.0, answered("ida", "amy"), sent("ida"), sent("ida")) == [
        "met time_to_answer 120",
        "met first_reply 120",
    ]
    assert promised.at(500.0) == []


def test_a_promise_is_warned_of_and_then_broken_at_its_own_times() -> None:
    """Ten seconds before the deadline there is a warning, after it a breach that bears the deadline's time."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0))
    assert promised.at(150.0) == []
    assert promised.at(151.0) == ["warned time_to_answer 150"]
    assert promised.at(160.0) == []
    assert promised.at(160.5) == ["breached time_to_answer 160"]
    assert promised.at(160.7, answered("ida", "amy")) == []


def test_an_answer_exactly_at_the_deadline_is_in_time() -> None:
    """The promise says within sixty seconds, and the sixtieth is within."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0))
    assert promised.at(160.0, answered("ida", "amy")) == ["warned time_to_answer 150", "met time_to_answer 160"]


def test_a_breach_in_the_same_moment_as_its_warning_is_told_alone() -> None:
    """When the decisions were silent past the deadline, nobody is warned of what has already happened."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0))
    assert promised.at(1_000.0) == ["breached time_to_answer 160", "breached first_reply 190"]


def test_a_customer_who_leaves_takes_the_promises_along() -> None:
    """After an abandon no clock of that customer says anything."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0))
    promised.at(130.0, abandoned("ida"))
    assert promised.at(1_000.0) == []
    assert promised.clocks.contacts == {}


def test_a_conversation_that_ends_without_a_reply_breaks_no_promise_to_reply() -> None:
    """Once the work is done nobody waits for a first reply any more."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0))
    promised.at(110.0, answered("ida", "amy"))
    promised.at(120.0, completed("ida", "amy"))
    assert promised.at(1_000.0) == []


def test_a_caller_is_promised_an_answer_but_no_written_reply() -> None:
    """On the telephone only the time to answer is promised."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0, channel=Channel.VOICE))
    assert promised.at(1_000.0) == ["breached time_to_answer 160"]


def test_the_wait_counts_from_the_arrival_not_from_the_decision() -> None:
    """Whoever waited before the owner could decide has waited all the same."""
    promised = Promised()
    promised.at(150.0, *arrives("ida", 95.0))
    assert promised.at(156.0) == ["breached time_to_answer 155"]


def test_a_transfer_starts_no_new_clock() -> None:
    """The promise is the one of the queue where the customer first waited."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0))
    promised.at(105.0, moved("ida", 100.0, "german"))
    assert promised.at(1_000.0) == ["breached time_to_answer 160", "breached first_reply 190"]
    promised.at(2_000.0, *arrives("ben", 2_000.0, "calm"))
    promised.at(2_001.0, moved("ben", 2_000.0, "german"))
    assert promised.at(3_000.0) == []


def test_a_new_plan_leaves_running_clocks_alone() -> None:
    """Who was promised sixty seconds keeps that promise; who comes later gets the new one."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 100.0))
    queues = (QueuePlan(name="english", answer_within_seconds=5.0),)
    promised.at(101.0, f.PlanAdopted(plan=Plan(pool=POOL, queues=queues)), *arrives("ben", 101.0))
    assert promised.at(110.0) == ["breached time_to_answer 106"]
    assert promised.at(165.0) == ["breached time_to_answer 160"]


@pytest.mark.parametrize("warn", [0.0, 20.0, 25.0])
def test_a_warning_that_would_come_with_the_arrival_is_not_given(warn: float) -> None:
    """A warning must lie inside the promise, or it says nothing that the arrival did not say."""
    promised = Promised()
    queues = (QueuePlan(name="german", answer_within_seconds=20.0, warn_before_seconds=warn),)
    promised.at(1.0, f.PlanAdopted(plan=Plan(pool=POOL, queues=queues)))
    promised.at(100.0, *arrives("ida", 100.0, "german"))
    assert promised.at(119.9) == []
    assert promised.at(120.5) == ["breached time_to_answer 120"]


def test_what_is_said_names_its_clock() -> None:
    """Every fact carries the whole promise, under a name that everybody derives alike."""
    promised = Promised()
    promised.at(100.0, *arrives("ida", 99.0))
    [breached, _] = promised.said_at(1_000.0)
    clock = breached.clock
    assert clock.clock_id == clock_id("ida", "TIME_TO_ANSWER")
    assert (clock.pool, clock.queue, clock.interaction_id) == (POOL, "english", "ida")
    assert (clock.started_at, clock.deadline) == (99.0, 159.0)


def test_the_memory_is_that_of_the_clocks_that_run() -> None:
    """Ten thousand customers who were served leave nothing behind, though their deadlines lie far ahead."""
    promised = Promised()
    for number in range(10_000):
        name = f"i{number}"
        line = Line(name, POOL, Channel.CHAT)
        promised.at(100.0, *arrives(name, 100.0), answered(name, "amy"), closed(line))
    assert promised.clocks.contacts == {}
    assert promised.clocks.running == 0
    assert len(promised.clocks._due) <= SWEEP_ABOVE + 4  # noqa: SLF001 - the bound is the promise


@given(steps)
def test_every_promise_ends_as_the_auditor_says(numbers: list[tuple[int, int, int]]) -> None:
    """Whatever happens on the line, the clocks agree with the auditor, who derives them in another way."""
    records = told(numbers)
    said, audited = fold(records), Promises(Findings(), plans := {})
    for batch in counting(records):
        audited.tick(batch.decided_at)
        for fact in batch.facts:
            if isinstance(fact, f.PlanAdopted):
                plans[fact.plan.pool] = fact.plan
            audited.apply(fact, batch.decided_at)
    outcome = {
        (event.clock.clock_id, "met" if isinstance(event, SlaMet) else "breached"): (
            event.met_at if isinstance(event, SlaMet) else event.breached_at
        )
        for event in said
        if not isinstance(event, SlaWarned)
    }
    expected = {
        (name, promise.outcome): promise.settled_at
        for name, promise in audited.by_id.items()
        if promise.outcome in {"met", "breached"}
    }
    assert outcome == expected
    assert len(set(map(identity, said))) == len(said)


def identity(event: SlaEvent) -> tuple[str, str]:
    """What must never be said twice."""
    return event.clock.clock_id, type(event).__name__


def fold(records: Sequence[DecisionRecord]) -> list[SlaEvent]:
    """All that is said of a log."""
    clocks = Clocks({}, {})
    return [event for batch in counting(records) for event in clocks.apply(batch).events]


@given(steps)
def test_a_warning_comes_once_in_time_and_never_after_the_end(numbers: list[tuple[int, int, int]]) -> None:
    """A warning lies before its deadline and before whatever became of the promise."""
    settled: set[str] = set()
    for event in fold(told(numbers)):
        if isinstance(event, SlaWarned):
            assert event.clock.clock_id not in settled
            assert event.clock.started_at < event.warned_at < event.clock.deadline
        else:
            settled.add(event.clock.clock_id)
        assert event.clock.target is not SlaTarget.UNSPECIFIED
