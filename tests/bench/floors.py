"""Floors of any size for the benches of the matcher: who works there, who waits, and what happens next.

The generator is that of the published prototypes: 64 skills, agents with 3 to 8 of them at levels 1 to 5, 2,000 kinds
of need that ask for 1 to 3 skills (each is something that at least one agent can do) and are asked for by Zipf's law,
10 priorities, 4 channels of which each costs an agent part of their units. One seed gives one floor, always.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import accumulate

from kindline.language.content import Channel, Direction, Needs, ParticipantRole, SkillNeed
from kindline.language.facts.interactions import InteractionQueued, InteractionReceived, QueuedReason
from kindline.language.plan import AgentPlan, ChannelPlan, EntryPointPlan, Plan, QueuePlan, SkillPlan
from kindline.language.queue_rules import AgentChoice
from tests.given import MORNING, POOL, plan

SKILLS = tuple(f"skill-{number}" for number in range(64))
KINDS = 2_000
PRIORITIES = 10
CHANNELS = (
    ChannelPlan(channel=Channel.VOICE, units=100, at_once=1),
    ChannelPlan(channel=Channel.CHAT, units=50, at_once=2),
    ChannelPlan(channel=Channel.EMAIL, units=25, at_once=4),
    ChannelPlan(channel=Channel.MESSAGE, units=25, at_once=4),
)
AGENT_UNITS = 100
NOW = MORNING // 60 * 60 + 1.0
"""Just after a full minute, so that no bench crosses one by chance."""
LONGEST_WAIT = 3_000.0
"""Nobody waits longer than this, which is below the plan's ceiling for those who starve."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of need, as customers of one queue and channel have it."""

    queue: str
    channel: Channel
    needs: Needs


@dataclass(frozen=True, slots=True)
class Arrival:
    """One customer: the facts by which the engine knows them."""

    received: InteractionReceived
    queued: InteractionQueued


class Generator:
    """Chance for one floor: its plan, and its customers one after the other."""

    def __init__(
        self, agents: int, queues: int = 1, seed: int = 1, choice: AgentChoice = AgentChoice.LEAST_WORK
    ) -> None:
        """Draw the plan, whose queues choose agents by this rule, and the kinds of need."""
        self._choice = choice
        self.dice = random.Random(f"{seed}/{agents}/{queues}")
        self.plan = self._plan(agents, queues)
        self.kinds = self._kinds()
        self._weights = list(accumulate(1.0 / rank for rank in range(1, KINDS + 1)))
        self._drawn = 0

    def _plan(self, agents: int, queues: int) -> Plan:
        dice = self.dice
        drawn = tuple(
            AgentPlan(
                agent_id=f"agent-{number:05}",
                skills=tuple(
                    SkillPlan(skill=skill, level=dice.randint(1, 5))
                    for skill in sorted(dice.sample(SKILLS, dice.randint(3, 8)))
                ),
                units=AGENT_UNITS,
            )
            for number in range(agents)
        )
        every = tuple(
            QueuePlan(name=f"queue-{number:04}", wrap_up_seconds=0.0, choice=self._choice) for number in range(queues)
        )
        doors = tuple(
            EntryPointPlan(name=one.channel.name.lower(), channel=one.channel, queue=every[0].name) for one in CHANNELS
        )
        return replace(plan(), skills=SKILLS, queues=every, entry_points=doors, channels=CHANNELS, agents=drawn)

    def _kinds(self) -> list[Kind]:
        kinds: dict[Kind, None] = {}
        dice = self.dice
        while len(kinds) < KINDS:
            able = dice.choice(self.plan.agents)
            skills = dice.sample(able.skills, dice.randint(1, 3))
            asked = tuple(sorted((skill.skill, dice.randint(1, skill.level)) for skill in skills))
            needs = Needs(skills=tuple(SkillNeed(skill=skill, level=level) for skill, level in asked))
            queue = self.plan.queues[len(kinds) % len(self.plan.queues)].name
            kinds[Kind(queue, dice.choice(CHANNELS).channel, needs)] = None
        drawn = list(kinds)
        dice.shuffle(drawn)
        return drawn

    def arrival(self, arrived_at: float | None = None, kind: Kind | None = None) -> Arrival:
        """The next customer, who came just now or at the instant given, with a need of their own or the one given."""
        self._drawn += 1
        number = self._drawn
        kind = kind or self.dice.choices(self.kinds, cum_weights=self._weights)[0]
        priority = self.dice.randrange(PRIORITIES)
        since = NOW if arrived_at is None else arrived_at
        name = f"interaction-{number:07}"
        received = InteractionReceived(
            pool=POOL,
            interaction_id=name,
            entry_point=kind.channel.name.lower(),
            account="",
            channel=kind.channel,
            thread=f"thread-{number:07}",
            direction=Direction.INBOUND,
            customer="",
            language="",
            arrived_at=since,
            previous_interaction_id="",
            queue=kind.queue,
            needs=kind.needs,
            priority=priority,
            owner=ParticipantRole.UNSPECIFIED,
            deadline=since + 86_400.0,
        )
        queued = InteractionQueued(
            pool=POOL,
            interaction_id=name,
            queue=kind.queue,
            needs=kind.needs,
            priority=priority,
            waiting_since=since,
            segment=1,
            reason=QueuedReason.ARRIVED,
            from_agent_id="",
            deadline=since + 86_400.0,
        )
        return Arrival(received, queued)

    def arrivals(self, count: int) -> list[Arrival]:
        """So many customers who came one after the other, the last of them just now."""
        step = LONGEST_WAIT / max(count, 1)
        return [self.arrival(NOW - LONGEST_WAIT + step * number) for number in range(1, count + 1)]
