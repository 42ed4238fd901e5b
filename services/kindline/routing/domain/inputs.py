"""What can be put before the engine: one class per kind of input, for the shard's loop and for tests."""

from __future__ import annotations

from dataclasses import dataclass

from kindline.language.agents import AgentEvent
from kindline.language.events import InteractionEvent
from kindline.language.facts.inputs import DeadLetterReason, InputReference
from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.language.quick import made_quickly


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class EventArrived:
    """A customer or a channel did something.

    `happened_at` is business time by the source; `appended_at` is when the ledger took it.
    """

    reference: InputReference
    identity: bytes
    event: InteractionEvent
    happened_at: Instant
    appended_at: Instant
    pool: str


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpoke:
    """An agent's front end, or presence for it, said something; `appended_at` is wall time, by the ledger."""

    reference: InputReference
    identity: bytes
    event: AgentEvent
    appended_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanArrived:
    """Somebody published a plan."""

    reference: InputReference
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class InputBroken:
    """A record could not be read at all; the reader says why."""

    reference: InputReference
    reason: DeadLetterReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerResumed:
    """A new owner begins; nobody decided for `gap_seconds`, which counts against nobody."""

    gap_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TimersDue:
    """Deadlines up to now may have passed."""


Input = EventArrived | AgentSpoke | PlanArrived | InputBroken | OwnerResumed | TimersDue
