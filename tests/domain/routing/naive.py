"""The naive twin of the engine: dictionaries and plain scans, against which every decision is checked.

It reads rows and facts only and shares no code with what it judges, but for the words of the language.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel
from kindline.language.facts.agents import Lease
from kindline.language.graph import INTERACTION_MOVES, WITH_AGENT
from kindline.language.plan import DEFAULT_CHANNELS, AgentPlan, ChannelPlan, Plan, QueuePlan
from kindline.language.queue_rules import AgentChoice
from kindline.language.snapshot import AgentRow, InteractionRow, SnapshotRow
from kindline.language.snapshot import InteractionState as S


@dataclass
class Floor:
    """A shard's rows, sorted by kind, and the scans over them."""

    now: float
    plans: dict[str, Plan] = field(default_factory=dict)
    agents: list[AgentRow] = field(default_factory=list)
    interactions: list[InteractionRow] = field(default_factory=list)

    def take(self, rows: list[SnapshotRow]) -> Floor:
        """Read rows."""
        for row in rows:
            if isinstance(row, f.PlanAdopted):
                self.plans[row.plan.pool] = row.plan
            elif isinstance(row, AgentRow):
                self.agents.append(row)
            elif isinstance(row, InteractionRow):
                self.interactions.append(row)
        return self

    def pairs(self) -> tuple[InteractionRow, AgentRow] | None:
        """The next offer there must be: the first in line for whom anybody is eligible, and the best of those."""
        waiting = [row for row in self.interactions if row.state in {S.QUEUED, S.OFFERED} and self._wants(row)]
        # sorted() keeps the order of rows, which is that of arrival, where all else is equal.
        for row in sorted(waiting, key=self._line):
            eligible = [agent for agent in self.agents if self.may_serve(agent, row)]
            if eligible:
                return row, min(eligible, key=lambda agent: self.rank_for(agent, row))
            able = [agent for agent in self.agents if self.may_serve(agent, row, interrupting=True)]
            if able and not row.offers and not row.preferring:
                return row, min(able, key=lambda agent: (self.rank(agent)[0], agent.agent_id))
        return None

    def may_serve(self, agent: AgentRow, row: InteractionRow, *, interrupting: bool = False) -> bool:
        """Every hard filter, one after the other."""
        plan = self.plans[row.received.pool]
        queued, own = row.queued, agent.plan
        if queued is None or own is None or agent.pool != row.received.pool:
            return False
        ready = agent.status is AgentStatus.AVAILABLE and not agent.next_status and agent.session_id != ""
        listed = agent.agent_id in {listed.agent_id for listed in plan.agents}
        gap = agent.last_assigned_at is None or agent.last_assigned_at + plan.limits.assignment_gap_seconds <= self.now
        free = not any(b.agent_id == agent.agent_id and b.until > self.now for b in row.back_offs)
        held = any(offer.agent_id == agent.agent_id for offer in row.offers)
        return (
            ready
            and listed
            and gap
            and free
            and not held
            and agent.lease is Lease.CONNECTED
            and not agent.not_responding
            and (not row.preferring or agent.agent_id == queued.preferred_agent_id)
            and self._fits(own, row, plan)
            and self._is_below_limit(agent, own, row)
            and self._units_fit(agent, own, row, interrupting=interrupting)
        )

    def rank_for(self, agent: AgentRow, row: InteractionRow) -> tuple[float | str, ...]:
        """Where an agent stands by the rule of the queue."""
        assert row.queued is not None
        assert agent.plan is not None
        queues = {queue.name: queue for queue in self.plans[agent.pool].queues}
        rule = queues.get(row.queued.queue, QueuePlan()).choice
        least_work = self.rank(agent)
        assigned = agent.last_assigned_at or 0.0
        if rule is AgentChoice.LONGEST_IDLE:
            return self._load(agent), least_work[1], assigned, agent.agent_id
        if rule is AgentChoice.ROUND_ROBIN:
            return assigned, agent.agent_id
        if rule is AgentChoice.BEST_SKILL:
            levels = {skill.skill: skill.level for skill in agent.plan.skills}
            needed = (row.relaxed or row.queued).needs.skills
            return -sum(levels.get(need.skill, 0) - max(need.level, 1) for need in needed), *least_work
        return least_work

    def _load(self, agent: AgentRow) -> float:
        return self._used(agent) / ((agent.plan and agent.plan.units) or 100)

    def _used(self, agent: AgentRow) -> int:
        return sum(self._units(row, agent) for row in self._hands(agent) if not row.interrupted_by)

    def rank(self, agent: AgentRow) -> tuple[float, float, str]:
        """Least work, then longest idle, then name."""
        scores = sorted(
            score for other in self.agents if other.pool == agent.pool and (score := self._score(other)) is not None
        )
        score = self._score(agent)
        if score is None:
            score = scores[len(scores) // 2] if scores else 0.0
        return score, math.inf if self._awake(agent) else agent.idle_since, agent.agent_id

    def _score(self, agent: AgentRow) -> float | None:
        if not agent.session_id or agent.lease is Lease.LOST:
            return None
        minute = self.now // 60 * 60
        work = available = 0.0
        spans = [(span.from_time, span.to_time, span.load) for span in agent.spans]
        owns = any(row.agent_id == agent.agent_id for row in self._awake(agent))
        if spans and (agent.status is AgentStatus.AVAILABLE or owns) and minute > spans[-1][1]:
            end = spans[-1][1]
            spans.append((max(end, minute - 3_600), minute, self._load(agent)))
        for start, end, load in spans:
            if end > minute - 3_600:
                seconds = end - max(start, minute - 3_600)
                available += seconds
                work += load * seconds
        return work / available if available >= 600 else None

    def _fits(self, own: AgentPlan, row: InteractionRow, plan: Plan) -> bool:
        queued = row.queued
        assert queued is not None
        in_plan = queued.queue in {queue.name for queue in plan.queues}
        levels = {skill.skill: skill.level for skill in own.skills}
        needs = (row.relaxed or queued).needs
        queues = {queued.queue, *(row.relaxed.also_queues if row.relaxed else ())}
        return (
            (not own.channels or row.received.channel in own.channels)
            and (not own.queues or queues.intersection(own.queues) or not in_plan)
            and (not needs.language or needs.language in own.languages)
            and all(levels.get(need.skill, 0) >= max(need.level, 1) for need in needs.skills)
        )

    def _is_below_limit(self, agent: AgentRow, own: AgentPlan, row: InteractionRow) -> bool:
        """One limit counts: the agent's own for the channel, else the queue's, else the channel's."""
        assert row.queued is not None
        plan, name, channel = self.plans[agent.pool], row.queued.queue, row.received.channel
        of_channel = sum(held.received.channel is channel for held in self._awake(agent))
        for limit in own.limits:
            if limit.channel is channel:
                return of_channel < limit.at_once
        at_once = next((queue.at_once for queue in plan.queues if queue.name == name), 0)
        if at_once:
            return sum(held.queued is not None and held.queued.queue == name for held in self._awake(agent)) < at_once
        return of_channel < channel_of(plan, row).at_once

    def _units_fit(self, agent: AgentRow, own: AgentPlan, row: InteractionRow, *, interrupting: bool) -> bool:
        channel = channel_of(self.plans[agent.pool], row)
        hands = self._hands(agent)
        taken = self._used(agent) + sum(held.units for held in hands if held.interrupted_by)
        if interrupting:
            yielding = set(channel.interrupts) - {Channel.VOICE}
            if not yielding:
                return False
            movable = [held for held in hands if held.state is S.ACTIVE and held.received.channel in yielding]
            taken = self._used(agent) - sum(held.units for held in movable)
        return taken + channel.units <= (own.units or 100)

    def _awake(self, agent: AgentRow) -> list[InteractionRow]:
        return [row for row in self._hands(agent) if row.state is not S.DORMANT]

    def _hands(self, agent: AgentRow) -> list[InteractionRow]:
        return [
            row
            for row in self.interactions
            if row.received.pool == agent.pool
            and (
                (row.agent_id == agent.agent_id and row.state in WITH_AGENT)
                or any(offer.agent_id == agent.agent_id for offer in row.offers)
            )
        ]

    def _units(self, row: InteractionRow, agent: AgentRow) -> int:
        return next((offer.units for offer in row.offers if offer.agent_id == agent.agent_id), row.units)

    def _wants(self, row: InteractionRow) -> bool:
        assert row.queued is not None
        queues = {queue.name: queue for queue in self.plans[row.received.pool].queues}
        return len(row.offers) < queues.get(row.queued.queue, QueuePlan()).offers_at_once

    def _line(self, row: InteractionRow) -> tuple[bool, Fraction, bool, int]:
        """Whoever starves, then the effective priority of now, then those who wait for one agent, then the oldest."""
        assert row.queued is not None
        order = self.plans[row.received.pool].order
        since = int(row.queued.waiting_since * 1e6)
        waited = int(self.now * 1e6) - since
        if 0 < int(order.starvation_seconds * 1e6) < waited:
            return False, Fraction(0), False, since
        priority = row.relaxed.priority if row.relaxed else row.queued.priority
        earned = Fraction(round(order.priority_per_minute * 1e6), 1_000_000) * waited / 60_000_000
        return True, -(priority + earned), not row.preferring, since


def channel_of(plan: Plan, row: InteractionRow) -> ChannelPlan:
    """What the interaction costs."""
    return next(c for c in (*plan.channels, *DEFAULT_CHANNELS) if c.channel is row.received.channel)


MOVES: dict[type, S] = {
    f.InteractionReceived: S.RECEIVED, f.InteractionQueued: S.QUEUED, f.OfferIssued: S.OFFERED,
    f.OfferAccepted: S.CONNECTING, f.InteractionAnswered: S.ACTIVE, f.InteractionHeld: S.HELD,
    f.InteractionResumed: S.ACTIVE, f.InteractionSlept: S.DORMANT, f.InteractionScheduled: S.SCHEDULED,
    f.InteractionCompleted: S.COMPLETED, f.InteractionClosed: S.CLOSED,
    f.InteractionAbandoned: S.ABANDONED, f.InteractionCancelled: S.CANCELLED, f.InteractionExpired: S.EXPIRED,
    f.InteractionDeflected: S.DEFLECTED,
}  # fmt: skip
OVER = f.OfferDeclined | f.OfferExpired | f.OfferRevoked | f.OfferRescinded | f.OfferFailed


@dataclass
class Book:
    """What the invariants need of the facts: where each interaction is, who owns it, which offers are out."""

    state: dict[str, S] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    offers: dict[str, dict[str, str]] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)

    def note(self, fact: f.Fact, limit: int) -> None:
        """Take in one fact, and protest if it breaks an invariant."""
        name = getattr(fact, "interaction_id", "")
        if isinstance(fact, OVER):
            assert self.offers[name].pop(fact.offer_id) == fact.agent_id
            if not self.offers[name] and self.state[name] is S.OFFERED:
                self.state[name] = S.QUEUED
            return
        to = MOVES.get(type(fact))
        if to is None:
            return
        before = self.state.get(name)
        if isinstance(fact, f.OfferIssued):
            self._issue(fact, limit)
        elif isinstance(fact, f.OfferAccepted):
            assert self.offers[name].pop(fact.offer_id) == fact.agent_id
            assert not self.offers[name], "an offer is out while somebody owns it"
            assert name not in self.owner, "two owners"
            self.owner[name] = fact.agent_id
        elif isinstance(fact, f.InteractionQueued):
            assert self.owner.pop(name, "") == fact.from_agent_id
        if before is None:
            assert to is S.RECEIVED
        else:
            assert to in INTERACTION_MOVES[before] or (before is to is S.OFFERED), f"{before.name} to {to.name}"
        self.state[name] = to
        if not INTERACTION_MOVES[to]:
            self.ends[name] += 1
            assert self.ends[name] == 1
            assert not self.offers.get(name), "an offer outlives its interaction"

    def _issue(self, fact: f.OfferIssued, limit: int) -> None:
        out = self.offers.setdefault(fact.interaction_id, {})
        assert fact.agent_id not in out.values()
        out[fact.offer_id] = fact.agent_id
        assert len(out) <= limit
