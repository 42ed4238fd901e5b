"""Call-backs are kept: who accepts one that was offered is promised it, comes back in time, and is called no deserter.

One promise, `call_backs`. That whoever was promised a call-back is sent nowhere else is judged with overflow, and that
their age is kept with the ladder.
"""

from __future__ import annotations

from kindline.audit.cases import TALKING, Case
from kindline.audit.due import Due
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall
from kindline.language import facts as f
from kindline.language.call_backs import CallBackAccepted
from kindline.language.facts.interactions import QueuedReason
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState as S

FARTHEST_SECONDS = 14 * 86_400.0
GRAIN = 1e-6
PENDING = frozenset({S.SCHEDULED, S.QUEUED, S.OFFERED})
"""States in which a customer who was offered a call-back may take it."""


class CallBacks:
    """Judges every promise, and that none is forgotten."""

    def __init__(self, hall: Hall, findings: Findings) -> None:
        """Look at this hall."""
        self._hall = hall
        self._findings = findings
        self._accepted: dict[str, None] = {}
        """Those who accepted in the batch under way, and were promised nothing yet."""
        self._due: Due[tuple[Case, f.CallBackPromised]] = Due()

    def judge(self, fact: f.Fact, at: Instant, place: str) -> None:
        """Look at one fact before it is folded."""
        case = self._hall.case(fact)
        if case is None:
            return
        why = ""
        if isinstance(fact, f.EventRecorded):
            if isinstance(fact.event.event, CallBackAccepted) and case.call_back_offered and case.state in PENDING:
                self._accepted[case.id] = None
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
        if not case.call_back_offered or case.state not in PENDING:
            return f"a call-back was promised that was never offered, or while it is {case.state.name}"
        longest = self._hall.houses[case.pool].rules.queue(case.queue).longest_wait_seconds
        if not at <= fact.due_at <= at + FARTHEST_SECONDS + GRAIN:
            return f"a call-back was promised for {fact.due_at - at:.1f} s from now"
        return "" if abs(fact.deadline - fact.due_at - longest) <= GRAIN else "the promise ends at another time"

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
        for case, promise in self._due.late(at, full=self._hall.batch_is_full):
            if self._hall.cases.get(case.id) is case and case.call_back is promise and case.state is S.SCHEDULED:
                what = f"{case.id} was to be called back {at - promise.due_at:.1f} s ago"
                self._findings.find(Invariant.CALL_BACKS, place, what)
