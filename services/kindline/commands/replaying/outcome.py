"""What a replay showed, folded from its decisions by the same folds that read a real ledger.

Promises figures by the definitions of the rehearsal, the sla room and the service levels: nothing is counted anew here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import ceil, inf
from statistics import mean

from kindline.commands.replaying.people import Callers, Crew, Habits
from kindline.commands.replaying.simulation import Simulation
from kindline.commands.replaying.span import Span
from kindline.commands.replaying.tally import Tally
from kindline.language import facts as f
from kindline.language.facts import Fact
from kindline.language.ids import Instant
from kindline.language.log import LEVEL, DecisionBatch
from kindline.language.plan import Plan
from kindline.language.service_level import Wait
from kindline.language.sla import SlaBreached, SlaMet, SlaTarget
from kindline.rehearsal.domain.calls import LoggedCall
from kindline.rehearsal.domain.crew_hours import CrewHours
from kindline.rehearsal.domain.fates import Fates
from kindline.rehearsal.domain.figures import Figures, figures, log_figures
from kindline.routing.domain.engine import Engine
from kindline.sla.domain.clocks import Clocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One column of the comparison."""

    figures: Figures
    mean_wait: float | None
    """Of all who asked for an agent, whether they were answered or left, seconds."""
    promises_kept: int
    """Answered within the queue's answer_within_seconds."""
    promises_broken: int
    """Answered later, or left later; whoever leaves before is neither."""
    median_wait: float | None = None
    long_wait: float | None = None
    """What nine of ten of all who asked for an agent waited at the most."""
    replies_kept: int = 0
    """Written to within the queue's first_reply_within_seconds."""
    replies_broken: int = 0
    tally: Tally = field(default_factory=Tally)
    undecided: int = 0
    """Neither served nor at an end when the log ends: they may be served yet."""

    @property
    def kept_share(self) -> float | None:
        """Kept of all that were kept or broken; None when nothing was promised."""
        promised = self.promises_kept + self.promises_broken
        return self.promises_kept / promised if promised else None


UNHEARD = (f.EventRecorded, f.CommandAnswered, f.AgentRoutingStateChanged, f.ReplicaSeen, f.AgentLeaseChanged)
"""Facts from which no figure is made: half of all, and so half the work of folding them."""


class Observer:
    """Follows a replay's decisions as the readers of a ledger would."""

    def __init__(self, pool: str, threads: Collection[str]) -> None:
        """`threads` names the calls that are played."""
        self.ended = 0
        self._fates = Fates(threads)
        self._hours = CrewHours(pool)
        self._clocks = Clocks({}, {})
        self._tally = Tally()
        self._promises = Counter[tuple[SlaTarget, bool]]()
        self._seq = 0
        self._hours_end = inf

    def follow(self, at: Instant, facts: Sequence[Fact]) -> None:
        """Take in one decision."""
        heard = [fact for fact in facts if not isinstance(fact, UNHEARD)]
        if not heard:
            return
        self._seq += 1
        batch = DecisionBatch(
            epoch=1,
            owner="replay",
            seq=self._seq,
            level=LEVEL,
            decided_at=at,
            facts=tuple(heard),
            next_within=0.0,
            released=False,
        )
        if at < self._hours_end:
            self._hours.apply(batch)
        self._tally.follow(at, heard)
        self.ended += sum(fate.ends for fate in self._fates.apply(batch, self._seq).values())
        for event in self._clocks.apply(batch).events:
            if isinstance(event, SlaMet | SlaBreached):
                self._promises[event.clock.target, isinstance(event, SlaMet)] += 1

    def end_hours(self, at: Instant) -> None:
        """What agents do from here on is no part of their hours."""
        self._hours.end(at)
        self._hours_end = at

    def outcome(self) -> Outcome:
        """What it came to."""
        fates = list(self._fates.by_thread.values())
        asked = [fate for fate in fates if fate.served or fate.abandoned is not None]
        services = [
            fate.completed_at - fate.answered_at
            for fate in asked
            if fate.completed_at is not None and fate.answered_at is not None
        ]
        waits = [fate.wait for fate in asked]
        return Outcome(
            figures=figures(
                waits,
                [fate.waited for fate in asked if fate.found_nobody_free],
                services,
                in_ivr=0,
                others=len(self._fates.threads) - len(asked),
                occupancy=self._hours.occupancy(),
            ),
            mean_wait=_mean_wait(waits),
            median_wait=waited_by(waits, 0.5),
            long_wait=waited_by(waits, LONG),
            promises_kept=self._promises[SlaTarget.TIME_TO_ANSWER, True],
            promises_broken=self._promises[SlaTarget.TIME_TO_ANSWER, False],
            replies_kept=self._promises[SlaTarget.FIRST_REPLY, True],
            replies_broken=self._promises[SlaTarget.FIRST_REPLY, False],
            tally=self._tally,
            undecided=sum(not fate.ends and not fate.served for fate in fates),
        )


@dataclass(frozen=True, slots=True)
class Staging:
    """A replay made ready: run the simulation, then ask the observer."""

    simulation: Simulation
    observer: Observer

    def play(self) -> Outcome:
        """Play it to its end. Raises ReplayBroken."""
        self.simulation.run()
        return self.observer.outcome()


def staged(span: Span, plan: Plan, habits: Habits, *, engine: Engine | None = None) -> Staging:
    """A span made ready under a plan. Raises PlanUnfit when they do not go together."""
    coming, stretches = span.callers(plan), span.stretches(plan)
    # Of all calls, also those for which the plan has no place: they are among those that ended otherwise.
    observer = Observer(plan.pool, {call.thread for call in span.script})
    begins_at = min(coming[0].arrives_at, *(stretch.begins_at for stretch in stretches))
    simulation = Simulation(plan, begins_at=begins_at, engine=engine)
    simulation.follow(observer.follow)
    callers = Callers(simulation, coming)
    Crew(simulation, callers, plan, habits).works(stretches)
    # Last, so that agents sit down before callers of the same instant come.
    callers.come()
    return Staging(simulation, observer)


def logged_outcome(span: Span, plan: Plan) -> Outcome:
    """The log's own column: what happened, with the promises that this plan would have made."""
    asked = [call for call in span.calls if call.offered]
    limits = {queue.name: queue.answer_within_seconds for queue in plan.queues}
    points = {point.name: point.queue for point in plan.entry_points}
    door = {each.thread: each for each in span.callers(plan)}

    def limit(call: LoggedCall) -> float:
        caller = door.get(call.key)
        promised = None if caller is None else limits.get(caller.queue or points[caller.entry_point])
        return inf if promised is None else promised

    found = [(call, limit(call)) for call in asked]
    waits = [call.wait for call in asked]
    return Outcome(
        figures=log_figures(asked, span.shifts),
        mean_wait=_mean_wait(waits),
        median_wait=waited_by(waits, 0.5),
        long_wait=waited_by(waits, LONG),
        promises_kept=sum(c.wait.answered and c.queue_seconds <= promised < inf for c, promised in found),
        promises_broken=sum(c.queue_seconds > promised for c, promised in found),
    )


def _mean_wait(waits: Sequence[Wait]) -> float | None:
    return mean(wait.seconds for wait in waits) if waits else None


LONG = 0.9


def waited_by(waits: Sequence[Wait], share: float) -> float | None:
    """The wait that this share of all did not exceed, by the nearest rank."""
    every = sorted(wait.seconds for wait in waits)
    return every[ceil(share * len(every)) - 1] if every else None
