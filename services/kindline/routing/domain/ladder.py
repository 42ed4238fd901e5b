"""What a step of a queue's ladder does, and when it is due: pure reading of a plan and of one interaction.

The rule itself stands in the README of routing; audit derives it again from there.
"""

from __future__ import annotations

from collections.abc import Iterable

from kindline.language.content import Needs, SkillNeed
from kindline.language.ids import Instant
from kindline.language.plan import QueuePlan
from kindline.language.queue_rules import LadderStep
from kindline.routing.domain.attendance import Attendance
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.requirements import Requirement


def relax(needs: Needs, step: LadderStep) -> Needs:
    """What is needed after a step: never more than before."""
    lower = {need.skill: max(need.level, 1) for need in step.lower_skills}
    skills = tuple(
        SkillNeed(skill=need.skill, level=min(max(need.level, 1), lower[need.skill])) if need.skill in lower else need
        for need in needs.skills
        if need.skill not in step.drop_skills
    )
    return Needs(skills=skills, language="" if step.drop_language else needs.language)


def open_up(requirement: Requirement, step: LadderStep) -> Requirement:
    """Whom it may be offered to after a step."""
    also = requirement.also_queues
    if step.add_queue and step.add_queue not in (requirement.queue, *also):
        also = (*also, step.add_queue)
    return requirement._replace(needs=relax(requirement.needs, step), also_queues=also)


def asks_for(interaction: Interaction) -> Requirement:
    """Whom an interaction may be offered to as it stands, whoever it would like best."""
    return Requirement(interaction.queue, interaction.channel, interaction.needs, interaction.also_queues)


def in_reach(attendance: Attendance, queue: QueuePlan, requirement: Requirement) -> bool:
    """Whether anybody is there for who joins a queue, now or after the steps that are taken when nobody is."""
    if attendance.anybody(requirement):
        return True
    last = max((number for number, step in enumerate(queue.ladder, 1) if step.when_nobody), default=0)
    for step in queue.ladder[:last]:
        requirement = open_up(requirement, step)
        if attendance.anybody(requirement):
            return True
    return False


def steps_left(interaction: Interaction, queue: QueuePlan) -> tuple[LadderStep, ...]:
    """The steps an interaction has not taken yet."""
    return queue.ladder[interaction.relaxed.step if interaction.relaxed else 0 :]


def next_time(interaction: Interaction, steps: Iterable[LadderStep]) -> Instant | None:
    """When the next of these steps is due at the latest, or None; a later one that is due implies it."""
    times = [step.after_seconds for step in steps if step.after_seconds > 0 or not step.when_nobody]
    return interaction.joined_at + min(times) if times else None
