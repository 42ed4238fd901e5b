"""What makes a queue's ladder and preference valid: steps in order, each of which can come and does something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kindline.language.plan import Plan, QueuePlan
from kindline.language.plan_problems import Problem
from kindline.language.plan_ranges import HEAVIEST, LONGEST_SECONDS, MOST
from kindline.language.queue_rules import LadderStep, Preferred

HIGHEST_LOWERED = 4
"""A level above this lowers nothing."""

Path = tuple[str | int, ...]


def ladders(plan: Plan) -> Iterator[Problem]:
    """Steps name what there is, come one after the other, and each of them changes something."""
    for index, queue in enumerate(plan.queues):
        before = 0.0
        for number, step in enumerate(queue.ladder):
            path = ("queues", index, "ladder", number)
            yield from _time(queue, step, before, (*path, "after_seconds"))
            before = max(before, step.after_seconds)
            yield from _step_skills(plan, step, path)
            yield from _step_queue(plan, queue, step, (*path, "add_queue"))
            if not 0 <= step.raise_priority <= HEAVIEST:
                message = f"is {step.raise_priority}; it must lie between 0 and {HEAVIEST:,}: nobody loses their place"
                yield Problem((*path, "raise_priority"), message)
            if not _does_anything(step):
                yield Problem(
                    path, "changes nothing; drop or lower a need, add a queue, raise the priority or announce"
                )


def preferences(plan: Plan) -> Iterator[Problem]:
    """Who is waited for is named, and for how long."""
    for index, queue in enumerate(plan.queues):
        preference = queue.preference
        if preference is None:
            continue
        path = ("queues", index, "preference")
        if preference.prefer is Preferred.UNSPECIFIED:
            yield Problem((*path, "prefer"), "is missing; name last_agent or account_owner")
        if not 0 <= preference.for_seconds <= queue.longest_wait_seconds:
            message = (
                f"is {preference.for_seconds:g}; nobody is waited for without end, nor beyond longest_wait_seconds"
            )
            yield Problem((*path, "for_seconds"), message)
        if not 0 <= preference.remember_days <= MOST:
            message = f"is {preference.remember_days}; it must be 0, for 7, or more, and at most {MOST:,}"
            yield Problem((*path, "remember_days"), message)


def some(names: Sequence[str]) -> str:
    """Names as a person reads them: of many only the first."""
    shown = ", ".join(names[:20]) or "none yet"
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown  # noqa: PLR2004


def _time(queue: QueuePlan, step: LadderStep, before: float, path: Path) -> Iterator[Problem]:
    after = step.after_seconds
    if not 0 <= after <= LONGEST_SECONDS:
        yield Problem(path, f"is {after:g}; it must be 0 or more, and at most ten years of seconds")
    elif after >= queue.longest_wait_seconds:
        yield Problem(path, f"is {after:g}; the wait is over at {queue.longest_wait_seconds:g}, so it never comes")
    elif after < before and (after or not step.when_nobody):
        yield Problem(path, f"is {after:g}; a step before it comes at {before:g}, and steps are taken in order")


def _step_skills(plan: Plan, step: LadderStep, path: Path) -> Iterator[Problem]:
    for number, skill in enumerate(step.drop_skills):
        if skill not in plan.skills:
            message = f"unknown skill {skill!r}; the plan's skills are: {some(plan.skills)}"
            yield Problem((*path, "drop_skills", number), message)
    for number, need in enumerate(step.lower_skills):
        here = (*path, "lower_skills", number)
        if need.skill not in plan.skills:
            yield Problem((*here, "skill"), f"unknown skill {need.skill!r}; the plan's skills are: {some(plan.skills)}")
        elif need.skill in step.drop_skills:
            yield Problem((*here, "skill"), f"{need.skill!r} is dropped by the same step")
        if not 1 <= need.level <= HIGHEST_LOWERED:
            yield Problem((*here, "level"), f"is {need.level}; a level is lowered to 1, 2, 3 or {HIGHEST_LOWERED}")


def _step_queue(plan: Plan, queue: QueuePlan, step: LadderStep, path: Path) -> Iterator[Problem]:
    names = [one.name for one in plan.queues]
    if step.add_queue and step.add_queue not in names:
        yield Problem(path, f"unknown queue {step.add_queue!r}; the plan has: {some(names)}")
    elif step.add_queue and step.add_queue == queue.name:
        yield Problem(path, "is the queue itself, whose agents may serve it already")


def _does_anything(step: LadderStep) -> bool:
    return bool(
        step.drop_skills
        or step.lower_skills
        or step.drop_language
        or step.add_queue
        or step.raise_priority
        or step.offer_call_back
        or step.announce
    )
