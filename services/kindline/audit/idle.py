"""Nobody waits beside a free agent who could serve them: every pair that can be made is made in the same decision.

Looked at are the agents and the waiting whom a batch was about. A pair that is still there some batches later was
overlooked; before that it may wait for a timer, as a back-off that has just ended does.
"""

from __future__ import annotations

from kindline.audit.cases import Case
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall, House
from kindline.audit.workers import Worker
from kindline.language import facts as f
from kindline.language.ids import Instant

PATIENCE = 3
"""Batches for which a pair may be left unmade."""


class Idle:
    """Judges the hall at the end of each batch."""

    def __init__(self, hall: Hall, findings: Findings) -> None:
        """Look at this hall."""
        self._hall = hall
        self._findings = findings
        self._seen: dict[tuple[str, str], int] = {}
        """Case and agent of each pair that could be made, with the number of batches for which it could."""

    def judge(self, _fact: f.Fact, _at: Instant, _place: str) -> None:
        """Nothing can be said before the batch is over."""

    def close(self, at: Instant, place: str) -> None:
        """Look for pairs among those whom the batch was about, and at those that were there before."""
        pairs = {(case.id, worker.agent_id): (case, worker) for case, worker in self._stirred(at)}
        for case_id, agent_id in self._seen:
            case = self._hall.cases.get(case_id)
            worker = self._hall.worker(case.pool, agent_id) if case is not None else None
            house = self._hall.houses[case.pool] if case is not None else None
            if case is None or worker is None or house is None or case not in house.lines:
                continue
            if house.may_have(worker, case, at):
                pairs[case_id, agent_id] = (case, worker)
        seen = {pair: self._seen.get(pair, 0) + 1 for pair in pairs}
        for (case_id, agent_id), count in seen.items():
            if count == PATIENCE + 1:
                what = f"{case_id} waits, though {agent_id} could have been offered it for {PATIENCE} batches"
                self._findings.find(Invariant.IDLE, place, what)
        self._seen = seen

    def _stirred(self, at: Instant) -> list[tuple[Case, Worker]]:
        found: list[tuple[Case, Worker]] = []
        for pool, agent_id in self._hall.stirred:
            worker = self._hall.worker(pool, agent_id)
            if worker is not None and not worker.unwilling():
                found += self._first_for(self._hall.houses[pool], worker, at)
        for name in self._hall.stirred_cases:
            case = self._hall.cases.get(name)
            house = self._hall.houses.get(case.pool) if case is not None else None
            if case is not None and house is not None and case in house.lines:
                worker = next(house.free_for(case, at), None)
                found += [(case, worker)] if worker is not None else []
        return found

    @staticmethod
    def _first_for(house: House, worker: Worker, at: Instant) -> list[tuple[Case, Worker]]:
        for kind in house.lines.names():
            if worker.full(kind[0], kind[1], house.rules) or worker.unable(kind, house.rules):
                continue
            for case in house.lines.all(kind):
                if house.may_have(worker, case, at):
                    return [(case, worker)]
        return []
