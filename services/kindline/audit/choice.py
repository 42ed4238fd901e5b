"""Among those who could serve, the one is chosen whom the queue's rule means, and the offer says by which rule.

Longest idle, best skill and in turn are worked out anew. Least work goes by an hour of effort that no check here sums
up: of it only the name of the rule is looked at; the engine's naive twin judges the rest in every test of any day.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kindline.audit.cases import Case
from kindline.audit.findings import Findings, Invariant
from kindline.audit.hall import Hall
from kindline.audit.rules import Rules
from kindline.audit.workers import Worker
from kindline.language import facts as f
from kindline.language.ids import Instant
from kindline.language.queue_rules import AgentChoice

NAMES = {
    AgentChoice.UNSPECIFIED: "least_work",
    AgentChoice.LEAST_WORK: "least_work",
    AgentChoice.LONGEST_IDLE: "longest_idle",
    AgentChoice.BEST_SKILL: "best_skill",
    AgentChoice.ROUND_ROBIN: "round_robin",
}


def _longest_idle(worker: Worker, _case: Case) -> Any:  # noqa: ANN401  # Numbers, which differ with the rule.
    idle_since = float("inf") if worker.busy else worker.idle_since
    return worker.used / worker.units, idle_since, worker.last_assigned_at or 0.0, worker.agent_id


def _in_turn(worker: Worker, _case: Case) -> Any:  # noqa: ANN401
    return worker.last_assigned_at or 0.0, worker.agent_id


def _best_skill(worker: Worker, case: Case) -> Any:  # noqa: ANN401
    levels = {skill.skill: skill.level for skill in worker.plan.skills}
    return -sum(levels.get(need.skill, 0) - max(need.level, 1) for need in case.needs.skills)


RANKS: dict[AgentChoice, Callable[[Worker, Case], Any]] = {
    AgentChoice.LONGEST_IDLE: _longest_idle,
    AgentChoice.ROUND_ROBIN: _in_turn,
    AgentChoice.BEST_SKILL: _best_skill,
}


class Choice:
    """Judges every offer by whom else it could have gone to."""

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
        house = self._hall.houses[fact.pool]
        meant = self._meant(case, worker, house.rules)
        if fact.choice.rule != meant:
            what = f"{fact.offer_id} was chosen by {fact.choice.rule}, the plan means {meant}"
            self._findings.find(Invariant.CHOICE, place, what)
        rank = RANKS.get(house.rules.queue(case.queue).choice)
        if rank is None or meant in {"preferred_agent", "interrupting"}:
            return
        mine = rank(worker, case)
        better = next((other for other in house.free_for(case, at) if rank(other, case) < mine), None)
        if better is not None:
            what = f"{case.id} was offered to {worker.agent_id}, by {meant} it is the turn of {better.agent_id}"
            self._findings.find(Invariant.CHOICE, place, what)

    @staticmethod
    def _meant(case: Case, worker: Worker, rules: Rules) -> str:
        if case.preferred:
            return "preferred_agent"
        if rules.channel(case.channel).interrupts and worker.full(case.queue, case.channel, rules):
            return "interrupting"
        return NAMES[rules.queue(case.queue).choice]

    def close(self, _at: Instant, _place: str) -> None:
        """Nothing is left for the end of a batch."""
