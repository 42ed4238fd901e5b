"""Waiting for one agent: for the right one, while there is hope, and never longer than the plan says.

Two promises. `preference`: who is waited for is whom the plan means, and nobody else is offered the customer meanwhile
(see offers.py). `preference_ends`: it ends at its time at the latest, at once when the agent cannot come, with a cause
that is true.
"""

from __future__ import annotations

from kindline.audit.cases import JOINING, Case
from kindline.audit.due import Due
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall, House
from kindline.language import facts as f
from kindline.language.facts.interactions import QueuedReason
from kindline.language.facts.waiting import PreferenceEndedReason
from kindline.language.ids import Instant
from kindline.language.queue_rules import Preferred

GRAIN = 1e-6
DAY = 86_400.0
USUAL_DAYS = 7


class Preference:
    """Judges whom customers wait for, and for how long."""

    def __init__(self, hall: Hall, findings: Findings) -> None:
        """Look at this hall."""
        self._hall = hall
        self._findings = findings
        self._due: Due[tuple[Case, f.InteractionQueued]] = Due()
        self._let_go: dict[str, str] = {}
        """Agents who let an offer of an interaction go in the batch under way."""

    def judge(self, fact: f.Fact, at: Instant, place: str) -> None:
        """Look at one fact before it is folded."""
        case = self._hall.case(fact)
        house = self._hall.houses.get(case.pool) if case is not None else None
        if case is None or house is None:
            return
        if isinstance(fact, f.InteractionQueued):
            why = self._wrong_choice(house, case, fact, at)
            if why:
                self._findings.find(Invariant.PREFERENCE, place, f"{case.id} waits for {why}")
            if fact.preferred_agent_id:
                self._due.note(fact.preferred_until, (case, fact))
        elif isinstance(fact, f.OfferDeclined | f.OfferExpired):
            self._let_go[case.id] = fact.agent_id
        elif isinstance(fact, f.PreferenceEnded):
            why = self._wrong_end(house, case, fact, at)
            if why:
                what = f"{case.id} waits no more for {fact.agent_id} ({fact.reason.name}), though {why}"
                self._findings.find(Invariant.PREFERENCE_ENDS, place, what)

    def _wrong_choice(self, house: House, case: Case, fact: f.InteractionQueued, at: Instant) -> str:
        said, plan = fact.preferred_agent_id, house.rules.queue(fact.queue).preference
        meant = self._meant(house, case, fact, at)
        if said and said != meant:
            return f"{said}, the plan means {meant or 'nobody'}"
        if plan is not None and said and abs(fact.preferred_until - at - plan.for_seconds) > GRAIN:
            return f"{said} until {fact.preferred_until - at:.1f} s from now, the plan says {plan.for_seconds}"
        remembered = plan is not None and plan.prefer is Preferred.LAST_AGENT and fact.reason in JOINING
        by_heart = not remembered or self._is_fresh(house, case)
        return f"nobody, the plan means {meant}" if meant and not said and by_heart else ""

    @staticmethod
    def _is_fresh(house: House, case: Case) -> bool:
        """Whether the last agent was met under the plan in force: an older one may have had no use for the memory.

        In one batch, which has one time, they may have met before it was adopted.
        """
        return house.served.get(case.received.customer, ("", 0.0))[1] > house.adopted_at

    @staticmethod
    def _meant(house: House, case: Case, fact: f.InteractionQueued, at: Instant) -> str:
        plan = house.rules.queue(fact.queue).preference
        if plan is not None and fact.reason is QueuedReason.WOKEN:
            # Whoever was in the middle of it is waited for, if room is all they lack.
            worker = house.workers.get(fact.from_agent_id)
            return fact.from_agent_id if worker is not None and not worker.unwilling() else ""
        if plan is None or fact.reason not in JOINING:
            return ""
        agent_id = case.account_owner
        if plan.prefer is Preferred.LAST_AGENT:
            agent_id, served_at = house.served.get(case.received.customer, ("", 0.0))
            if served_at < at - (plan.remember_days or USUAL_DAYS) * DAY:
                return ""
        passed_on = agent_id in {fact.from_agent_id, case.passed_on_by}
        let_go = case.back_offs.get(agent_id, at) > at
        return agent_id if agent_id in house.rules.agents and not passed_on and not let_go else ""

    def _wrong_end(self, house: House, case: Case, fact: f.PreferenceEnded, at: Instant) -> str:
        if case.preferred != fact.agent_id or case.queued is None:
            return f"it waits for {case.preferred or 'nobody'}"
        if fact.reason is PreferenceEndedReason.TIME:
            return "" if case.queued.preferred_until <= at + GRAIN else "the time is not over"
        if fact.reason is PreferenceEndedReason.NOT_TAKEN:
            return "" if self._let_go.get(case.id) == fact.agent_id else "that agent let nothing go"
        return "that agent is there" if self._is_hope(house, case) else ""

    @staticmethod
    def _is_hope(house: House, case: Case) -> bool:
        worker = house.workers.get(case.preferred)
        return worker is not None and not worker.unwilling() and not worker.unable(case.kind, house.rules)

    def close(self, at: Instant, place: str) -> None:
        """The batch is over: nobody waits for somebody who cannot come, and nobody for too long."""
        self._let_go.clear()
        for case, queued in self._due.late(at, full=self._hall.batch_is_full):
            if case.queued is queued and case.preferred and self._hall.cases.get(case.id) is case:
                what = f"{case.id} still waits for {case.preferred}, {at - queued.preferred_until:.1f} s too long"
                self._findings.find(Invariant.PREFERENCE_ENDS, place, what)
        for house in self._hall.houses.values():
            agents = {agent_id for pool, agent_id in self._hall.stirred if pool == house.rules.plan.pool}
            for kind in house.lines.names():
                if kind[-1] in agents:
                    self._check_hope(house, next(iter(house.lines.all(kind))), place)
        for name in self._hall.stirred_cases:
            stirred = self._hall.cases.get(name)
            if stirred is not None and stirred.preferred and stirred in self._hall.houses[stirred.pool].lines:
                self._check_hope(self._hall.houses[stirred.pool], stirred, place)

    def _check_hope(self, house: House, case: Case, place: str) -> None:
        if not self._is_hope(house, case):
            what = f"{case.id} waits for {case.preferred}, who cannot come"
            self._findings.find(Invariant.PREFERENCE_ENDS, place, what)
