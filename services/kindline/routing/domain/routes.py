"""Which rule an input belongs to, and whether it belongs to this shard at all."""

from __future__ import annotations

from functools import lru_cache

from kindline.language.agents import AgentCommand, ReplicaAlive, SessionClosed, SessionOpened
from kindline.language.facts import InputRedirected, Resumed
from kindline.language.facts.inputs import DeadLetterReason, InputReference
from kindline.language.ids import position_identity, shard_of
from kindline.routing.domain.arrivals import take_in
from kindline.routing.domain.commands import obey
from kindline.routing.domain.deadlines import pass_time
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.inputs import (
    AgentSpoke,
    EventArrived,
    Input,
    InputBroken,
    OwnerResumed,
    PlanArrived,
    TimersDue,
)
from kindline.routing.domain.plan_changes import consider_plan
from kindline.routing.domain.presence import replica_lives, session_closes, session_opens


def route(d: Decision, given: Input) -> None:
    """Put an input to the rule that decides on it."""
    match given:
        case EventArrived():
            if not _is_elsewhere(d, given.reference, given.pool, given.identity):
                take_in(d, given)
        case AgentSpoke():
            _listen(d, given)
        case PlanArrived():
            position = position_identity(
                topic=given.reference.topic, partition=given.reference.partition, offset=given.reference.offset
            )
            if not _is_elsewhere(d, given.reference, given.plan.pool, position):
                consider_plan(d, given)
        case InputBroken():
            d.refuse(given.reference, given.reason, given.detail)
        case OwnerResumed(gap_seconds=gap):
            d.emit(Resumed(gap_seconds=max(gap, 0.0)))
        case TimersDue():
            pass_time(d)


def _listen(d: Decision, spoke: AgentSpoke) -> None:
    pool, agent_id = spoke.event.pool, spoke.event.agent_id
    happening = spoke.event.event
    if isinstance(happening, ReplicaAlive):
        replica_lives(d, happening.replica_id)
    elif _is_elsewhere(d, spoke.reference, pool, spoke.identity):
        return
    elif isinstance(happening, AgentCommand):
        obey(d, pool, agent_id, happening, spoke.appended_at)
    elif isinstance(happening, SessionOpened):
        if not (happening.session_id and happening.replica_id):
            detail = "session_id and replica_id: name both, for signs of life and the end of the session go by them"
            d.refuse(spoke.reference, DeadLetterReason.INVALID_FIELD, detail)
        elif _came_back(d, spoke, happening) or _is_known(d, spoke):
            session_opens(d, pool, agent_id, happening)
    elif isinstance(happening, SessionClosed):
        agent = d.state.agent(pool, agent_id)
        if agent is not None:
            session_closes(d, agent, happening)


def _came_back(d: Decision, spoke: AgentSpoke, opened: SessionOpened) -> bool:
    """Whether it is the agent's own session again: whoever left the plan meanwhile may still finish their work."""
    agent = d.state.agent(spoke.event.pool, spoke.event.agent_id)
    return agent is not None and bool(agent.session_id) and agent.session_id == opened.session_id


def _is_known(d: Decision, spoke: AgentSpoke) -> bool:
    pool, agent_id = spoke.event.pool, spoke.event.agent_id
    known = d.state.pools.get(pool)
    if known is None:
        d.refuse(spoke.reference, DeadLetterReason.UNKNOWN_POOL, f"no plan names {pool!r}: apply one first")
    elif agent_id not in known.agent_plans:
        d.refuse(spoke.reference, DeadLetterReason.UNKNOWN_AGENT, f"the plan of {pool} names no agent {agent_id!r}")
    else:
        return True
    return False


def _is_elsewhere(d: Decision, reference: InputReference, pool: str, identity: bytes) -> bool:
    home = _home(pool, d.shards)
    if home == d.shard:
        return False
    d.emit(InputRedirected(input=reference, to_partition=home, pool=pool, identity=identity))
    return True


@lru_cache(maxsize=4_096)
def _home(pool: str, shards: int) -> int:
    """The shard where a pool lives, which never changes: worth remembering, as every input asks."""
    return shard_of(pool, shards)
