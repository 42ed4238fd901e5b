"""By which rule one of those who can serve is chosen: what each goes by, and the score that is told with the offer.

Every rule ends in an order without ties, reckoned from facts alone, so that any engine chooses the same.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Any, NamedTuple

from kindline.language.content import Needs
from kindline.language.ids import Instant
from kindline.language.plan import AgentPlan
from kindline.language.queue_rules import AgentChoice
from kindline.routing.domain.agents import Agent

NAMES = {
    AgentChoice.UNSPECIFIED: "least_work",
    AgentChoice.LEAST_WORK: "least_work",
    AgentChoice.LONGEST_IDLE: "longest_idle",
    AgentChoice.BEST_SKILL: "best_skill",
    AgentChoice.ROUND_ROBIN: "round_robin",
}
"""How an offer names each rule."""

INTERRUPTING = "interrupting"
"""How an offer names the last resort: nobody had room, and least work decided whose work is to be set aside."""

PREFERRED = "preferred_agent"
"""How an offer names the rule by which a customer meets one agent again."""

Rank = tuple[Any, ...]
"""Where an agent stands by one rule, lowest first: numbers, and at the end their name."""


class Chosen(NamedTuple):
    """The agent due, with the score by which they are, and the name of the rule."""

    agent: Agent
    score: float
    rule: str


def longest_idle(agent: Agent) -> Rank:
    """The idle first, the longest idle of them; then who has least in hand; a change of status is no work."""
    return (agent.load, agent.idle_rank, agent.last_assigned_at or 0.0, agent.agent_id)


def round_robin(agent: Agent) -> Rank:
    """In turn: first those who never had an assignment, then whose last one is longest ago."""
    return (agent.last_assigned_at or 0.0, agent.agent_id)


RANKS: dict[AgentChoice, Callable[[Agent], Rank]] = {
    AgentChoice.LONGEST_IDLE: longest_idle,
    AgentChoice.ROUND_ROBIN: round_robin,
}
"""The rules that need an order of their own, beside that of least work."""


class Turn:
    """Those who can take work, in the order of one rule."""

    __slots__ = ("_rank", "order", "ranks")

    def __init__(self, rule: AgentChoice) -> None:
        """Begin with nobody."""
        self._rank = RANKS[rule]
        self.order: list[Rank] = []
        self.ranks: dict[str, Rank] = {}

    def put(self, agent: Agent, *, ready: bool) -> None:
        """An agent stands elsewhere, or nowhere, from here on."""
        former = self.ranks.get(agent.agent_id)
        rank = self._rank(agent) if ready else None
        if rank == former:
            return
        if former is not None:
            del self.order[bisect_left(self.order, former)]
            del self.ranks[agent.agent_id]
        if rank is not None:
            self.ranks[agent.agent_id] = rank
            insort(self.order, rank)


def surplus(needs: Needs, plan: AgentPlan) -> int:
    """How many levels an agent has beyond those that are needed, in the needed skills together."""
    levels = {skill.skill: skill.level for skill in plan.skills}
    return sum(levels.get(need.skill, 0) - max(need.level, 1) for need in needs.skills)


def score(rule: AgentChoice, agent: Agent, needs: Needs, least_work: float, now: Instant) -> float:
    """What an offer tells of the agent by this rule.

    Work per available time; or seconds idle; or the mean surplus of the needed levels; or seconds since the last
    assignment, which for somebody who never had one count from the beginning of time.
    """
    if rule is AgentChoice.LONGEST_IDLE:
        return 0.0 if agent.is_busy else max(now - agent.idle_since, 0.0)
    if rule is AgentChoice.BEST_SKILL:
        return surplus(needs, agent.plan) / max(len(needs.skills), 1)
    if rule is AgentChoice.ROUND_ROBIN:
        return max(now - (agent.last_assigned_at or 0.0), 0.0)
    return least_work
