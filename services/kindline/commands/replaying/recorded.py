"""A span of one pool's own log, folded from the batches that count: its visits, its agents, and what came of it all.

Promises that the log's own column is measured by the very folds that measure a replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from kindline.commands.replaying.callers import Caller, Callers
from kindline.commands.replaying.outcome import Observer, Outcome, Staging
from kindline.commands.replaying.roster import Attendance, Presence, Roster, Statement
from kindline.commands.replaying.serving import Habits, Serving
from kindline.commands.replaying.simulation import Simulation
from kindline.commands.replaying.span import NothingToReplay, PlanUnfit
from kindline.commands.replaying.visits import Estimates, Visit
from kindline.language import facts as f
from kindline.language.ids import Instant
from kindline.language.log import DecisionBatch
from kindline.language.plan import Plan
from kindline.routing.domain.engine import Engine


@dataclass(slots=True)
class Recorded:
    """What the log of a pool tells of the visits that began in a span; give it every batch from the log's beginning."""

    pool: str
    begin: Instant
    until: Instant
    plan: Plan | None = None
    """In force when the span began, or the first one in it."""
    visits: dict[str, Visit] = field(default_factory=dict)
    attendance: Attendance = field(init=False)
    ends_at: Instant = 0.0
    """The time of the last batch."""
    begun: bool = False
    cut_at: Instant | None = None
    """Of a log whose beginning was deleted, the time of the first batch that is left."""
    unseen: set[str] = field(default_factory=set)
    """Agents who were offered work, and of whom the log does not tell that they came."""
    at_begin: list[Statement] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    observer: Observer = field(init=False)
    hours_over: bool = False

    def __post_init__(self) -> None:
        """Begin with nothing seen."""
        self.attendance = Attendance(self.begin)
        self.observer = Observer(self.pool, self.threads)

    def take(self, batch: DecisionBatch) -> None:
        """Take in the next batch that counts."""
        at = self.ends_at = batch.decided_at
        if at >= self.begin and not self.begun:
            self._begins()
        if at >= self.until and not self.hours_over:
            self.observer.end_hours(self.until)
            self.hours_over = True
        mine = [fact for fact in batch.facts if self._is_of_pool(fact)]
        if not mine:
            return
        for fact in mine:
            self._fold(fact, at)
        if self.begun:
            self.observer.follow(at, [heard for fact in mine if (heard := self._heard(fact)) is not None])

    def _is_of_pool(self, fact: f.Fact) -> bool:
        pool = fact.plan.pool if isinstance(fact, f.PlanAdopted) else getattr(fact, "pool", "")
        return pool == self.pool

    def _begins(self) -> None:
        """Let the figures begin with the plan in force and with everybody as they stand."""
        self.begun = True
        self.at_begin = self.attendance.at_begin()
        plans = [f.PlanAdopted(plan=self.plan)] if self.plan else []
        statuses = [
            f.AgentStatusDeclared(
                pool=self.pool,
                agent_id=said.agent_id,
                status=said.status,
                reason_code=said.reason_code,
                next_status=type(said.status).UNSPECIFIED,
                next_reason_code="",
            )
            for said in self.at_begin
            if said.what is Presence.DECLARED
        ]
        self.observer.follow(self.begin, [*plans, *statuses])

    def _fold(self, fact: f.Fact, at: Instant) -> None:
        if isinstance(fact, f.PlanAdopted):
            self.plan = fact.plan if not self.begun or self.plan is None else self.plan
        elif isinstance(fact, f.InteractionReceived):
            if self.begin <= at < self.until:
                self.visits[fact.interaction_id] = Visit(fact)
                self.threads.add(fact.interaction_id)
        elif (visit := self.visits.get(getattr(fact, "interaction_id", ""))) is not None:
            visit.happens(fact, at)
            if isinstance(fact, f.OfferIssued) and not self.attendance.has_seen(fact.agent_id):
                self.unseen.add(fact.agent_id)
        else:
            self.attendance.take(fact, at)

    def _heard(self, fact: f.Fact) -> f.Fact | None:
        """The fact as the figures know it: a thread may come again, so a visit goes by its interaction's name."""
        name = getattr(fact, "interaction_id", "")
        if name and name not in self.visits:
            return None
        return replace(fact, thread=name) if isinstance(fact, f.InteractionReceived) else fact

    def outcome(self) -> Outcome:
        """The log's own column."""
        self.close()
        return self.observer.outcome()

    def close(self) -> None:
        """The log tells no more."""
        for visit in self.visits.values():
            visit.log_ends(self.ends_at)
        if not self.hours_over:
            self.until = min(self.until, self.ends_at)
            self.observer.end_hours(self.until)
            self.hours_over = True


@dataclass(frozen=True, slots=True)
class Script:
    """A span of a log made ready to be played again, under any plan."""

    pool: str
    callers: tuple[Caller, ...]
    statements: tuple[Statement, ...]
    begin: Instant
    until: Instant
    habits: Habits
    """What agents of the log usually do."""

    @classmethod
    def of(cls, recorded: Recorded, seed: int) -> Script:
        """The script of a log that was read to its end. Raises NothingToReplay."""
        recorded.close()
        visits = [visit for visit in recorded.visits.values() if visit.opening is not None]
        if not visits or not (recorded.at_begin or recorded.attendance.statements):
            there = len({said.agent_id for said in (*recorded.at_begin, *recorded.attendance.statements)})
            message = f"the log of {recorded.pool} has {len(visits)} interactions in the span, and {there} agents"
            raise NothingToReplay(message)
        estimates = Estimates.of(visits, seed)
        # Stable: those of one instant come in the order in which the log had them.
        callers = sorted((estimates.caller(visit) for visit in visits), key=lambda one: one.arrives_at)
        wrap_ups = [one.wrap_up_seconds for one in callers if one.wrap_up_seconds is not None]
        return cls(
            pool=recorded.pool,
            callers=tuple(callers),
            statements=(*recorded.at_begin, *recorded.attendance.statements),
            begin=recorded.begin,
            until=recorded.until,
            habits=Habits(
                accept_seconds=_usual([one.accept_seconds for one in callers if one.accept_seconds is not None]) or 0.0,
                wrap_up_seconds=_usual(wrap_ups),
            ),
        )

    def strangers(self, plan: Plan) -> tuple[str, ...]:
        """Who was there in the log and is not in the plan."""
        named = {agent.agent_id for agent in plan.agents}
        return tuple(sorted({said.agent_id for said in self.statements} - named))

    def with_habits(self, accept_seconds: float | None, wrap_up_seconds: float | None) -> Script:
        """The same, with agents who all take so long; None leaves it as logged."""
        callers = self.callers
        if accept_seconds is not None:
            callers = tuple(replace(caller, accept_seconds=accept_seconds) for caller in callers)
        if wrap_up_seconds is not None:
            callers = tuple(replace(caller, wrap_up_seconds=wrap_up_seconds) for caller in callers)
        return replace(self, callers=callers)

    def staged(self, plan: Plan, *, engine: Engine | None = None) -> Staging:
        """Made ready under a plan. Raises PlanUnfit when they do not go together."""
        self._check(plan)
        simulation = Simulation(plan, begins_at=min(self.begin, self.callers[0].arrives_at), engine=engine)
        observer = Observer(plan.pool, {caller.thread for caller in self.callers})
        simulation.follow(observer.follow)
        callers = Callers(simulation, self.callers)
        roster = Roster(simulation, Serving(simulation, callers, plan, self.habits), plan)
        roster.works(self.statements, {agent.agent_id for agent in plan.agents})
        simulation.at(self.until, observer.end_hours, self.until)
        # Last, so that agents sit down before customers of the same instant come.
        callers.come()
        return Staging(simulation, observer)

    def _check(self, plan: Plan) -> None:
        if plan.pool != self.pool:
            message = f"the plan is for {plan.pool}, the log is of {self.pool}"
            raise PlanUnfit(message)
        doors = {point.name for point in plan.entry_points}
        missing = sorted({caller.entry_point for caller in self.callers} - doors)
        if missing:
            message = f"entry_points: customers came by {', '.join(missing)}, which the plan does not have"
            raise PlanUnfit(message)
        if not {said.agent_id for said in self.statements} & {agent.agent_id for agent in plan.agents}:
            message = f"agents: the plan names none of those who were there, such as {self.statements[0].agent_id}"
            raise PlanUnfit(message)


def _usual(seconds: Sequence[float]) -> float | None:
    return median(seconds) if seconds else None
