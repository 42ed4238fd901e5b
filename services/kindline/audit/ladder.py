"""Ladders are climbed as the plan says: no step before its time or without its cause, none left out, none forgotten.

Two promises. `ladder`: each step is due (its time, or that of a later one, has come; or nobody is there), in order, and
lets go exactly what the plan says. `place_kept`: whatever happens to somebody who waits, their age is kept.
"""

from __future__ import annotations

from kindline.audit.attendance import after_step, anybody, as_levels, asked_by
from kindline.audit.cases import JOINING, Case
from kindline.audit.due import Due
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall
from kindline.language import facts as f
from kindline.language.facts.interactions import QueuedReason
from kindline.language.facts.waiting import RelaxedCause
from kindline.language.ids import Instant
from kindline.language.queue_rules import LadderStep
from kindline.language.snapshot import InteractionState as S

GRAIN = 1e-6


def time_of(case: Case, steps: tuple[LadderStep, ...]) -> Instant | None:
    """When the first of these steps is due by its time, or that of a later one, or None."""
    times = [step.after_seconds for step in steps if step.after_seconds > 0 or not step.when_nobody]
    return case.joined_at + min(times) if times else None


class Ladder:
    """Judges every step, and that none is forgotten."""

    def __init__(self, hall: Hall, findings: Findings) -> None:
        """Look at this hall."""
        self._hall = hall
        self._findings = findings
        self._due: Due[tuple[str, Instant, int, Instant]] = Due()
        """Interaction, beginning of its visit, steps it must have taken, by when."""

    def judge(self, fact: f.Fact, at: Instant, place: str) -> None:
        """Look at one fact before it is folded."""
        case = self._hall.case(fact)
        if case is None:
            return
        if isinstance(fact, f.InteractionRelaxed):
            why = self._wrong_step(case, fact, at)
            if why:
                self._findings.find(Invariant.LADDER, place, f"step {fact.step} of {case.id}: {why}")
        elif isinstance(fact, f.InteractionQueued):
            self._queued(case, fact, at, place)

    def _wrong_step(self, case: Case, fact: f.InteractionRelaxed, at: Instant) -> str:
        house = self._hall.houses[case.pool]
        ladder = house.rules.queue(case.queue).ladder
        if case.state is not S.QUEUED:
            return f"it is {case.state.name}"
        if fact.step != case.step + 1 or fact.step > len(ladder):
            return f"it follows step {case.step} of {len(ladder)}"
        left = ladder[fact.step - 1 :]
        time = time_of(case, left)
        timely = time is not None and time <= at + GRAIN
        alone = any(step.when_nobody for step in left) and not anybody(house, asked_by(case))
        if fact.cause is RelaxedCause.TIME and not timely:
            return f"it is not due {at - case.joined_at:.1f} s after it joined"
        if fact.cause is not RelaxedCause.TIME and not alone:
            return "somebody is there who could serve it"
        return self._wrong_outcome(case, fact, left[0])

    @staticmethod
    def _wrong_outcome(case: Case, fact: f.InteractionRelaxed, step: LadderStep) -> str:
        _, _, needs, also_queues, _ = after_step(asked_by(case), step)
        if as_levels(fact.needs) != as_levels(needs):
            return f"it needs {as_levels(fact.needs)}, the plan says {as_levels(needs)}"
        if {*fact.also_queues} != {*also_queues}:
            return f"it is open to {fact.also_queues}, the plan says {also_queues}"
        if fact.priority != case.priority + step.raise_priority:
            return f"its priority is {fact.priority}, the plan says {case.priority + step.raise_priority}"
        offered = step.offer_call_back or (case.relaxed is not None and case.relaxed.call_back_offered)
        return "" if fact.call_back_offered == offered else "the plan says otherwise of a call-back"

    def _queued(self, case: Case, fact: f.InteractionQueued, at: Instant, place: str) -> None:
        if not self._age_is_kept(case, fact, at):
            what = f"{case.id} waits since {fact.waiting_since}, and waited since {case.since} before"
            self._findings.find(Invariant.PLACE_KEPT, place, what)
        if fact.reason in JOINING:
            house = self._hall.houses.get(case.pool)
            steps = house.rules.queue(fact.queue).ladder if house is not None else ()
            for number, step in enumerate(steps, 1):
                if step.after_seconds > 0 or not step.when_nobody:
                    due_at = at + step.after_seconds
                    self._due.note(due_at, (case.id, at, number, due_at))

    @staticmethod
    def _age_is_kept(case: Case, fact: f.InteractionQueued, at: Instant) -> bool:
        if case.queued is not None:
            return fact.waiting_since == case.since
        by_bot = fact.reason is not QueuedReason.ARRIVED
        arrived = case.received.arrived_at
        return arrived <= fact.waiting_since <= at if by_bot else fact.waiting_since == arrived

    def close(self, at: Instant, place: str) -> None:
        """The batch is over: no step is long overdue."""
        for name, joined_at, steps, due_at in self._due.late(at, full=self._hall.batch_is_full):
            case = self._hall.cases.get(name)
            if case is None or case.joined_at != joined_at or case.state is not S.QUEUED or case.step >= steps:
                continue
            # Another plan may have changed the ladder since: then it is that one's time that must be kept.
            # What it made due the moment it came is asked about from then on.
            house = self._hall.houses[case.pool]
            time = time_of(case, house.rules.queue(case.queue).ladder[steps - 1 :])
            if time is not None and max(time, house.adopted_at) > due_at:
                time = max(time, house.adopted_at)
                self._due.note(time, (name, joined_at, steps, time))
            elif time is not None:
                what = f"{name} has taken {case.step} steps, {steps} are due"
                self._findings.find(Invariant.LADDER, place, what)
