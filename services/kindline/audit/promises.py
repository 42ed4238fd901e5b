"""Re-derives every SLA clock from the decisions, and checks I5 against what kindline.sla says.

Each clock breaches at most once and, if due, at least once; every warning, meeting and breach on the topic is one that
the decisions imply. Time is `decided_at` of counting batches: no other clock takes part.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from kindline.audit.findings import Findings, Invariant
from kindline.language import facts as f
from kindline.language.content import Channel
from kindline.language.ids import clock_id
from kindline.language.plan import Plan, QueuePlan
from kindline.language.sla import SlaEvent, SlaTarget

GIVEN_UP = (
    f.InteractionAbandoned,
    f.InteractionDeflected,
    f.InteractionCancelled,
    f.InteractionExpired,
    f.CallBackPromised,
)
"""What ends every promise of an interaction; who takes a call-back waits by their own choice."""


@dataclass(slots=True)
class Promise:
    """One clock as the decisions imply it."""

    interaction_id: str
    target: SlaTarget
    deadline: float
    outcome: str = "running"
    """running, met, breached or cancelled."""
    settled_at: float = 0.0


class Promises:
    """All clocks of one shard's log."""

    def __init__(self, findings: Findings, plans: Mapping[str, Plan]) -> None:
        """`plans` is the auditor's own view of the plans in force, by pool."""
        self.by_id: dict[str, Promise] = {}
        self.now = 0.0
        self._findings = findings
        self._plans = plans
        self._channels: dict[str, Channel] = {}
        self._begun: set[str] = set()
        self._called: set[str] = set()
        self._due: list[tuple[float, str]] = []

    def tick(self, at: float) -> None:
        """Let time pass to the batch decided at `at`: what was due before it breaches."""
        self.now = max(self.now, at)
        while self._due and self._due[0][0] < at:
            deadline, name = heapq.heappop(self._due)
            promise = self.by_id[name]
            if promise.outcome == "running" and promise.deadline == deadline:
                promise.outcome, promise.settled_at = "breached", deadline

    def apply(self, fact: f.Fact, at: float) -> None:
        """Take in one fact of the batch decided at `at`."""
        if isinstance(fact, f.InteractionReceived):
            self._channels[fact.interaction_id] = fact.channel
        elif isinstance(fact, f.InteractionQueued):
            self._begin(fact)
        elif isinstance(fact, f.InteractionAnswered):
            for target in (SlaTarget.TIME_TO_ANSWER, SlaTarget.CALL_BACK):
                self._settle(fact.interaction_id, target, "met", at)
        elif isinstance(fact, f.MessageSent):
            self._settle(fact.interaction_id, SlaTarget.FIRST_REPLY, "met", at)
        elif isinstance(fact, GIVEN_UP):
            for target in (SlaTarget.TIME_TO_ANSWER, SlaTarget.FIRST_REPLY):
                self._settle(fact.interaction_id, target, "cancelled", at)
            if isinstance(fact, f.CallBackPromised):
                self._call_back(fact)
            else:
                self._settle(fact.interaction_id, SlaTarget.CALL_BACK, "cancelled", at)
        elif isinstance(fact, f.InteractionCompleted | f.InteractionClosed):
            self._settle(fact.interaction_id, SlaTarget.FIRST_REPLY, "cancelled", at)

    def _call_back(self, fact: f.CallBackPromised) -> None:
        """A newer hour replaces a promise that still runs; one that was kept or broken is not made again."""
        name, queue = clock_id(fact.interaction_id, SlaTarget.CALL_BACK.name), self._queue(fact.pool, fact.queue)
        before = self.by_id.get(name)
        if fact.interaction_id in self._called and (before is None or before.outcome != "running"):
            return
        self._called.add(fact.interaction_id)
        if queue is None or queue.answer_within_seconds is None:
            self._settle(fact.interaction_id, SlaTarget.CALL_BACK, "cancelled", self.now)
            return
        deadline = fact.due_at + queue.answer_within_seconds
        self.by_id[name] = Promise(fact.interaction_id, SlaTarget.CALL_BACK, deadline)
        heapq.heappush(self._due, (deadline, name))

    def _begin(self, fact: f.InteractionQueued) -> None:
        if fact.interaction_id in self._begun:
            return
        self._begun.add(fact.interaction_id)
        queue = self._queue(fact.pool, fact.queue)
        if queue is None:
            return
        limits = {SlaTarget.TIME_TO_ANSWER: queue.answer_within_seconds}
        if self._channels.get(fact.interaction_id) is not Channel.VOICE:
            limits[SlaTarget.FIRST_REPLY] = queue.first_reply_within_seconds
        for target, seconds in limits.items():
            if seconds is not None:
                name = clock_id(fact.interaction_id, target.name)
                deadline = fact.waiting_since + seconds
                self.by_id[name] = Promise(fact.interaction_id, target, deadline)
                heapq.heappush(self._due, (deadline, name))

    def _queue(self, pool: str, name: str) -> QueuePlan | None:
        plan = self._plans.get(pool)
        return next((queue for queue in plan.queues if queue.name == name), None) if plan else None

    def _settle(self, interaction: str, target: SlaTarget, outcome: str, at: float) -> None:
        promise = self.by_id.get(clock_id(interaction, target.name))
        if promise is not None and promise.outcome == "running":
            promise.outcome, promise.settled_at = outcome, at


class Published:
    """What kindline.sla says, repeats dropped by their ids."""

    def __init__(self, findings: Findings) -> None:
        """Begin with nothing said."""
        self.events: dict[str, SlaEvent] = {}
        self.repeats = 0
        self._findings = findings

    def take(self, event_id: str, event: SlaEvent, place: str) -> None:
        """Take in one record."""
        before = self.events.get(event_id)
        if before is None:
            self.events[event_id] = event
        elif before == event:
            self.repeats += 1
        else:
            self._findings.find(Invariant.PROMISES, place, f"two different facts under the id {event_id}")

    def compare(self, promises: Promises, *, grace: float) -> None:
        """Check all that was said against what the decisions imply; the last `grace` seconds may still be unsaid."""
        for name, promise in promises.by_id.items():
            breached, met = self.events.get(f"{name}.breached"), self.events.get(f"{name}.met")
            self._compare_one(name, promise, (breached, met), unsaid_ok=promise.settled_at > promises.now - grace)

    def _compare_one(
        self, name: str, promise: Promise, said: tuple[SlaEvent | None, SlaEvent | None], *, unsaid_ok: bool
    ) -> None:
        place = f"{promise.target.name} of {promise.interaction_id}"
        breached, met = said
        if breached is not None and met is not None:
            self._findings.find(Invariant.PROMISES, place, "was both met and breached")
        wrong = (breached is not None and promise.outcome != "breached") or (
            met is not None and promise.outcome != "met"
        )
        if wrong:
            kind = "breached" if breached is not None else "met"
            what = f"kindline.sla says {kind}, the decisions say {promise.outcome}"
            self._findings.find(Invariant.PROMISES, place, what)
        missing = (promise.outcome == "breached" and breached is None) or (promise.outcome == "met" and met is None)
        if missing and not unsaid_ok:
            what = f"the decisions say {promise.outcome}, kindline.sla does not ({name})"
            self._findings.find(Invariant.PROMISES, place, what)

    def strangers(self, known: set[str]) -> None:
        """Check that every clock that was spoken of is one that the decisions imply."""
        for event_id, event in self.events.items():
            if event.clock.clock_id not in known:
                self._findings.find(Invariant.PROMISES, event_id, "no decision implies this clock")
