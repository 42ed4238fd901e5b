"""What customers who wait are told: a place that is true, and a wait whose end is a promise that is counted.

`position` is a promise: the place told is the place had, among all of the queue whom nobody serves yet. How often the
end of a told range is kept is a figure, not a violation: nobody knows the future, but 80 of 100 should hold.
"""

from __future__ import annotations

from collections import Counter

from kindline.audit.cases import Case
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall
from kindline.language import facts as f
from kindline.language.facts.interactions import QueuedReason
from kindline.language.ids import Instant
from kindline.language.snapshot import InteractionState as S

GRAIN = 1e-6

UNSERVED_ENDS = (
    f.InteractionAbandoned,
    f.InteractionDeflected,
    f.InteractionCancelled,
    f.InteractionExpired,
    f.InteractionScheduled,
)
"""What ends a wait unserved; who is put off to an hour they wished waits no more."""


class Informed:
    """Judges every word to a customer who waits, and counts what was promised."""

    def __init__(self, hall: Hall, findings: Findings) -> None:
        """Look at this hall."""
        self._hall = hall
        self._findings = findings
        self._promised: dict[str, Instant] = {}
        """Until when each who waits was told first that they would be answered."""

    def judge(self, fact: f.Fact, at: Instant, place: str) -> None:
        """Look at one fact before it is folded."""
        case = self._hall.case(fact)
        if case is None:
            return
        if isinstance(fact, f.CustomerInformed):
            self._told(case, fact, at, place)
        elif isinstance(fact, f.InteractionAnswered):
            self._settle(case.id, kept=at <= self._promised.get(case.id, at) + GRAIN)
        elif isinstance(fact, UNSERVED_ENDS):
            # Whoever left before the end of the range broke it, not the house; after it, the promise was broken.
            self._settle(case.id, kept=None if at <= self._promised.get(case.id, at) + GRAIN else False)
        elif isinstance(fact, f.InteractionQueued) and fact.reason is not QueuedReason.OVERFLOWED:
            # Another wait begins; whoever is only sent on waits on, and what they were told first stands.
            self._promised.pop(case.id, None)

    def _told(self, case: Case, fact: f.CustomerInformed, at: Instant, place: str) -> None:
        house = self._hall.houses[case.pool]
        if fact.position:
            true = house.queues.ahead(case, case.queue, house.rules.horizon(at)) + 1
            if fact.position != true or fact.queue != case.queue or case.state is not S.QUEUED:
                what = f"{case.id} was told place {fact.position} in {fact.queue}, it has {true} in {case.queue}"
                self._findings.find(Invariant.POSITION, place, what)
        if fact.expected_wait is not None:
            self._promised.setdefault(case.id, at + fact.expected_wait.most_seconds)

    def _settle(self, name: str, *, kept: bool | None) -> None:
        if self._promised.pop(name, None) is not None and kept is not None:
            self._hall.told["kept" if kept else "broken"] += 1

    def close(self, _at: Instant, _place: str) -> None:
        """Nothing is left for the end of a batch."""


def share_kept(told: Counter[str]) -> float | None:
    """The share of told waits that were kept; None when none was settled."""
    settled = told["kept"] + told["broken"]
    return told["kept"] / settled if settled else None
