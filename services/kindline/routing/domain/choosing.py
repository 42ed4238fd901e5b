"""By which rule one of those who can serve is chosen: what each goes by, and the score that is told with the offer.

Every rule ends in an order without ties, reckoned from facts alone, so that any engine chooses the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kindline.language.content import Needs
from kindline.language.ids import Instant
from kindline.language.plan import AgentPlan
from kindline.language.queue_rules import AgentChoice
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.line_up import LineUp, Rank
from kindline.routing.domain.places import Place

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

    __slots__ = ("_rank", "_ranks", "order")

    def __init__(self, rule: AgentChoice) -> None:
        """Begin with nobody."""
        self._rank = RANKS[rule]
        self._ranks: dict[Place, Rank] = {}
        self.order = LineUp()

    def put(self, place: Place) -> None:
        """An agent stands elsewhere, or nowhere, from here on."""
        former = self._ranks.get(place)
        rank = (*self._rank(place.agent), place) if place.mask else None
        if rank == former and place.shown == place.mask:
            return
        if former is not None:
            self.order.remove(former, place.shown)
            del self._ranks[place]
        if rank is not None:
            self._ranks[place] = rank
            self.order.add(rank, place.mask)

    def rank(self, place: Place) -> Rank:
        """Where somebody who can take work stands."""
        return self._ranks[place]


def surplus(needs: Needs, plan: AgentPlan) -> int:
    """How many levels an agent has beyond those that are needed, in the needed skills together."""
    levels = {skill.skill: skill.level for skill in plan.skills}
    return sum(levels.get(need.skill, 0) - max(need.level, 1) for need in needs.skills)


class Rule:
    """The rule of one queue, looked up once: to ask an Enum for its members takes longer than to choose by them."""

    __slots__ = ("choice", "is_by_skill", "is_by_turn", "name", "score")

    def __init__(self, choice: AgentChoice) -> None:
        """Choose like this."""
        self.choice = choice
        self.is_by_skill = choice is AgentChoice.BEST_SKILL
        self.is_by_turn = choice in RANKS
        self.name = NAMES[choice]
        self.score = SCORES.get(choice, _least_work)
        """What an offer tells of the agent: given the agent, the needs, their least work, and the time."""


def _least_work(_agent: Agent, _needs: Needs, least_work: float, _now: Instant) -> float:
    """Work per available time."""
    return least_work


def _seconds_idle(agent: Agent, _needs: Needs, _least_work: float, now: Instant) -> float:
    return 0.0 if agent.is_busy else max(now - agent.idle_since, 0.0)


def _mean_surplus(agent: Agent, needs: Needs, _least_work: float, _now: Instant) -> float:
    """Of the needed levels."""
    return surplus(needs, agent.plan) / max(len(needs.skills), 1)


def _seconds_since_assignment(agent: Agent, _needs: Needs, _least_work: float, now: Instant) -> float:
    """For somebody who never had one counted from the beginning of time."""
    return max(now - (agent.last_assigned_at or 0.0), 0.0)


SCORES = {
    AgentChoice.LONGEST_IDLE: _seconds_idle,
    AgentChoice.BEST_SKILL: _mean_surplus,
    AgentChoice.ROUND_ROBIN: _seconds_since_assignment,
}
"""What an offer tells by each rule, where it is not least work."""
