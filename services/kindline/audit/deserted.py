"""Whoever waits for nobody at all is helped: a ladder's step is taken, or a rule of the queue sends them elsewhere.

Looked at again are those whom a batch was about, and, when somebody has come or gone, all of each kind that nobody
could serve. An owner helps them one after the other, so only who stays deserted for many batches was forgotten.
"""

from __future__ import annotations

from kindline.audit.attendance import anybody, asked_by
from kindline.audit.cases import Case
from kindline.audit.due import PATIENCE, Due
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall, House
from kindline.language import facts as f
from kindline.language.ids import Instant
from kindline.language.queue_rules import OverflowAction, OverflowCause
from kindline.language.snapshot import InteractionState as S

COMING_AND_GOING = (
    f.AgentSignedIn,
    f.AgentSignedOut,
    f.AgentLeaseChanged,
    f.AgentStatusDeclared,
    f.PlanAdopted,
)


class Deserted:
    """Judges that nobody is left waiting for nobody, where the plan knows a way out."""

    def __init__(self, hall: Hall, findings: Findings) -> None:
        """Look at this hall."""
        self._hall = hall
        self._findings = findings
        self._suspects: dict[str, int] = {}
        """Interactions for which nobody was there, and for how many batches already."""
        self._due: Due[str] = Due(patience=0)
        self._moved = False

    def judge(self, fact: f.Fact, at: Instant, _place: str) -> None:
        """Note when a rule for those who wait for nobody begins to hold, and that somebody comes or goes."""
        self._moved = self._moved or isinstance(fact, COMING_AND_GOING)
        if isinstance(fact, f.InteractionQueued) and fact.pool in self._hall.houses:
            for rule in self._hall.houses[fact.pool].rules.queue(fact.queue).overflow:
                if rule.cause is OverflowCause.NOBODY_ON_STAY:
                    self._due.note(at + rule.after_seconds, fact.interaction_id)

    def close(self, at: Instant, place: str) -> None:
        """The batch is over: count on for those who are still deserted."""
        names = {*self._hall.stirred_cases, *self._suspects, *self._due.late(at)}
        if self._moved:
            self._moved = False
            for house in self._hall.houses.values():
                for kind in house.lines.names():
                    if not anybody(house, (*kind[:4], "")):
                        names.update(case.id for case in house.lines.all(kind))
        before, self._suspects = self._suspects, {}
        for name in names:
            case = self._hall.cases.get(name)
            promise = self._forgotten(case, at) if case is not None else None
            if promise is None:
                continue
            count = self._suspects[name] = before.get(name, 0) + (not self._hall.batch_is_full)
            if count == PATIENCE > before.get(name, 0):
                self._findings.find(promise, place, f"{name} waits for nobody, and nothing is done about it")

    def _forgotten(self, case: Case, at: Instant) -> Invariant | None:
        house = self._hall.houses.get(case.pool)
        if house is None or case.state is not S.QUEUED:
            return None
        climbs = any(step.when_nobody for step in house.rules.queue(case.queue).ladder[case.step :])
        leaves = self._may_leave(house, case, at)
        if not (climbs or leaves) or anybody(house, asked_by(case)):
            return None
        return Invariant.LADDER if climbs else Invariant.OVERFLOW

    @staticmethod
    def _may_leave(house: House, case: Case, at: Instant) -> bool:
        return not case.owed and any(
            rule.cause is OverflowCause.NOBODY_ON_STAY
            and rule.action in {OverflowAction.DEFLECT, OverflowAction.LEAVE_MESSAGE}
            and case.joined_at + rule.after_seconds <= at
            for rule in house.rules.queue(case.queue).overflow
        )
