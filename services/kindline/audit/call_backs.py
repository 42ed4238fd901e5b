"""Call-backs are kept: who accepts one that was offered is promised it, comes back in time, and is called no deserter.

One promise, `call_backs`. That whoever was promised a call-back is sent nowhere else is judged with overflow, and that
their age is kept with the ladder.
"""

from __future__ import annotations

from kindline.audit.cases import TALKING, Case
from kindline.audit.due import Due
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall
from kindline.audit.opening_hours import is_open
from kindline.audit.rules import Rules
from kindline.language import facts as f
from kindline.language.call_backs import CallBackAccepted
from kindline.language.facts.interactions import QueuedReason
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState as S

FARTHEST_SECONDS = 14 * 86_400.0
GRAIN = 1e-6
QUARTER = 900
"""Seconds between two looks at the clock; a queue that is open for less at a time may be promised either way."""
PENDING = frozenset({S.SCHEDULED, S.QUEUED, S.OFFERED})
"""States in which a customer who was offered a call-back may take it."""


class CallBacks:
    """Judges every promise, and that none is forgotten."""

    def __init__(self, hall: Hall, findings: Findings) -> None:
        """Look at this hall."""
        self._hall = hall
        self._findings = findings
        self._wished: dict[str, float | None] = {}
        """The hours that were wished in the batch under way."""
        self._accepted: dict[str, None] = {}
        """Those of them who could take the call-back, and were promised nothing yet."""
        self._due: Due[tuple[Case, f.CallBackPromised]] = Due()

    def judge(self, fact: f.Fact, at: Instant, place: str) -> None:
        """Look at one fact before it is folded."""
        case = self._hall.case(fact)
        if case is None:
            return
        why = ""
        if isinstance(fact, f.EventRecorded):
            happening = fact.event.event
            if isinstance(happening, CallBackAccepted):
                self._wished[case.id] = happening.wished_at
                self._accepted |= {case.id: None} if case.call_back_offered and case.state in PENDING else {}
        elif isinstance(fact, f.CallBackPromised):
            why = self._wrong_promise(case, fact, at)
            self._due.note(fact.due_at, (case, fact))
        elif isinstance(fact, f.InteractionScheduled):
            promised = case.call_back is not None and case.call_back.due_at == fact.due_at
            why = "" if promised and fact.due_at > at else "it was put off to an hour that nobody was promised"
        elif isinstance(fact, f.InteractionQueued) and fact.reason is QueuedReason.CALL_BACK_DUE:
            why = self._wrong_return(case, fact, at)
        elif isinstance(fact, f.InteractionAbandoned) and case.call_back is not None and case.state not in TALKING:
            why = "it is called abandoned, though its customer was free to leave"
        if why:
            self._findings.find(Invariant.CALL_BACKS, place, f"{case.id}: {why}")

    def _wrong_promise(self, case: Case, fact: f.CallBackPromised, at: Instant) -> str:
        self._accepted.pop(case.id, None)
        if case.id not in self._wished:
            return "a call-back was promised that nobody took"
        wished = self._wished[case.id]
        if not case.call_back_offered or case.state not in PENDING:
            return f"a call-back was promised that was never offered, or while it is {case.state.name}"
        rules = self._hall.houses[case.pool].rules
        meant = at if wished is None or not wished > at else min(wished, at + FARTHEST_SECONDS)
        if not self._is_meant(rules, case.queue, fact.due_at, meant, now=meant == at):
            return f"a call-back was promised for {fact.due_at - at:.1f} s from now, wished was {meant - at:.1f}"
        same = abs(fact.deadline - fact.due_at - rules.queue(case.queue).longest_wait_seconds) <= GRAIN
        return "" if same and fact.queue == case.queue else "the promise ends at another time, or is another queue's"

    @staticmethod
    def _is_meant(rules: Rules, queue: str, due_at: Instant, meant: Instant, *, now: bool) -> bool:
        """Whether it is the wished hour, or the first after it at which the queue is open."""
        calendar, zone = rules.calendars.get(rules.queue(queue).calendar), rules.plan.time_zone
        if now or calendar is None or is_open(calendar, zone, meant):
            return abs(due_at - meant) <= GRAIN
        hours = range(0, int(FARTHEST_SECONDS), QUARTER)
        opens = next((meant + ahead for ahead in hours if is_open(calendar, zone, meant + ahead)), None)
        if abs(due_at - meant) <= GRAIN:
            return opens is None
        # Frames begin on a minute: open then, and closed the minute before.
        return is_open(calendar, zone, due_at) and not is_open(calendar, zone, due_at - 60) and due_at > meant

    @staticmethod
    def _wrong_return(case: Case, fact: f.InteractionQueued, at: Instant) -> str:
        if case.call_back is None or case.state is not S.SCHEDULED or case.call_back.due_at > at + GRAIN:
            return "it came back to its queue before the hour that was promised"
        same = case.queue == fact.queue and fact.deadline == case.call_back.deadline
        return "" if same else "it came back to another queue, or for another length of time"

    def close(self, at: Instant, place: str) -> None:
        """The batch is over: every yes was heard, and no promised hour is long past."""
        for name in self._accepted:
            self._findings.find(Invariant.CALL_BACKS, place, f"{name} accepted a call-back and was promised none")
        self._accepted.clear()
        self._wished.clear()
        for case, promise in self._due.late(at, full=self._hall.batch_is_full):
            if self._hall.cases.get(case.id) is case and case.call_back is promise and case.state is S.SCHEDULED:
                what = f"{case.id} was to be called back {at - promise.due_at:.1f} s ago"
                self._findings.find(Invariant.CALL_BACKS, place, what)
