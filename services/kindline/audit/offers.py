"""Offers go to whom they may: somebody who is there and willing, can do what is needed, and is not left out.

Three promises. `willing`: nobody on a break, suspected lost or not responding is offered anything. `able`: nobody is
offered what they cannot serve. `left_out`: nobody who declined is asked again at once, nor sooner than the plan's gap.
"""

from __future__ import annotations

from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall
from kindline.language import facts as f
from kindline.language.ids import Instant

GRAIN = 1e-6


class Offers:
    """Judges every offer by the agent to whom it goes."""

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
        why = worker.unwilling()
        if why:
            self._findings.find(Invariant.WILLING, place, f"{case.id} was offered to {worker.agent_id}, who {why}")
        rules = self._hall.houses[fact.pool].rules
        preferred = case.preferred
        if preferred not in {"", worker.agent_id}:
            what = f"{case.id} was offered to {worker.agent_id} while it waits for {preferred}"
            self._findings.find(Invariant.PREFERENCE, place, what)
        why = worker.unable((*case.kind[:4], ""), rules)
        if why:
            self._findings.find(Invariant.ABLE, place, f"{case.id} was offered to {worker.agent_id}, who {why}")
        if case.leaves_out(worker.agent_id, at + GRAIN):
            what = f"{case.id} was offered to {worker.agent_id}, who is left out for now"
            self._findings.find(Invariant.LEFT_OUT, place, what)
        if worker.last_assigned_at is not None and worker.last_assigned_at + rules.gap > at + GRAIN:
            what = f"{worker.agent_id} was given work {at - worker.last_assigned_at:.3f} s after the last"
            self._findings.find(Invariant.LEFT_OUT, place, what)

    def close(self, _at: Instant, _place: str) -> None:
        """Nothing is left for the end of a batch."""
