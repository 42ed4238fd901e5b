"""Who is there: signed in and able, whatever they do just now. Whoever is on a break comes back."""

from __future__ import annotations

from kindline.audit.cases import Case, Kind
from kindline.audit.hall import House
from kindline.audit.workers import Worker
from kindline.language.agents import AgentStatus
from kindline.language.content import Needs, SkillNeed
from kindline.language.facts.agents import Lease
from kindline.language.queue_rules import LadderStep


def is_here(worker: Worker) -> bool:
    """Whether an agent is signed in and has not said that they are away for good."""
    present = bool(worker.session_id) and worker.lease is not Lease.LOST
    return present and worker.status is not AgentStatus.OFFLINE and worker.listed


def anybody(house: House, kind: Kind) -> bool:
    """Whether anybody who is there could ever serve cases of this kind."""
    units = house.rules.channel(kind[1]).units
    here = (worker for worker in house.workers.values() if is_here(worker) and worker.units >= units)
    return any(not worker.unable(kind, house.rules) for worker in here)


def asked_by(case: Case) -> Kind:
    """What a case asks for as it stands, whomever it would like best."""
    return (*case.kind[:4], "")


def after_step(kind: Kind, step: LadderStep) -> Kind:
    """What is asked for when a step of the ladder is taken."""
    queue, channel, needs, also_queues, preferred = kind
    lower = {need.skill: max(need.level, 1) for need in step.lower_skills}
    skills = tuple(
        SkillNeed(skill=need.skill, level=min(max(need.level, 1), lower.get(need.skill, max(need.level, 1))))
        for need in needs.skills
        if need.skill not in step.drop_skills
    )
    language = "" if step.drop_language else needs.language
    if step.add_queue and step.add_queue not in (queue, *also_queues):
        also_queues = (*also_queues, step.add_queue)
    return queue, channel, Needs(skills=skills, language=language), also_queues, preferred


def merged(queue: Needs, own: Needs) -> Needs:
    """All that is needed: the higher level of each skill, and one's own language before the queue's."""
    levels: dict[str, int] = {}
    for need in (*queue.skills, *own.skills):
        levels[need.skill] = max(levels.get(need.skill, 0), need.level)
    skills = tuple(SkillNeed(skill=skill, level=level) for skill, level in sorted(levels.items()))
    return Needs(skills=skills, language=own.language or queue.language)


def as_levels(needs: Needs) -> tuple[dict[str, int], str]:
    """Needs in a form in which their order does not matter, and level 0 is read as 1."""
    return {need.skill: max(need.level, 1) for need in needs.skills}, needs.language
