"""An open interaction as its clocks see it, and the index entries of a clock.

Promises the fold values that never change in place, so that what was changed is what must be kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kindline.language.content import Channel
from kindline.language.facts import CallBackPromised, InteractionQueued
from kindline.language.ids import Instant, clock_id
from kindline.language.sla import SlaClock, SlaTarget
from kindline.sla.domain.due import ClockName
from kindline.sla.domain.promises import QueuePromise


@dataclass(frozen=True, slots=True)
class Running:
    """A clock that runs; `warn_at` is None when no warning is due any more."""

    clock: SlaClock
    warn_at: Instant | None

    @property
    def name(self) -> ClockName:
        """How the index knows it."""
        return self.clock.interaction_id, self.clock.target

    def entries(self) -> Iterable[tuple[Instant, ClockName]]:
        """When to look at it."""
        if self.warn_at is not None:
            yield self.warn_at, self.name
        yield self.clock.deadline, self.name


@dataclass(frozen=True, slots=True)
class OpenContact:
    """An interaction: `begun` once it was in a queue, after which no clock starts; `closed` if only clocks are left.

    `called` once a call-back was promised: its clock starts then, may be moved while it runs, and starts once.
    """

    pool: str
    channel: Channel
    begun: bool = False
    closed: bool = False
    clocks: tuple[Running, ...] = ()
    called: bool = False

    def find(self, target: SlaTarget) -> Running | None:
        """Its running clock of this kind."""
        return next((running for running in self.clocks if running.clock.target is target), None)


def clocks_of(fact: InteractionQueued, promise: QueuePromise, channel: Channel) -> tuple[Running, ...]:
    """The clocks that begin when a contact comes into its first queue; they run from its arrival."""
    return tuple(
        _running(fact, target, fact.waiting_since, seconds, promise) for target, seconds in promise.limits(channel)
    )


def call_back_of(fact: CallBackPromised, promise: QueuePromise, before: Running | None) -> tuple[Running, ...]:
    """The clock of a promised call-back, if its queue promises an answer; it runs from when the call is due."""
    if promise.answer_within is None:
        return ()
    running = _running(fact, SlaTarget.CALL_BACK, fact.due_at, promise.answer_within, promise)
    # A warning has one id, under which a second one would be dropped as a repeat: who was warned is not warned again.
    return (replace(running, warn_at=None) if before is not None and before.warn_at is None else running,)


def _running(
    fact: InteractionQueued | CallBackPromised,
    target: SlaTarget,
    since: Instant,
    seconds: float,
    promise: QueuePromise,
) -> Running:
    clock = SlaClock(
        clock_id=clock_id(fact.interaction_id, target.name),
        pool=fact.pool,
        interaction_id=fact.interaction_id,
        queue=fact.queue,
        target=target,
        started_at=since,
        deadline=since + seconds,
    )
    return Running(clock, promise.warn_at(since + seconds, seconds))
