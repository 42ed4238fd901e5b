"""What a plan promises: per queue, how soon a customer is answered and gets a first reply.

Promises the fold that nothing else of a plan matters to a clock, so that only this much of it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from kindline.language.content import Channel
from kindline.language.plan import Plan
from kindline.language.sla import SlaTarget


@dataclass(frozen=True, slots=True)
class QueuePromise:
    """One queue's promises, in seconds; None where nothing is promised."""

    answer_within: float | None
    first_reply_within: float | None
    warn_before: float

    def limits(self, channel: Channel) -> tuple[tuple[SlaTarget, float], ...]:
        """What is promised to a contact of this channel; a caller is answered by a voice and waits for no reply."""
        answer, reply = self.answer_within, self.first_reply_within
        promised = [] if answer is None else [(SlaTarget.TIME_TO_ANSWER, answer)]
        if reply is not None and channel is not Channel.VOICE:
            promised.append((SlaTarget.FIRST_REPLY, reply))
        return tuple(promised)

    def warn_at(self, deadline: float, length: float) -> float | None:
        """When to warn of a promise of this length; None where the warning would come before the promise begins."""
        return deadline - self.warn_before if 0 < self.warn_before < length else None


PoolPromises = dict[str, QueuePromise]
"""A pool's promises, by queue."""


def promises_of(plan: Plan) -> PoolPromises:
    """What a plan promises; queues that promise nothing are left out."""
    return {
        queue.name: QueuePromise(
            queue.answer_within_seconds, queue.first_reply_within_seconds, queue.warn_before_seconds
        )
        for queue in plan.queues
        if queue.answer_within_seconds is not None or queue.first_reply_within_seconds is not None
    }
