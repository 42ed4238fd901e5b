"""The rules of one queue as a plan writes them: ladder, choice, preference, limits and overflow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from kindline.language.content import SkillNeed


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderStep:
    """LadderStep lets an interaction that waits need less, or others serve it."""

    after_seconds: float = 0.0
    when_nobody: bool = False
    drop_skills: tuple[str, ...] = ()
    lower_skills: tuple[SkillNeed, ...] = ()
    drop_language: bool = False
    add_queue: str = ""
    raise_priority: int = 0
    offer_call_back: bool = False
    announce: str = ""


class AgentChoice(IntEnum):
    """AgentChoice is how one of those who can serve is chosen."""

    UNSPECIFIED = 0
    LEAST_WORK = 1
    LONGEST_IDLE = 2
    BEST_SKILL = 3
    ROUND_ROBIN = 4


class Preferred(IntEnum):
    """Preferred is which agent a customer is meant to meet again."""

    UNSPECIFIED = 0
    LAST_AGENT = 1
    ACCOUNT_OWNER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencePlan:
    """PreferencePlan waits for one agent at first, and never for long."""

    prefer: Preferred = Preferred.UNSPECIFIED
    for_seconds: float = 0.0
    remember_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLimits:
    """QueueLimits is how many may wait, and how long at the most."""

    most_waiting: int = 0
    longest_expected_wait_seconds: float = 0.0
    transfer_buffer: float = 0.2


NO_QUEUE_LIMITS = QueueLimits()


class OverflowCause(IntEnum):
    """OverflowCause is why an interaction may not join or stay."""

    UNSPECIFIED = 0
    CLOSED = 1
    FULL = 2
    WAIT_TOO_LONG = 3
    NOBODY_ON_JOIN = 4
    NOBODY_ON_STAY = 5
    WAITED = 6


class OverflowAction(IntEnum):
    """OverflowAction is what becomes of it."""

    UNSPECIFIED = 0
    TO_QUEUE = 1
    DEFLECT = 2
    LEAVE_MESSAGE = 3
    ANNOUNCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowRule:
    """OverflowRule says what happens for one cause."""

    cause: OverflowCause = OverflowCause.UNSPECIFIED
    action: OverflowAction = OverflowAction.UNSPECIFIED
    queue: str = ""
    announce: str = ""
    after_seconds: float = 0.0
