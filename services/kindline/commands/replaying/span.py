"""A span of a bank's log as one long day: its calls, its crew in each quarter hour, and who comes under a plan.

Promises that a call has the same arrival, patience and service time under every plan; only what the plan decides
differs. A day of the log begins with its own midnight, so clocks that change in the night move nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from kindline.commands.replaying.people import Caller, Stretch
from kindline.language.content import Channel
from kindline.language.ids import Instant
from kindline.language.plan import EntryPointPlan, Plan
from kindline.rehearsal.domain.bank_plan import ENTRY_POINT, bank_plan
from kindline.rehearsal.domain.calls import LoggedCall
from kindline.rehearsal.domain.figures import Figures, log_figures
from kindline.rehearsal.domain.script import ScriptedCall, draws_from, script
from kindline.rehearsal.domain.staffing import Shift, at_work, shifts

REAL_SPEED = 1.0
MOST_TURNED_AWAY = 0.05
"""A plan may have no place for odd types of call; one that has none for more calls than this is for another log."""


class PlanUnfit(Exception):
    """The plan cannot be played with this log; the message says what it lacks."""


class NothingToReplay(Exception):
    """The span has no calls or nobody at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is replayed under every plan."""

    calls: Sequence[LoggedCall]
    """Times are seconds since `midnight`, on whatever day."""
    script: Sequence[ScriptedCall]
    """Those of them who ask for an agent."""
    shifts: Sequence[Shift]
    midnight: Instant
    whole_log: Sequence[LoggedCall]

    def logged(self) -> Figures:
        """The log's own figures."""
        return log_figures(self.calls, self.shifts)

    def own_plan(self) -> Plan:
        """The plan that the log itself suggests."""
        kinds = {call.queue for call in self.script}
        return bank_plan(self.whole_log, self.shifts, kinds=kinds, speed=REAL_SPEED)

    def callers(self, plan: Plan) -> tuple[Caller, ...]:
        """Who comes, to the entry points of this plan. Raises PlanUnfit when it has no place for many of them."""
        odd = self.turned_away(plan)
        if sum(odd.values()) > MOST_TURNED_AWAY * len(self.script):
            raise PlanUnfit("entry_points: " + "; ".join(place_for(kind, count) for kind, count in odd.items()))
        return tuple(_callers(self.script, plan))

    def turned_away(self, plan: Plan) -> dict[str, int]:
        """The types of call for which the plan has no place, with how many there are; they end at its door."""
        kinds, found = Counter(call.queue for call in self.script), _doors(self.script, plan)
        return {kind: kinds[kind] for kind in sorted(kinds) if kind not in found}

    def stretches(self, plan: Plan) -> tuple[Stretch, ...]:
        """When the plan's agents are at work; others who were are left out. Raises PlanUnfit when nobody is left."""
        named = {agent.agent_id for agent in plan.agents}
        found = tuple(
            Stretch(agent_id=shift.agent_id, begins_at=self.midnight + begin, ends_at=self.midnight + until)
            for shift in self.shifts
            if shift.agent_id in named
            for begin, until in shift.stretches
        )
        if not found:
            message = "agents: the plan names none of those who were at work, such as " + self.shifts[0].agent_id
            raise PlanUnfit(message)
        return found

    def strangers(self, plan: Plan) -> tuple[str, ...]:
        """Who was at work in the log and is not in the plan."""
        named = {agent.agent_id for agent in plan.agents}
        return tuple(shift.agent_id for shift in self.shifts if shift.agent_id not in named)


def span_of(
    calls: Sequence[LoggedCall], *, midnight_of: Callable[[date], Instant], begin: Instant, until: Instant, seed: int
) -> Span:
    """The calls that came from `begin` on and before `until`, and everybody at work then. Raises NothingToReplay.

    What the log does not know of patience and service is drawn from all its calls, by the seed.
    """
    first = min((call.day for call in calls), default=None)
    midnight = midnight_of(first) if first else 0.0
    long_day = [_moved(call, midnight_of(call.day) - midnight) for call in calls]
    within = [call for call in long_day if begin <= midnight + call.entered_at < until]
    played = [each for each in script(within, draws_from(calls, seed=seed), midnight=midnight) if each.wants_agent]
    crew = shifts(at_work(long_day), begin=begin - midnight, until=until - midnight)
    if not played or not crew:
        message = f"the span has {len(played)} calls that asked for an agent, and {len(crew)} agents"
        raise NothingToReplay(f"{message}: {_advice(calls, within, asked=bool(played))}")
    return Span(
        calls=within,
        script=sorted(played, key=lambda each: each.leaves_menu_at),
        shifts=crew,
        midnight=midnight,
        whole_log=calls,
    )


def _advice(calls: Sequence[LoggedCall], within: Sequence[LoggedCall], *, asked: bool) -> str:
    """What is missing for a replay, and what to do."""
    if not calls:
        return "the log has no row that can be used"
    days = sorted({call.day for call in calls})
    if not within:
        return f"the log has calls of {days[0]} to {days[-1]}; choose a span within these days"
    if not asked:
        return "whoever called then left in the menu, or was no caller; choose another span"
    return "no row names a server who served anybody then, so nobody can be put to work; choose another span"


def _moved(call: LoggedCall, seconds: float) -> LoggedCall:
    served_at = None if call.served_at is None else call.served_at + seconds
    return replace(call, entered_at=call.entered_at + seconds, served_at=served_at)


def place_for(kind: str, calls: int) -> str:
    """What to add to a plan for so many calls of a type."""
    own, some = ENTRY_POINT.format(kind), f"{calls:,} calls" if calls > 1 else "1 call"
    return f"{some} of type {kind} have no place: add the voice entry point {own}, or a queue {kind}"


def _doors(calls: Sequence[ScriptedCall], plan: Plan) -> dict[str, tuple[str, str]]:
    doors = {point.name: point for point in plan.entry_points if point.channel is Channel.VOICE}
    queues = {queue.name for queue in plan.queues}
    return {kind: door for kind in {call.queue for call in calls} if (door := _door(kind, doors, queues))}


def _callers(calls: Sequence[ScriptedCall], plan: Plan) -> Iterator[Caller]:
    found = _doors(calls, plan)
    for call in calls:
        if call.queue not in found:
            continue
        entry_point, queue = found[call.queue]
        yield Caller(
            thread=call.thread,
            entry_point=entry_point,
            queue=queue,
            arrives_at=call.leaves_menu_at,
            patience_seconds=call.patience_seconds,
            service_seconds=call.service_seconds,
            priority=call.priority,
            language=call.language,
            customer=call.customer,
        )


def _door(kind: str, doors: dict[str, EntryPointPlan], queues: set[str]) -> tuple[str, str] | None:
    """Where calls of a type come in, and the queue they name: none where the entry point is the type's own."""
    own = ENTRY_POINT.format(kind)
    if own in doors:
        return own, ""
    return (min(doors), kind) if kind in queues and doors else None
