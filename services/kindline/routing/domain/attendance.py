"""Who is signed in, by what they can do: answers whether there is anybody at all who could serve a requirement.

Break, room and back-off play no part: whoever is on a break comes back, and whoever is busy will be free; but whoever
has fewer units than one interaction takes will never have room for it. Only when the first of a kind comes, or the
last one goes, can an answer change, and only for what that kind could serve.
"""

from __future__ import annotations

from collections.abc import Mapping

from kindline.language.agents import AgentStatus
from kindline.language.content import Channel
from kindline.language.plan import AgentChannelLimit, AgentPlan, SkillPlan
from kindline.routing.domain.agents import DEFAULT_UNITS, Agent
from kindline.routing.domain.requirements import Requirement, unmet

Kind = tuple[
    tuple[SkillPlan, ...], tuple[str, ...], tuple[int, ...], tuple[str, ...], tuple[AgentChannelLimit, ...], int
]
"""Skills, languages, channels, queues, own limits and units."""

ANSWERS_KEPT = 4_096


class Attendance:
    """The agents of one pool who are signed in."""

    __slots__ = ("_answers", "_here", "_kinds", "_queues", "_units")

    def __init__(self, queues: frozenset[str], units: Mapping[Channel, int]) -> None:
        """Begin with nobody; a queue that is not among `queues` is drained by whoever is able.

        `units` are what one interaction of each channel takes.
        """
        self._queues = queues
        self._units = units
        self._here: dict[str, AgentPlan] = {}
        self._kinds: dict[Kind, dict[str, AgentPlan]] = {}
        self._answers: dict[Requirement, bool] = {}

    def update(self, agent: Agent) -> tuple[AgentPlan, ...]:
        """Take note of an agent; gives what a kind can do that came or is gone with them, once for each such kind."""
        before = self._here.get(agent.agent_id)
        now = agent.plan if is_here(agent) else None
        if before is now:
            return ()
        changed = []
        if before is not None:
            members = self._kinds[_kind(before)]
            del members[agent.agent_id]
            if not members:
                del self._kinds[_kind(before)]
                changed.append(before)
            del self._here[agent.agent_id]
        if now is not None:
            members = self._kinds.setdefault(_kind(now), {})
            if not members:
                changed.append(now)
            members[agent.agent_id] = self._here[agent.agent_id] = now
        if changed:
            self._answers.clear()
        return tuple(changed)

    def anybody(self, requirement: Requirement) -> bool:
        """Whether anybody who is signed in could ever be offered this."""
        found = self._answers.get(requirement)
        if found is None:
            if len(self._answers) >= ANSWERS_KEPT:
                self._answers.clear()
            plans = (next(iter(members.values())) for members in self._kinds.values())
            found = self._answers[requirement] = any(self.serves(plan, requirement) for plan in plans)
        return found

    def serves(self, plan: AgentPlan, requirement: Requirement) -> bool:
        """Whether an agent of this plan could ever be offered this."""
        if (plan.units or DEFAULT_UNITS) < self._units[requirement.channel]:
            return False
        return not unmet(requirement, plan, open_to_all=requirement.queue not in self._queues)


def is_here(agent: Agent) -> bool:
    """Whether an agent is signed in and does not say that they are away for good."""
    return agent.is_present and agent.status is not AgentStatus.OFFLINE and not agent.removed


def _kind(plan: AgentPlan) -> Kind:
    return plan.skills, plan.languages, plan.channels, plan.queues, plan.limits, plan.units
