"""Re-derives what every agent holds, and checks I2: no offer above capacity under the plan in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from kindline.audit.findings import Findings, Invariant
from kindline.language import facts as f
from kindline.language.content import Channel
from kindline.language.plan import AgentPlan, Plan
from kindline.language.plan_checks import channel_plan

FREEING = (
    f.InteractionQueued,
    f.InteractionClosed,
    f.InteractionAbandoned,
    f.InteractionDeflected,
    f.InteractionCancelled,
    f.InteractionExpired,
)
LEAVING = (f.OfferDeclined, f.OfferExpired, f.OfferRevoked, f.OfferRescinded, f.OfferFailed)


@dataclass(slots=True)
class Hands:
    """What one agent holds: each offer or interaction with its units and channel."""

    plan: AgentPlan | None = None
    held: dict[str, tuple[int, Channel]] = field(default_factory=dict)


class Capacity:
    """All agents' hands."""

    def __init__(self, findings: Findings, plans: Mapping[str, Plan]) -> None:
        """`plans` is the auditor's own view of the plans in force, by pool."""
        self._findings = findings
        self._plans = plans
        self._hands: dict[tuple[str, str], Hands] = {}
        self._owner: dict[str, tuple[str, str]] = {}

    def apply(self, fact: f.Fact, place: str) -> None:
        """Take in one fact."""
        if isinstance(fact, f.AgentSignedIn):
            self._sign_in(fact)
        elif isinstance(fact, f.OfferIssued):
            self._issue(fact, place)
        elif isinstance(fact, f.OfferAccepted):
            self._owner[fact.interaction_id] = (fact.pool, fact.agent_id)
        elif isinstance(fact, LEAVING):
            hands = self._hands.setdefault((fact.pool, fact.agent_id), Hands())
            hands.held.pop(fact.interaction_id, None)
        elif isinstance(fact, FREEING):
            owner = self._owner.pop(fact.interaction_id, None)
            if owner is not None:
                self._hands[owner].held.pop(fact.interaction_id, None)

    def _sign_in(self, fact: f.AgentSignedIn) -> None:
        hands = self._hands.setdefault((fact.pool, fact.agent_id), Hands())
        plan = self._plans.get(fact.pool)
        found = [agent for agent in plan.agents if agent.agent_id == fact.agent_id] if plan else []
        hands.plan = found[0] if found else hands.plan

    def _issue(self, fact: f.OfferIssued, place: str) -> None:
        hands = self._hands.setdefault((fact.pool, fact.agent_id), Hands())
        hands.held[fact.interaction_id] = (fact.units, fact.channel)
        plan = self._plans.get(fact.pool)
        if plan is None or hands.plan is None:
            self._findings.find(Invariant.CAPACITY, place, f"offer to {fact.agent_id}, who has not signed in")
            return
        units = sum(units for units, _ in hands.held.values())
        if units > hands.plan.units:
            what = f"{fact.agent_id} holds {units} units, the plan allows {hands.plan.units}"
            self._findings.find(Invariant.CAPACITY, place, what)
        count = Counter(channel for _, channel in hands.held.values())[fact.channel]
        allowed = channel_plan(plan, fact.channel).at_once
        if count > allowed:
            what = f"{fact.agent_id} holds {count} on {fact.channel.name}, the plan allows {allowed}"
            self._findings.find(Invariant.CAPACITY, place, what)
