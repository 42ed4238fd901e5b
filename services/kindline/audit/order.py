"""Nobody is passed: who is offered stands first among all whom that agent could serve.

Two promises, each with its own name. `order`: effective priority (priority, the queue's weight and what waiting earns),
then the oldest. `ceiling`: once somebody has waited for as long as the ceiling says, nobody who came later goes first,
whatever their priority.
"""

from __future__ import annotations

from collections.abc import Iterable

from kindline.audit.cases import Case, Kind
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall, House
from kindline.audit.workers import Worker
from kindline.language import facts as f
from kindline.language.ids import Instant


class Order:
    """Judges every offer by who else waited at that moment."""

    def __init__(self, hall: Hall, findings: Findings) -> None:
        """Look at this hall."""
        self._hall = hall
        self._findings = findings

    def judge(self, fact: f.Fact, at: Instant, place: str) -> None:
        """Look at one fact before it is folded."""
        if not isinstance(fact, f.OfferIssued):
            return
        case, worker = self._hall.case(fact), self._hall.worker(fact.pool, fact.agent_id)
        if case is None or worker is None:
            return
        passed = self._passed(self._hall.houses[fact.pool], case, worker, at)
        if passed is not None:
            invariant, other = passed
            what = (
                f"{case.id} (priority {case.priority}, waits {at - case.since:.1f} s) was offered to {worker.agent_id} "
                f"before {other.id} (priority {other.priority}, waits {at - other.since:.1f} s)"
            )
            self._findings.find(invariant, place, what)

    def close(self, _at: Instant, _place: str) -> None:
        """Nothing is left for the end of a batch."""

    def _passed(self, house: House, case: Case, worker: Worker, at: Instant) -> tuple[Invariant, Case] | None:
        lines, horizon = house.lines, house.rules.horizon(at)
        mine = lines.entry(case)
        starves = mine.age < horizon
        for kind in lines.names():
            starving = lines.older(kind, mine[2:] if starves else (horizon,))
            found = self._first(starving, kind, worker, house, at)
            if found is not None:
                return Invariant.CEILING, found
            found = None if starves else self._first(lines.before(kind, mine), kind, worker, house, at)
            if found is not None:
                return Invariant.ORDER, found
        return None

    @staticmethod
    def _first(cases: Iterable[Case], kind: Kind, worker: Worker, house: House, at: Instant) -> Case | None:
        """The first of these whom the agent could have been offered; asked of the agent only if there is one."""
        could: bool | None = None
        for case in cases:
            if could is None:
                could = not worker.unable(kind, house.rules) and not worker.full(kind[0], kind[1], house.rules)
            if not could:
                return None
            if not case.leaves_out(worker.agent_id, at):
                return case
        return None
