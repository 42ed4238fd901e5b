"""Sleeping conversations: asleep by right, in nobody's way, and awake with their own agent if that agent has room."""

from __future__ import annotations

from kindline.audit.cases import Case
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall
from kindline.language import facts as f
from kindline.language.facts.interactions import QueuedReason
from kindline.language.ids import Instant

GRAIN = 1e-6


class Sleepers:
    """Judges how conversations fall asleep and wake, and that nobody's break waits for them."""

    def __init__(self, hall: Hall, findings: Findings) -> None:
        """Look at this hall."""
        self._hall = hall
        self._findings = findings

    def judge(self, fact: f.Fact, at: Instant, place: str) -> None:
        """Look at one fact before it is folded."""
        case = self._hall.case(fact)
        if case is None:
            return
        if isinstance(fact, f.InteractionSlept):
            why = self._wrong_sleep(case, fact, at)
            if why:
                self._findings.find(Invariant.SLEEPERS, place, f"{case.id} fell asleep, though {why}")
        elif isinstance(fact, f.InteractionQueued) and fact.reason is QueuedReason.WOKEN:
            worker = self._could_wake(case)
            if worker:
                what = f"{case.id} was queued when it woke, though {worker} has room for it"
                self._findings.find(Invariant.SLEEPERS, place, what)

    def _wrong_sleep(self, case: Case, fact: f.InteractionSlept, at: Instant) -> str:
        rules, found = self._hall.houses[case.pool].rules.channel(case.channel), self._hall.hold(case)
        if not rules.dormant_after_seconds:
            return f"nothing sleeps on {case.channel.name}"
        if case.last_word != case.agent_id:
            return "its agent did not say the last word"
        silent_since = max(case.last_word_at, case.state_since)
        if silent_since + rules.dormant_after_seconds > at + GRAIN:
            return f"it is silent for {at - silent_since:.1f} s only"
        held = found[1].units if found is not None else 0
        costs = min(held, rules.dormant_units)
        return "" if fact.units == costs else f"it takes {fact.units} units instead of {costs}"

    def _could_wake(self, case: Case) -> str:
        found = self._hall.hold(case)
        if found is None or not found[1].asleep:
            return ""
        worker, hold = found
        rules = self._hall.houses[case.pool].rules
        full = self._hall.awake(worker, case).full(hold.queue, hold.channel, rules)
        return "" if full or worker.unwilling() else worker.agent_id

    def close(self, _at: Instant, place: str) -> None:
        """The batch is over: whoever asked for a break when the work ends has it, if all they hold is asleep."""
        for worker in self._hall.touched_workers():
            if worker.leaving and all(hold.asleep for hold in worker.hands.values()):
                what = f"{worker.agent_id} waits for the end of work, and holds only {len(worker.hands)} asleep"
                self._findings.find(Invariant.SLEEPERS, place, what)
