"""One agent as the auditor keeps them: what they can do, whether they may be given work, what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kindline.audit.cases import Kind
from kindline.audit.rules import Rules
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel
from kindline.language.facts.agents import Lease
from kindline.language.ids import Instant
from kindline.language.plan import AgentPlan

DEFAULT_UNITS = 100


class Hold(NamedTuple):
    """What one offer or interaction takes of an agent; `queue` is the one it was offered from."""

    units: int
    channel: Channel
    queue: str
    aside: int = 0
    """Units that were taken from it by an interruption and come back after it."""
    asleep: bool = False


@dataclass(slots=True, eq=False)
class Worker:
    """An agent who has signed in; `plan` is their part of the plan as it was then."""

    agent_id: str
    plan: AgentPlan
    listed: bool = True
    session_id: str = ""
    status: AgentStatus = AgentStatus.OFFLINE
    leaving: bool = False
    lease: Lease = Lease.UNSPECIFIED
    not_responding: bool = False
    last_assigned_at: Instant | None = None
    idle_since: Instant = 0.0
    hands: dict[str, Hold] = field(default_factory=dict)

    @property
    def units(self) -> int:
        """Units of work they can hold."""
        return self.plan.units or DEFAULT_UNITS

    @property
    def busy(self) -> bool:
        """Whether they have anything in hand that is awake."""
        return any(not hold.asleep for hold in self.hands.values())

    @property
    def used(self) -> int:
        """Units they hold."""
        return sum(hold.units for hold in self.hands.values())

    def unwilling(self) -> str:
        """Why nothing may be offered to them now; empty when it may."""
        if not self.session_id:
            return "has no session"
        if self.status is not AgentStatus.AVAILABLE or self.leaving:
            return f"is {self.status.name}{' and about to leave' if self.leaving else ''}"
        if self.lease is not Lease.CONNECTED:
            return f"has a lease that is {self.lease.name}"
        if self.not_responding:
            return "is not responding"
        return "" if self.listed else "is not in the plan"

    def unable(self, kind: Kind, rules: Rules) -> str:
        """Why their plan keeps them from cases of this kind; empty when it does not."""
        queue, channel, needs, also_queues, preferred = kind
        mine = self.plan
        if preferred not in {"", self.agent_id}:
            return f"it waits for {preferred}"
        none = any(limit.channel is channel and not limit.at_once for limit in mine.limits)
        if none or (mine.channels and channel not in mine.channels):
            return f"does not serve {channel.name}"
        # A queue that left the plan is drained by whoever is able.
        if mine.queues and queue in rules.queues and not {queue, *also_queues} & {*mine.queues}:
            return f"does not serve {queue}"
        if needs.language and needs.language not in mine.languages:
            return f"does not speak {needs.language}"
        levels = {skill.skill: skill.level for skill in mine.skills}
        missing = [need.skill for need in needs.skills if levels.get(need.skill, 0) < max(need.level, 1)]
        return f"lacks {missing[0]}" if missing else ""

    @property
    def aside(self) -> int:
        """Units that come back when an interruption is over."""
        return sum(hold.aside for hold in self.hands.values())

    def full(self, queue: str, channel: Channel, rules: Rules) -> str:
        """What keeps them from one more of this channel and queue, as words; empty when they have room."""
        units = rules.channel(channel).units
        if self.used + self.aside + units > self.units:
            beside = f" and {self.aside} set aside" if self.aside else ""
            return f"holds {self.used} units of {self.units}{beside}, one more on {channel.name} takes {units}"
        return self.too_many(queue, channel, rules)

    def too_many(self, queue: str, channel: Channel, rules: Rules) -> str:
        """Whether the most particular limit on numbers is reached: their own, else the queue's, else the channel's."""
        awake = [hold for hold in self.hands.values() if not hold.asleep]
        own = next((limit.at_once for limit in self.plan.limits if limit.channel is channel), None)
        of_queue = rules.queue(queue).at_once
        if own is None and of_queue:
            count, allowed, what = sum(hold.queue == queue for hold in awake), of_queue, queue
        else:
            count, what = sum(hold.channel is channel for hold in awake), channel.name
            allowed = rules.channel(channel).at_once if own is None else own
        return f"holds {count} of {what}, allowed are {allowed}" if count >= allowed else ""
