"""What matching knows of one agent, and what it asks of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kindline.language.agents import AgentStatus
from kindline.language.facts.agents import Lease
from kindline.language.ids import Instant
from kindline.language.plan import AgentPlan
from kindline.routing.domain import effort
from kindline.routing.domain.agents import DEFAULT_UNITS, Agent

if TYPE_CHECKING:
    from kindline.routing.domain.profile import Profile

AVAILABLE, NONE, CONNECTED, LOST = AgentStatus.AVAILABLE, AgentStatus.UNSPECIFIED, Lease.CONNECTED, Lease.LOST
"""By names of this module: to ask an Enum for a member takes longer than all else that is done with it here."""

Suits = Callable[[Agent], bool]
"""Whether an agent who is able and has room may be offered an interaction: they neither rest nor are left out."""

Work = tuple[float, Instant, str, "Place"]
"""Score, idle since, agent: lowest first. No two agents have one name, so places are never compared."""


@dataclass(slots=True, eq=False)
class Place:
    """What matching knows of one agent.

    `mask` has a bit for each channel with room, `over` for each that could have it by interrupting other work only;
    `score` is None for newcomers.
    """

    agent: Agent
    profile: Profile
    plan: AgentPlan
    number: int = 0
    """Where they stand in lists of all."""
    mask: int = 0
    shown: int = 0
    """The mask by which it was put in order last."""
    over: int = 0
    seen: bool = True
    """Whether `mask` and `over` are as of the last change."""
    score: float | None = None
    rank: Work | None = None


def absence(agent: Agent) -> str:
    """The first rule that keeps an agent from being offered anything at all; empty when none does."""
    if agent.status is not AVAILABLE or agent.next_status is not NONE:
        return "status"
    if agent.lease is not CONNECTED:
        return "lease"
    if agent.not_responding:
        return "not_responding"
    return "plan" if agent.removed else ""


def reckoned(agent: Agent, minute: Instant) -> float | None:
    """What an agent was given for the time they were there, as of a minute; None for a newcomer or nobody present."""
    if not agent.session_id or agent.lease is LOST:
        return None
    load = agent.used / (agent.plan.units or DEFAULT_UNITS)
    return effort.reckon(agent.spans, agent.sums, running=agent.running, load=load, minute=minute)
