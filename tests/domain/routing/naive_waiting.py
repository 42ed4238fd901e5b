"""The naive twin of ladders, limits and overflow: plain scans over rows, written after the README and not the code."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.calendars import CalendarPlan
from kindline.language.content import Needs
from kindline.language.facts.agents import Lease
from kindline.language.facts.interactions import QueuedReason
from kindline.language.facts.waiting import RelaxedCause
from kindline.language.plan import DEFAULT_CHANNELS, Plan, QueuePlan
from kindline.language.queue_rules import LadderStep, OverflowAction, OverflowCause, OverflowRule
from kindline.language.snapshot import InteractionRow
from kindline.language.snapshot import InteractionState as S
from tests.domain.routing.naive import Floor

ANEW = {QueuedReason.ARRIVED, QueuedReason.HANDED_OVER, QueuedReason.TRANSFERRED, QueuedReason.OVERFLOWED}
STAYING = {OverflowCause.WAITED, OverflowCause.NOBODY_ON_STAY}
TO_QUEUE = OverflowAction.TO_QUEUE

Wanted = tuple[dict[str, int], str, frozenset[str]]
"""Levels of skills, language, and the queues whose agents may serve it."""
Ends = tuple[str, OverflowRule]
"""The queue whose rule ends it, and the rule."""


@dataclass
class Ledge:
    """A floor, looked at by somebody who knows the rules for those who wait and nothing of the engine."""

    floor: Floor
    plan: Plan

    def queue(self, name: str) -> QueuePlan:
        """A queue of the plan, or one that has left it."""
        return next((queue for queue in self.plan.queues if queue.name == name), QueuePlan(name=name))

    def anybody(self, row: InteractionRow, wanted: Wanted, home: str) -> bool:
        """Whether anybody signed in could ever serve this."""
        levels, language, queues = wanted
        units = {row.channel: row.units for row in (*DEFAULT_CHANNELS, *self.plan.channels)}
        gone = home not in {queue.name for queue in self.plan.queues}
        for agent in self.floor.agents:
            own = agent.plan
            if own is None or not agent.session_id or agent.lease is Lease.LOST or agent.status is AgentStatus.OFFLINE:
                continue
            has = {skill.skill: skill.level for skill in own.skills}
            if (
                agent.agent_id in {listed.agent_id for listed in self.plan.agents}
                and (own.units or 100) >= units[row.received.channel]
                and (not own.channels or row.received.channel in own.channels)
                and (gone or not own.queues or queues & set(own.queues))
                and (not language or language in own.languages)
                and all(has.get(skill, 0) >= level for skill, level in levels.items())
            ):
                return True
        return False

    def is_alone(self, row: InteractionRow) -> bool:
        """Whether nobody is there for one that waits."""
        return not self.anybody(row, wants(row), queue_of(row))

    def step_due(self, row: InteractionRow) -> tuple[LadderStep, RelaxedCause] | None:
        """The step that has to be taken now, if any."""
        left = self.queue(queue_of(row)).ladder[row.relaxed.step if row.relaxed else 0 :]
        if row.state is not S.QUEUED or not left:
            return None
        timed = [step for step in left if step.after_seconds or not step.when_nobody]
        if any(row.joined_at + step.after_seconds <= self.floor.now for step in timed):
            return left[0], RelaxedCause.TIME
        if any(step.when_nobody for step in left) and self.is_alone(row):
            return left[0], RelaxedCause.NOBODY
        return None

    def place(self, row: InteractionRow, name: str, been: tuple[str, ...], hops: int = 0) -> str | Ends:
        """The queue that lets it join who asks at this one, or the rule that ends it."""
        turned_away: Ends | None = None
        for rule in self.queue(name).overflow:
            if rule.cause in STAYING or rule.action is OverflowAction.ANNOUNCE or not self._holds(row, name, rule):
                continue
            if rule.action is not TO_QUEUE:
                turned_away = turned_away or (name, rule)
                if not owed(row):
                    return turned_away
            elif rule.queue not in (*been, name) and hops < 5 and self.has(rule.queue):
                other = self.place(row, rule.queue, (*been, name), hops + 1)
                if isinstance(other, str):
                    return other
                turned_away = turned_away or other
        return turned_away or name

    def has(self, name: str) -> bool:
        """Whether the plan has a queue."""
        return any(queue.name == name for queue in self.plan.queues)

    def move_due(self, row: InteractionRow) -> str | Ends | None:
        """Where one that waits goes now by the rules for those who wait."""
        for rule in self.queue(queue_of(row)).overflow:
            if rule.cause not in STAYING or row.joined_at + rule.after_seconds > self.floor.now:
                continue
            if rule.cause is OverflowCause.NOBODY_ON_STAY and not self.is_alone(row):
                continue
            if rule.action is not TO_QUEUE:
                if not owed(row):
                    return queue_of(row), rule
                continue
            been = (*row.overflowed_from, queue_of(row))
            if rule.queue not in been and self.has(rule.queue):
                found = self.place(row, rule.queue, been)
                if isinstance(found, str):
                    return found
        return None

    def _holds(self, row: InteractionRow, name: str, rule: OverflowRule) -> bool:
        queue = self.queue(name)
        if rule.cause is OverflowCause.CLOSED:
            calendar = next((one for one in self.plan.calendars if one.name == queue.calendar), None)
            return calendar is not None and not reads_open(calendar, self.plan.time_zone, self.floor.now)
        if rule.cause is OverflowCause.FULL:
            waiting = [
                one
                for one in self.floor.interactions
                if one.state in {S.QUEUED, S.OFFERED} and one.queued and one.queued.queue == name
            ]
            most = queue.limits.most_waiting
            if owed(row):
                most += math.ceil(round(most * queue.limits.transfer_buffer, 6))
            return bool(queue.limits.most_waiting) and len(waiting) >= most
        assert rule.cause is OverflowCause.NOBODY_ON_JOIN
        wanted = joined(queue, row.received.needs)
        steps = list(queue.ladder)
        while steps and not steps[-1].when_nobody:
            steps.pop()
        for step in [LadderStep(), *steps]:
            wanted = eased(wanted, step)
            if self.anybody(row, wanted, name):
                return False
        return True


def owed(row: InteractionRow) -> bool:
    """Whether it is never sent away: it was answered once, or its customer was promised a call-back."""
    return row.answered or row.call_back is not None


def queue_of(row: InteractionRow) -> str:
    """The queue it waits in."""
    assert row.queued is not None
    return row.queued.queue


def wants(row: InteractionRow) -> Wanted:
    """What it needs now."""
    assert row.queued is not None
    now = row.relaxed or row.queued
    levels = {need.skill: max(need.level, 1) for need in now.needs.skills}
    also = row.relaxed.also_queues if row.relaxed else ()
    return levels, now.needs.language, frozenset({row.queued.queue, *also})


def joined(queue: QueuePlan, own: Needs) -> Wanted:
    """What is needed of those who serve it in a queue."""
    levels: dict[str, int] = {}
    for need in (*queue.needs.skills, *own.skills):
        levels[need.skill] = max(levels.get(need.skill, 1), need.level)
    return levels, own.language or queue.needs.language, frozenset({queue.name})


def eased(wanted: Wanted, step: LadderStep) -> Wanted:
    """What is needed after a step."""
    levels, language, queues = wanted
    lower = {need.skill: need.level for need in step.lower_skills}
    left = {
        skill: min(level, lower.get(skill, level)) for skill, level in levels.items() if skill not in step.drop_skills
    }
    return left, "" if step.drop_language else language, queues | ({step.add_queue} - {""})


def reads_open(calendar: CalendarPlan, zone: str, instant: float) -> bool:
    """Look at the clock on the wall and at the sheet on the door."""
    wall = datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(calendar.time_zone or zone or "UTC"))
    today = [frame for frame in calendar.frames if wall.isoweekday() in frame.days]
    return any(frame.opens <= wall.strftime("%H:%M") < frame.closes for frame in today)


def judge(ledge: Ledge, fact: f.Fact, before: InteractionRow | None) -> None:
    """Protest if a fact about one who waits is not what the rules ask for."""
    if isinstance(fact, f.InteractionRelaxed):
        assert before is not None
        due = ledge.step_due(before)
        assert due is not None
        step, cause = due
        last = before.relaxed or before.queued
        assert last is not None
        assert (fact.step, fact.cause) == (before.relaxed.step + 1 if before.relaxed else 1, cause)
        assert fact.priority == last.priority + step.raise_priority
        levels = {need.skill: max(need.level, 1) for need in fact.needs.skills}
        assert (levels, fact.needs.language, frozenset({queue_of(before), *fact.also_queues})) == eased(
            wants(before), step
        )
    elif isinstance(fact, f.InteractionQueued) and fact.reason in ANEW:
        assert before is not None
        if before.state is S.QUEUED:
            assert ledge.step_due(before) is None
            assert ledge.move_due(before) == fact.queue
        else:
            first = fact.overflowed_from or fact.queue
            place = ledge.place(before, first, ())
            assert (place if isinstance(place, str) else first) == fact.queue
            assert isinstance(place, str) or owed(before)
    elif isinstance(fact, f.InteractionDeflected) and fact.overflow_cause:
        assert before is not None
        assert not owed(before)
        asked = [before.received.queue, *(queue.name for queue in ledge.plan.queues)]
        ends = [ledge.move_due(before)] if before.state is S.QUEUED else [ledge.place(before, one, ()) for one in asked]
        found = [end for end in ends if isinstance(end, tuple) and end[1].cause is fact.overflow_cause]
        assert f"{found[0][0]}: {found[0][1].cause.name.lower()}" == fact.cause or len(found) > 1


def nothing_is_left_to_do(ledge: Ledge) -> None:
    """No step is due, and nobody waits whom a rule would end."""
    for row in ledge.floor.interactions:
        if row.state is S.QUEUED and row.received.pool == ledge.plan.pool:
            assert ledge.step_due(row) is None
            assert not isinstance(ledge.move_due(row), tuple)
