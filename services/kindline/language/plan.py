"""The versioned configuration of a pool, as every reader of the ledger sees it."""

from __future__ import annotations

from dataclasses import dataclass, field

from kindline.language.calendars import CalendarPlan
from kindline.language.content import NO_NEEDS, Channel, Needs
from kindline.language.queue_rules import (
    NO_QUEUE_LIMITS,
    AgentChoice,
    LadderStep,
    OverflowRule,
    PreferencePlan,
    QueueLimits,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPublished:
    """PlanPublished carries a pool's whole plan."""

    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """PoolLimits are time limits for the whole pool; every one has a usable default in the language."""

    connect_seconds: float = 30.0
    suspect_after_seconds: float = 6.0
    lost_after_seconds: float = 20.0
    bot_seconds: float = 3_600.0
    longest_work_seconds: float = 86_400.0
    assignment_gap_seconds: float = 0.0
    parking_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlan:
    """OrderPlan orders those who wait: effective priority, then the oldest."""

    priority_per_minute: float = 0.0
    starvation_seconds: float = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Plan is the versioned configuration of a pool; versions only rise."""

    pool: str = ""
    version: int = 1
    time_zone: str = "UTC"
    skills: tuple[str, ...] = ()
    queues: tuple[QueuePlan, ...] = ()
    entry_points: tuple[EntryPointPlan, ...] = ()
    agents: tuple[AgentPlan, ...] = ()
    channels: tuple[ChannelPlan, ...] = ()
    limits: PoolLimits = field(default_factory=PoolLimits)
    reason_codes: tuple[str, ...] = ()
    calendars: tuple[CalendarPlan, ...] = ()
    order: OrderPlan = field(default_factory=OrderPlan)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlan:
    """QueuePlan is one queue."""

    name: str = ""
    title: str = ""
    needs: Needs = NO_NEEDS
    weight: int = 0
    offer_seconds: float = 20.0
    back_off_seconds: float = 30.0
    offers_at_once: int = 1
    wrap_up_seconds: float = 30.0
    longest_wait_seconds: float = 86_400.0
    answer_within_seconds: float | None = None
    first_reply_within_seconds: float | None = None
    warn_before_seconds: float = 10.0
    ladder: tuple[LadderStep, ...] = ()
    choice: AgentChoice = AgentChoice.UNSPECIFIED
    preference: PreferencePlan | None = None
    calendar: str = ""
    limits: QueueLimits = NO_QUEUE_LIMITS
    overflow: tuple[OverflowRule, ...] = ()
    at_once: int = 0
    tell_wait_every_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPointPlan:
    """EntryPointPlan is an address of a channel."""

    name: str = ""
    channel: Channel = Channel.UNSPECIFIED
    account: str = ""
    queue: str = ""
    language: str = ""
    priority: int = 0
    valid_for_seconds: float = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillPlan:
    """SkillPlan is a skill that an agent has."""

    skill: str = ""
    level: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPlan:
    """AgentPlan is one agent."""

    agent_id: str = ""
    display_name: str = ""
    skills: tuple[SkillPlan, ...] = ()
    languages: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    queues: tuple[str, ...] = ()
    units: int = 100
    limits: tuple[AgentChannelLimit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChannelLimit:
    """AgentChannelLimit is an agent's own limit on one channel."""

    channel: Channel = Channel.UNSPECIFIED
    at_once: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPlan:
    """ChannelPlan is what one interaction of a channel costs."""

    channel: Channel = Channel.UNSPECIFIED
    units: int = 100
    at_once: int = 1
    missed_offers: int = 3
    interrupts: tuple[Channel, ...] = ()
    dormant_after_seconds: float = 0.0
    dormant_units: int = 0


DEFAULT_CHANNELS = (
    ChannelPlan(channel=Channel.VOICE, units=100, at_once=1, missed_offers=1),
    ChannelPlan(channel=Channel.CHAT, units=50, at_once=2),
    ChannelPlan(channel=Channel.EMAIL, units=25, at_once=4),
    ChannelPlan(channel=Channel.MESSAGE, units=25, at_once=4),
    ChannelPlan(channel=Channel.WEB_HOOK, units=25, at_once=4),
)
"""What a channel costs where a plan is silent: one call, or two chats, or four written matters fill an agent."""
