"""The naive twin of call-backs: what was offered and promised to whom, kept from facts and after the README alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from kindline.language import facts as f
from kindline.language.facts.interactions import ExpiryReason, QueuedReason
from kindline.language.plan import Plan, QueuePlan
from kindline.language.snapshot import InteractionRow
from kindline.language.snapshot import InteractionState as S
from tests.domain.routing.naive_waiting import reads_open

TALKING = {S.ACTIVE, S.HELD, S.DORMANT}
TWO_WEEKS = 14 * 24 * 3_600


@dataclass
class CallBackBook:
    """Every offer and every promise that still stands."""

    offered: set[str] = field(default_factory=set)
    promised: dict[str, f.CallBackPromised] = field(default_factory=dict)

    def note(self, fact: f.Fact, at: float, before: InteractionRow | None, plan: Plan) -> None:
        """Take in one fact, and protest if it breaks a promise."""
        name = getattr(fact, "interaction_id", "")
        promise = self.promised.get(name)
        if isinstance(fact, f.InteractionRelaxed):
            self.offered |= {name} if fact.call_back_offered else set()
        elif isinstance(fact, f.CallBackPromised):
            assert name in self.offered
            assert before is not None
            assert before.state in {S.SCHEDULED, S.QUEUED, S.OFFERED}
            assert at <= fact.due_at <= at + 2 * TWO_WEEKS
            queue = next((one for one in plan.queues if before.queued and one.name == before.queued.queue), QueuePlan())
            assert fact.deadline == fact.due_at + queue.longest_wait_seconds
            calendar = next((one for one in plan.calendars if one.name == queue.calendar), None)
            assert fact.due_at == at or calendar is None or reads_open(calendar, plan.time_zone, fact.due_at)
            self.promised[name] = fact
        elif isinstance(fact, f.InteractionScheduled):
            assert promise is not None
            assert promise.due_at == fact.due_at > at
        elif isinstance(fact, f.InteractionQueued) and before is not None:
            self._queued(fact, at, before)
        elif promise is not None:
            _kept(promise, fact, at, before)

    def _queued(self, fact: f.InteractionQueued, at: float, before: InteractionRow) -> None:
        if before.state in TALKING:
            self.promised.pop(fact.interaction_id, None)
        promise = self.promised.get(fact.interaction_id)
        if fact.reason is QueuedReason.CALL_BACK_DUE:
            assert promise is not None
            assert before.state is S.SCHEDULED
            assert at >= promise.due_at
        if promise is not None:
            assert fact.deadline == promise.deadline
            assert before.queued is not None
            assert fact.waiting_since == before.queued.waiting_since

    def agrees(self, row: InteractionRow, now: float) -> bool:
        """Whether an open interaction stands as the promises say, with no hour that is past."""
        name = row.received.interaction_id
        on_time = row.state is not S.SCHEDULED or (row.deadline is not None and row.deadline > now)
        return on_time and row.call_back == self.promised.get(name) and row.call_back_offered == (name in self.offered)


def _kept(promise: f.CallBackPromised, fact: f.Fact, at: float, before: InteractionRow | None) -> None:
    """Whoever was promised a call is not given up before the time is over, and is sent nowhere else."""
    assert before is not None
    assert not isinstance(fact, f.InteractionAbandoned | f.InteractionDeflected)
    if isinstance(fact, f.InteractionExpired) and fact.reason is ExpiryReason.WAITED_TOO_LONG:
        assert at >= promise.deadline
    if isinstance(fact, f.InteractionAnswered):
        assert before.queued is not None
        assert fact.waited_seconds == max(at - max(before.queued.waiting_since, promise.due_at), 0.0)
