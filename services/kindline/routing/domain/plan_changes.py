"""When a published plan comes into force: only whole, valid and newer than the one before."""

from __future__ import annotations

from kindline.language.facts import PlanAdopted
from kindline.language.facts.inputs import DeadLetterReason
from kindline.language.plan_checks import problems
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.inputs import PlanArrived
from kindline.routing.domain.presence import nobody_comes_back

PROBLEMS_TOLD = 20


def consider_plan(d: Decision, arrived: PlanArrived) -> None:
    """Adopt the plan, ignore an old one, or refuse it with what is wrong and where."""
    plan = arrived.plan
    wrong = problems(plan)
    if wrong:
        # The first few: all of them might be more than a decision may hold.
        detail = "; ".join(str(problem) for problem in wrong[:PROBLEMS_TOLD])
        d.refuse(arrived.reference, DeadLetterReason.INVALID_PLAN, detail)
        return
    pool = d.state.pools.get(plan.pool)
    if pool is None or plan.version > pool.plan.version:
        d.emit(PlanAdopted(plan=plan))
        nobody_comes_back(d, plan.pool)
    elif plan.version == pool.plan.version and plan != pool.plan:
        # Silence would leave the person who published it believing that it is in force.
        detail = f"version: {plan.version} is in force with other content; publish yours under a higher version"
        d.refuse(arrived.reference, DeadLetterReason.INVALID_PLAN, detail)
