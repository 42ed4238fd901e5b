"""Decided facts about agents and the answers to their commands. These names are the storage: they never change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from kindline.language.agents import AgentStatus
from kindline.language.quick import made_quickly


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSignedIn:
    """AgentSignedIn: a front end of the agent is attached; an older session of theirs is superseded."""

    pool: str
    agent_id: str
    session_id: str
    replica_id: str


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSignedOut:
    """AgentSignedOut: the agent has no session any more."""

    pool: str
    agent_id: str
    session_id: str


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatusDeclared:
    """AgentStatusDeclared: what the agent said of themselves."""

    pool: str
    agent_id: str
    status: AgentStatus
    reason_code: str
    next_status: AgentStatus
    next_reason_code: str


class RoutingState(IntEnum):
    """RoutingState is what the engine makes of an agent.

    Precedence, first that holds: INACTIVE, NOT_RESPONDING, COOL_DOWN, DRAINING, INTERACTING, WRAP_UP, RESERVED, IDLE.
    """

    UNSPECIFIED = 0
    IDLE = 1
    RESERVED = 2
    INTERACTING = 3
    WRAP_UP = 4
    COOL_DOWN = 5
    NOT_RESPONDING = 6
    DRAINING = 7
    INACTIVE = 8


class RoutingStateReason(IntEnum):
    """RoutingStateReason says why the engine changed its view; the agent sees it."""

    UNSPECIFIED = 0
    SESSION = 1
    STATUS = 2
    OFFER = 3
    WORK = 4
    MISSED_OFFERS = 5
    CLEARED = 6
    LEASE = 7
    PLAN = 8


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRoutingStateChanged:
    """AgentRoutingStateChanged: the engine sees the agent in another state."""

    pool: str
    agent_id: str
    routing_state: RoutingState
    reason: RoutingStateReason


class Lease(IntEnum):
    """Lease is the proof that an agent's front end is alive."""

    UNSPECIFIED = 0
    CONNECTED = 1
    SUSPECT = 2
    LOST = 3


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLeaseChanged:
    """AgentLeaseChanged: the proof of life changed."""

    pool: str
    agent_id: str
    session_id: str
    lease: Lease


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSeen:
    """ReplicaSeen: a replica of presence gave a sign of life; all its sessions live."""

    replica_id: str


class RefusalReason(IntEnum):
    """RefusalReason says why a command was refused. ERRORS.md is made from these comments."""

    UNSPECIFIED = 0
    TOKEN_MISSING = 1
    TOKEN_INVALID = 2
    SESSION_SUPERSEDED = 3
    SESSION_ENDED = 4
    UNKNOWN_POOL = 5
    UNKNOWN_AGENT = 6
    OFFER_GONE = 7
    NOT_YOUR_INTERACTION = 8
    UNKNOWN_INTERACTION = 9
    WRONG_STATE = 10
    UNKNOWN_QUEUE = 11
    COMMAND_TOO_OLD = 12
    INVALID_COMMAND = 13
    UNKNOWN_REASON_CODE = 14
    COMMAND_FAILED = 15
    OUTCOME_PENDING = 16
    BEHIND = 17
    DEADLINE_MISSING = 18
    CREDENTIAL_WRONG = 19
    CONTENT_TOO_LARGE = 20


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswered:
    """CommandAnswered: a command was carried out or refused; the facts of the same batch say what it did."""

    pool: str
    agent_id: str
    command_id: str
    refusal: RefusalReason
    detail: str
