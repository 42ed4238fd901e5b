"""Visits to queues that have rules for those who wait: how many wait, what falls due, and for whom nobody is there.

All of it is derived from the interactions and agents of one pool, so it is the same after any restart. What is due
because nobody is there is found by requirement class, and handed out one interaction at a time: a last agent who goes
home may leave very many behind.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping

from kindline.language.content import Channel
from kindline.language.ids import Instant
from kindline.language.plan import ChannelPlan, Plan, QueuePlan
from kindline.language.queue_rules import OverflowCause
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.attendance import Attendance
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.ladder import asks_for, next_time, steps_left
from kindline.routing.domain.overflow_due import next_try, rules_of_staying
from kindline.routing.domain.requirements import Requirement
from kindline.routing.domain.shelves import Shelves


class Visits:
    """Those of one pool who wait in queues with a ladder, overflow rules or a limit, and who is signed in for them."""

    __slots__ = (
        *("_attendance", "_lengths", "_lonely", "_queue", "_ruled", "_sequences", "_watched"),
        *("has_rules", "lonely_since"),
    )

    def __init__(self, plan: Plan, channels: Mapping[Channel, ChannelPlan]) -> None:
        """Begin with nobody, under a plan, where an interaction takes what `channels` say."""
        units = {channel: row.units for channel, row in channels.items()}
        self._attendance = Attendance(frozenset(queue.name for queue in plan.queues), units)
        self._ruled = {q.name for q in plan.queues if q.ladder or q.overflow or q.limits.most_waiting}
        self.has_rules = bool(self._ruled)
        """Whether the plan has any of these rules at all; where it has none nothing here needs to be kept."""
        self._lengths: Counter[str] = Counter()
        self._queue: Shelves[str, str] = Shelves()
        self._watched: Shelves[str, Requirement] = Shelves()
        self._sequences: dict[Requirement, list[tuple[int, str]]] = {}
        self._lonely: dict[Requirement, None] = {}
        self.lonely_since: Instant | None = None
        """Since when there is something to be done for somebody for whom nobody is there; None when there is not."""

    @property
    def attendance(self) -> Attendance:
        """Who is signed in."""
        return self._attendance

    def length(self, queue: str) -> int:
        """How many wait in a queue with rules, offered or not."""
        return self._lengths[queue]

    def anybody(self, requirement: Requirement) -> bool:
        """Whether anybody who is signed in could serve this."""
        return self._attendance.anybody(requirement)

    def notice(self, agent: Agent, at: Instant) -> None:
        """An agent may have come or gone."""
        for plan in self._attendance.update(agent):
            for requirement in [one for one in self._sequences if self._attendance.serves(plan, one)]:
                self._judge(requirement)
        self._mark(at)

    def settle(self, interaction: Interaction, queue: QueuePlan, at: Instant, *, tried: bool) -> Instant | None:
        """Keep an interaction as it stands; gives when its next step or rule falls due, or None.

        `tried` says that everything that can be done for it now has just been done.
        """
        if not interaction.waits or queue.name not in self._ruled:
            self._drop(interaction, at)
            return None
        if self._queue.get(interaction.id) != queue.name:
            self._drop(interaction, at)
            self._queue[interaction.id] = queue.name
            self._lengths[queue.name] += 1
        if interaction.state is not InteractionState.QUEUED:
            self._watch(interaction, None, at)
            return None
        rules = tuple(rules_of_staying(interaction, queue))
        left = steps_left(interaction, queue)
        minds = any(step.when_nobody for step in left) or any(
            rule.cause is OverflowCause.NOBODY_ON_STAY and interaction.joined_at + rule.after_seconds <= at
            for rule in rules
        )
        requirement = asks_for(interaction) if minds else None
        alone = requirement is not None and not self._attendance.anybody(requirement)
        self._watch(interaction, None if alone and tried else requirement, at)
        time = next_time(interaction, left)
        dues = [] if time is None else [time]
        dues += [
            due for rule in rules if (due := next_try(interaction, rule, at, tried=tried, alone=alone)) is not None
        ]
        return min(dues, default=None)

    def next_lonely(self) -> str | None:
        """Of those for whom nobody is there, and something to be done about it, the one who came first."""
        return min((self._sequences[one][0] for one in self._lonely), default=(0, None))[1]

    def _drop(self, interaction: Interaction, at: Instant) -> None:
        queue = self._queue.of(interaction.id).pop(interaction.id, None)
        if queue is not None:
            self._lengths[queue] -= 1
            self._watch(interaction, None, at)

    def _watch(self, interaction: Interaction, requirement: Requirement | None, at: Instant) -> None:
        former = self._watched.get(interaction.id)
        if former == requirement:
            return
        entry = (interaction.sequence, interaction.id)
        if former is not None:
            del self._watched[interaction.id]
            line = self._sequences[former]
            del line[bisect_left(line, entry)]
            if not line:
                del self._sequences[former]
                self._lonely.pop(former, None)
        if requirement is not None:
            self._watched[interaction.id] = requirement
            insort(self._sequences.setdefault(requirement, []), entry)
            self._judge(requirement)
        self._mark(at)

    def _judge(self, requirement: Requirement) -> None:
        if self._attendance.anybody(requirement):
            self._lonely.pop(requirement, None)
        else:
            self._lonely[requirement] = None

    def _mark(self, at: Instant) -> None:
        if not self._lonely:
            self.lonely_since = None
        elif self.lonely_since is None:
            self.lonely_since = at
