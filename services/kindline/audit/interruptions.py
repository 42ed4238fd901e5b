"""Whoever is interrupted is interrupted by right, and comes back as soon as the interruption is over.

Interrupted is only what a plan names, never a call, by a conversation its own agent has just taken, latest arrival
first and no more than it takes. When that one leaves the agent's hands, all it interrupted goes on in the same batch.
"""

from __future__ import annotations

from kindline.audit.capacity import interrupted_for, interruptible
from kindline.audit.cases import Case
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall
from kindline.language import facts as f
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState as S


class Interruptions:
    """Judges every hold that the system puts on somebody."""

    def __init__(self, hall: Hall, findings: Findings) -> None:
        """Look at this hall."""
        self._hall = hall
        self._findings = findings
        self._named: set[tuple[str, str]] = set()
        """Who was found waiting for an interruption that is over, and for which."""

    def judge(self, fact: f.Fact, _at: Instant, place: str) -> None:
        """Look at one fact before it is folded."""
        if not isinstance(fact, f.InteractionHeld) or not fact.interrupted_by:
            return
        case, by = self._hall.case(fact), self._hall.cases.get(fact.interrupted_by)
        if case is None:
            return
        why = self._wrong(case, by)
        if why:
            self._findings.find(Invariant.INTERRUPTED, place, f"{case.id} was interrupted, though {why}")

    def _wrong(self, case: Case, by: Case | None) -> str:
        worker = self._hall.worker(case.pool, case.agent_id)
        if by is None or worker is None or by.agent_id != case.agent_id or by.state is not S.CONNECTING:
            return "nothing was just taken that could interrupt it"
        channels = interrupted_for(self._hall.houses[case.pool], by.channel)
        may = interruptible(self._hall, worker, channels)
        if case not in may:
            return f"{by.channel.name} may not interrupt {case.state.name} work on {case.channel.name}"
        if worker.used <= worker.units:
            return f"{worker.agent_id} holds {worker.used} units of {worker.units}"
        latest = max(may, key=lambda one: one.sequence)
        return "" if latest is case else f"{latest.id} came later"

    def close(self, _at: Instant, place: str) -> None:
        """The batch is over: nobody waits for an interruption that is over."""
        for worker in self._hall.touched_workers():
            for name in worker.hands:
                case = self._hall.cases.get(name)
                if case is None or case.state is not S.HELD or not case.interrupted_by:
                    continue
                by = self._hall.cases.get(case.interrupted_by)
                over = by is None or by.agent_id != worker.agent_id
                if over and (case.id, case.interrupted_by) not in self._named:
                    self._named.add((case.id, case.interrupted_by))
                    what = f"{case.id} is still held for {case.interrupted_by}, which {worker.agent_id} has no more"
                    self._findings.find(Invariant.INTERRUPTED, place, what)
