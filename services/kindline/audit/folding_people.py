"""How facts about agents and plans change the auditor's picture of the hall."""

from __future__ import annotations

from kindline.audit.hall import Hall, House
from kindline.audit.lines import Lines
from kindline.audit.rules import Rules
from kindline.audit.workers import Worker
from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.facts.agents import Lease, RoutingState, RoutingStateReason
from kindline.language.ids import Instant
from kindline.language.plan import AgentPlan


def plan(hall: Hall, fact: f.PlanAdopted, at: Instant) -> None:
    """A plan is in force: everybody stands anew under it."""
    house = hall.houses.get(fact.plan.pool)
    rules = Rules(fact.plan)
    if house is None:
        house = hall.houses[fact.plan.pool] = House(rules, Lines(rules), Lines(rules))
    else:
        house.rules, house.lines, house.queues = rules, Lines(rules), Lines(rules)
    house.adopted_at = at
    for worker in house.workers.values():
        worker.listed = worker.agent_id in house.rules.agents
    for case in hall.cases.values():
        if case.pool == fact.plan.pool:
            hall.stand(case)


def signed_in(hall: Hall, fact: f.AgentSignedIn, at: Instant) -> None:
    """An agent is there, with their part of the plan in force."""
    house = hall.houses.get(fact.pool)
    if house is None:
        return
    found = house.rules.agents.get(fact.agent_id)
    worker = house.workers.get(fact.agent_id)
    if worker is None:
        worker = house.workers[fact.agent_id] = Worker(fact.agent_id, AgentPlan(agent_id=fact.agent_id))
    worker.plan = found or worker.plan
    worker.listed = found is not None
    if worker.session_id != fact.session_id:
        worker.not_responding = False
    if not worker.session_id and not worker.busy:
        worker.idle_since = at
    worker.session_id, worker.lease = fact.session_id, Lease.CONNECTED


def signed_out(hall: Hall, fact: f.AgentSignedOut, _at: Instant) -> None:
    """An agent is gone."""
    worker = hall.worker(fact.pool, fact.agent_id)
    if worker is not None:
        worker.session_id, worker.lease = "", Lease.UNSPECIFIED


def declared(hall: Hall, fact: f.AgentStatusDeclared, _at: Instant) -> None:
    """An agent said what they are."""
    worker = hall.worker(fact.pool, fact.agent_id)
    if worker is not None:
        worker.status, worker.leaving = fact.status, fact.next_status is not AgentStatus.UNSPECIFIED


def routing_state(hall: Hall, fact: f.AgentRoutingStateChanged, _at: Instant) -> None:
    """The engine thinks an agent does not respond, or was told that they do."""
    worker = hall.worker(fact.pool, fact.agent_id)
    if worker is None:
        return
    if fact.reason is RoutingStateReason.CLEARED:
        worker.not_responding = False
    elif fact.routing_state is RoutingState.NOT_RESPONDING:
        worker.not_responding = True


def lease(hall: Hall, fact: f.AgentLeaseChanged, _at: Instant) -> None:
    """The proof that an agent is there changed."""
    worker = hall.worker(fact.pool, fact.agent_id)
    if worker is not None:
        worker.lease = fact.lease
