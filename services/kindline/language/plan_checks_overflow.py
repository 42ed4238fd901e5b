"""What makes limits and overflow valid: every limit says what happens beyond it, every rule can happen, no circles."""

from __future__ import annotations

from collections.abc import Iterator

from kindline.language.plan import Plan, QueuePlan
from kindline.language.plan_checks_queues import some
from kindline.language.plan_problems import Problem
from kindline.language.plan_ranges import LONGEST_SECONDS, MOST
from kindline.language.queue_rules import OverflowAction, OverflowCause, OverflowRule

STAYING = (OverflowCause.NOBODY_ON_STAY, OverflowCause.WAITED)
ENDING = (OverflowAction.DEFLECT, OverflowAction.LEAVE_MESSAGE)

Path = tuple[str | int, ...]


def limits(plan: Plan) -> Iterator[Problem]:
    """Limits are numbers that can be meant, and whatever shuts a door says where to go instead."""
    for index, queue in enumerate(plan.queues):
        path = ("queues", index, "limits")
        most, longest = queue.limits.most_waiting, queue.limits.longest_expected_wait_seconds
        if not 0 <= most <= MOST:
            message = f"is {most}; it must be 0, for no limit, or more, and at most {MOST:,}"
            yield Problem((*path, "most_waiting"), message)
        if not 0 <= longest <= LONGEST_SECONDS:
            message = f"is {longest:g}; it must be 0, for no limit, or more, and at most ten years"
            yield Problem((*path, "longest_expected_wait_seconds"), message)
        if not 0 <= queue.limits.transfer_buffer <= 1:
            message = f"is {queue.limits.transfer_buffer:g}; it is a share, from 0 to 1"
            yield Problem((*path, "transfer_buffer"), message)
        yield from _answered(queue, index)


def overflow(plan: Plan) -> Iterator[Problem]:
    """Each rule has a cause that can come and an action that can be carried out."""
    for index, queue in enumerate(plan.queues):
        for number, rule in enumerate(queue.overflow):
            path = ("queues", index, "overflow", number)
            yield from _cause(queue, rule, path)
            yield from _action(plan, queue, rule, path)
            yield from _time(queue, rule, (*path, "after_seconds"))
            if _never_reached(queue, number):
                yield Problem(path, f"is never read: an earlier rule for {rule.cause.name.lower()} decides already")


def overflow_circles(plan: Plan) -> Iterator[Problem]:
    """Nobody is sent round in a circle."""
    ways = {queue.name: {rule.queue for rule in queue.overflow if rule.queue} for queue in plan.queues}
    for index, queue in enumerate(plan.queues):
        for number, rule in enumerate(queue.overflow):
            if rule.queue in ways and rule.queue != queue.name and queue.name in _reached(rule.queue, ways):
                message = f"goes round in a circle: {rule.queue!r} overflows to {queue.name!r} in turn"
                yield Problem(("queues", index, "overflow", number, "queue"), message)


def _doors(queue: QueuePlan) -> dict[OverflowCause, tuple[bool, Path]]:
    """What may shut the door, whether it is set, and where."""
    return {
        OverflowCause.CLOSED: (bool(queue.calendar), ("calendar",)),
        OverflowCause.FULL: (queue.limits.most_waiting > 0, ("limits", "most_waiting")),
        OverflowCause.WAIT_TOO_LONG: (
            queue.limits.longest_expected_wait_seconds > 0,
            ("limits", "longest_expected_wait_seconds"),
        ),
    }


def _answered(queue: QueuePlan, index: int) -> Iterator[Problem]:
    for cause, (is_set, field) in _doors(queue).items():
        if is_set and not any(rule.cause is cause for rule in queue.overflow):
            message = f"says nothing of what happens then; add an overflow rule for the cause {cause.name.lower()}"
            yield Problem(("queues", index, *field), message)


def _cause(queue: QueuePlan, rule: OverflowRule, path: Path) -> Iterator[Problem]:
    if rule.cause is OverflowCause.UNSPECIFIED:
        known = ", ".join(cause.name.lower() for cause in OverflowCause if cause)
        yield Problem((*path, "cause"), f"is missing; name one of: {known}")
    is_set, field = _doors(queue).get(rule.cause, (True, ()))
    if not is_set:
        yield Problem((*path, "cause"), f"never holds: the queue has no {'.'.join(map(str, field))}")


def _action(plan: Plan, queue: QueuePlan, rule: OverflowRule, path: Path) -> Iterator[Problem]:
    names = [one.name for one in plan.queues]
    if rule.action is OverflowAction.UNSPECIFIED:
        known = ", ".join(action.name.lower() for action in OverflowAction if action)
        yield Problem((*path, "action"), f"is missing; name one of: {known}")
    elif rule.action is OverflowAction.ANNOUNCE and rule.cause in STAYING:
        yield Problem(
            (*path, "action"), "is announce for one that waits already; give the ladder a step that announces"
        )
    elif rule.action is OverflowAction.ANNOUNCE and not rule.announce:
        yield Problem((*path, "announce"), "is missing; name what the customer hears")
    if rule.action is not OverflowAction.TO_QUEUE and rule.queue:
        yield Problem((*path, "queue"), "is for the action to_queue; leave it out")
    elif rule.action is OverflowAction.TO_QUEUE and rule.queue not in names:
        yield Problem((*path, "queue"), f"unknown queue {rule.queue!r}; the plan has: {some(names)}")
    elif rule.action is OverflowAction.TO_QUEUE and rule.queue == queue.name:
        yield Problem((*path, "queue"), "is the queue itself; name another")


def _time(queue: QueuePlan, rule: OverflowRule, path: Path) -> Iterator[Problem]:
    after = rule.after_seconds
    if rule.cause not in STAYING:
        if after:
            yield Problem(path, f"is {after:g}; who joins is judged at once: leave it out, or name the cause waited")
    elif not 0 <= after <= LONGEST_SECONDS or (rule.cause is OverflowCause.WAITED and not after):
        yield Problem(path, f"is {after:g}; it must be more than 0 seconds, and at most ten years")
    elif after >= queue.longest_wait_seconds:
        yield Problem(path, f"is {after:g}; the wait is over at {queue.longest_wait_seconds:g}, so it never comes")


def _never_reached(queue: QueuePlan, number: int) -> bool:
    """Whether an earlier rule for the same cause, no later in time, ends whatever this one would end too."""
    rule = queue.overflow[number]
    return rule.action in ENDING and any(
        other.cause is rule.cause and other.action in ENDING and other.after_seconds <= rule.after_seconds
        for other in queue.overflow[:number]
    )


def _reached(start: str, ways: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += ways.get(name, ())
    return reached
