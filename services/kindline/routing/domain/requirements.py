"""What an interaction asks of an agent, and who fulfils it: the hard filters that only the plan can change."""

from __future__ import annotations

from typing import NamedTuple

from kindline.language.content import Channel, Needs, SkillNeed
from kindline.language.plan import AgentPlan


class Requirement(NamedTuple):
    """A requirement class: interactions that exactly the same agents can serve."""

    queue: str
    channel: Channel
    needs: Needs
    also_queues: tuple[str, ...] = ()
    """Queues whose agents may serve it beside those of `queue`."""
    only: str = ""
    """The one agent who is waited for; empty: anybody who can serve it."""


def merged(queue: Needs, own: Needs) -> Needs:
    """All that an interaction needs: the higher level of each skill; its own language before the queue's."""
    if not own.skills and not own.language:
        return queue
    if not queue.skills and not queue.language:
        return own
    levels: dict[str, int] = {}
    for need in (*queue.skills, *own.skills):
        levels[need.skill] = max(levels.get(need.skill, 0), need.level)
    skills = tuple(SkillNeed(skill=skill, level=level) for skill, level in sorted(levels.items()))
    return Needs(skills=skills, language=own.language or queue.language)


def unmet(requirement: Requirement, plan: AgentPlan, *, open_to_all: bool) -> str:
    """The first rule that keeps an agent of this plan from the requirement; empty when none does.

    `open_to_all` waives the queues an agent serves: a queue that left the plan is drained by whoever is able.
    """
    if plan.channels and requirement.channel not in plan.channels:
        return "channel"
    if any(limit.channel is requirement.channel and not limit.at_once for limit in plan.limits):
        return "channel"
    queues = (requirement.queue, *requirement.also_queues)
    if plan.queues and not open_to_all and not any(queue in plan.queues for queue in queues):
        return "queue"
    needs = requirement.needs
    if needs.skills:
        levels = {skill.skill: skill.level for skill in plan.skills}
        for need in needs.skills:
            if levels.get(need.skill, 0) < max(need.level, 1):
                return "skill"
    if needs.language and needs.language not in plan.languages:
        return "language"
    return ""
