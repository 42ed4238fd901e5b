"""Who joins which queue, and who is sent elsewhere: each by the rules of the plan, and for a reason that was true.

Three promises. `hours`: nobody new joins a queue that is closed when a rule says otherwise. `limits`: the same for one
that is full. `overflow`: whatever overflows or is deflected does so by a rule whose cause holds, to where it says.
"""

from __future__ import annotations

from kindline.audit.attendance import anybody, asked_by, merged
from kindline.audit.cases import JOINING, Case
from kindline.audit.due import Due
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall, House
from kindline.audit.joining import Comer, Joining, Outcome, outcomes
from kindline.language import facts as f
from kindline.language.content import NO_NEEDS, Needs
from kindline.language.facts.interactions import DeflectedReason
from kindline.language.ids import Instant
from kindline.language.queue_rules import OverflowAction, OverflowCause, OverflowRule
from kindline.language.snapshot import InteractionState as S

STAYING = frozenset({OverflowCause.WAITED, OverflowCause.NOBODY_ON_STAY})
ENDS = {
    OverflowAction.DEFLECT: DeflectedReason.OVERFLOW,
    OverflowAction.LEAVE_MESSAGE: DeflectedReason.LEAVE_MESSAGE,
}
GRAIN = 1e-6


class Overflow:
    """Judges every joining and every deflection."""

    def __init__(self, hall: Hall, findings: Findings) -> None:
        """Look at this hall."""
        self._hall = hall
        self._findings = findings
        self._due: Due[tuple[str, Instant, OverflowRule]] = Due()

    def judge(self, fact: f.Fact, at: Instant, place: str) -> None:
        """Look at one fact before it is folded."""
        case = self._hall.case(fact)
        house = self._hall.houses.get(case.pool) if case is not None else None
        if case is None or house is None:
            return
        if isinstance(fact, f.InteractionQueued) and fact.reason in JOINING:
            self._joined(house, case, fact, at, place)
            self._note(house, case, fact, at)
        elif isinstance(fact, f.InteractionDeflected) and fact.overflow_cause:
            self._deflected(house, case, fact, at, place)

    def _joined(self, house: House, case: Case, fact: f.InteractionQueued, at: Instant, place: str) -> None:
        observed = Outcome(fact.queue, fact.overflow_cause)
        if fact.overflow_cause in STAYING:
            rules = [rule for rule in self._rules(house, case, at) if rule.cause is fact.overflow_cause]
            ways = [rule.queue for rule in rules if rule.action is OverflowAction.TO_QUEUE]
            been = (*case.overflowed_by, case.queue)
            possible = [found for way in ways for found in self._outcomes(house, case, at, way, been)]
            right = case.queue == fact.overflowed_from and fact.queue in {one.queue for one in possible}
        else:
            asked = fact.overflowed_from or fact.queue
            possible = list(self._outcomes(house, case, at, asked, ()))
            right = observed in possible
        if not right:
            may = sorted({one.queue or f"an end by {one.rule_of}" for one in possible})
            what = f"{case.id} joined {fact.queue} as {fact.reason.name}, by the plan it may join {may}"
            self._findings.find(self._promise(house, case, fact.queue, at), place, what)

    def _promise(self, house: House, case: Case, name: str, at: Instant) -> Invariant:
        """Which promise is broken by joining a queue that should not have been joined."""
        comer = self._comer(case, at, (), case.received.needs)
        queue, joining = house.rules.queue(name), Joining(house, comer)
        ruled = {rule.cause for rule in queue.overflow if rule.action is not OverflowAction.ANNOUNCE}
        for cause, promise in ((OverflowCause.CLOSED, Invariant.HOURS), (OverflowCause.FULL, Invariant.LIMITS)):
            if cause in ruled and joining.holds(cause, queue):
                return promise
        return Invariant.OVERFLOW

    def _deflected(self, house: House, case: Case, fact: f.InteractionDeflected, at: Instant, place: str) -> None:
        if case.owed:
            what = f"{case.id} was sent away after it had been answered, or was promised a call-back"
            self._findings.find(Invariant.OVERFLOW, place, what)
        if fact.overflow_cause in STAYING:
            ends = [
                rule
                for rule in self._rules(house, case, at)
                if rule.cause is fact.overflow_cause and ENDS.get(rule.action) is fact.reason
            ]
            right = case.state is S.QUEUED and any(rule.announce == fact.announcement for rule in ends)
        else:
            # Which queue a bot asked for is put right by the engine where it is wrong: it may have been any.
            asked = [*house.rules.queues] if case.handed_over else [case.received.queue]
            right = any(
                (one.cause, ENDS.get(one.action), one.announcement)
                == (fact.overflow_cause, fact.reason, fact.announcement)
                for queue in asked
                for one in self._outcomes(house, case, at, queue, ())
            )
        if not right:
            what = f"{case.id} was deflected for {fact.overflow_cause.name}, which no rule of the plan bears out"
            self._findings.find(Invariant.OVERFLOW, place, what)

    def _rules(self, house: House, case: Case, at: Instant) -> list[OverflowRule]:
        """The rules of staying whose cause holds for somebody who waits."""
        due = [
            rule
            for rule in house.rules.queue(case.queue).overflow
            if rule.cause in STAYING and case.joined_at + rule.after_seconds <= at + GRAIN
        ]
        alone = any(rule.cause is OverflowCause.NOBODY_ON_STAY for rule in due) and not anybody(house, asked_by(case))
        return [rule for rule in due if alone or rule.cause is OverflowCause.WAITED]

    def _outcomes(self, house: House, case: Case, at: Instant, queue: str, been: tuple[str, ...]) -> list[Outcome]:
        # A bot may have found out that more is needed; whether that is asked of another queue too is not for us to say.
        owns = {merged(NO_NEEDS, case.received.needs), merged(case.received.needs, case.asked)}
        return [
            found
            for own in sorted(owns, key=repr)
            for found in outcomes(house, self._comer(case, at, been, own), queue)
        ]

    @staticmethod
    def _comer(case: Case, at: Instant, been: tuple[str, ...], own: Needs) -> Comer:
        return Comer(channel=case.channel, own=own, answered=case.owed, been=been, at=at)

    def _note(self, house: House, case: Case, fact: f.InteractionQueued, at: Instant) -> None:
        for rule in house.rules.queue(fact.queue).overflow:
            ends = rule.action in ENDS and not case.owed
            if rule.cause is OverflowCause.WAITED and ends:
                self._due.note(at + rule.after_seconds, (case.id, at, rule))

    def close(self, at: Instant, place: str) -> None:
        """The batch is over: nobody is kept whom a rule would have sent elsewhere long ago."""
        for name, joined_at, rule in self._due.late(at, full=self._hall.batch_is_full):
            case = self._hall.cases.get(name)
            if case is None or case.joined_at != joined_at or case.state is not S.QUEUED or case.owed:
                continue
            # Another plan may have dropped the rule since.
            if rule in self._hall.houses[case.pool].rules.queue(case.queue).overflow:
                what = f"{name} still waits, though a rule sends it elsewhere after {rule.after_seconds} s"
                self._findings.find(Invariant.OVERFLOW, place, what)
