"""Sessions and leases: who is attached, who is suspected lost, who is lost, and what becomes of their work."""

from __future__ import annotations

from kindline.language.agents import AgentStatus, SessionClosed, SessionCloseReason, SessionOpened
from kindline.language.content import Channel
from kindline.language.facts import (
    AgentLeaseChanged,
    AgentSignedIn,
    AgentSignedOut,
    AgentStatusDeclared,
    ReplicaSeen,
)
from kindline.language.facts.agents import Lease
from kindline.language.facts.interactions import CloseReason, QueuedReason
from kindline.language.facts.offers import OfferRevokedReason
from kindline.language.snapshot import InteractionState
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.endings import close
from kindline.routing.domain.interrupting import tell_excess
from kindline.routing.domain.offers import revoke_from
from kindline.routing.domain.queueing import give_back

LIVE_CHANNELS = frozenset({Channel.CHAT, Channel.MESSAGE})
"""Channels where a customer waits for words: without an agent they wait for somebody else. A call is kept while its leg
is up, mail and forms until the agent is back, cannot come back any more, or the work has lasted too long."""


def session_opens(d: Decision, pool: str, agent_id: str, opened: SessionOpened) -> None:
    """A front end is attached: a newer session supersedes the older; the same one again is its stream come back."""
    agent = d.state.agent(pool, agent_id)
    attached = (
        agent is not None
        and agent.session_id == opened.session_id
        and agent.replica_id == opened.replica_id
        and agent.lease is Lease.CONNECTED
        and agent.attached
    )
    if not attached:
        units = agent.units if agent is not None else 0
        d.emit(AgentSignedIn(pool=pool, agent_id=agent_id, session_id=opened.session_id, replica_id=opened.replica_id))
        if agent is not None and agent.units < units:
            tell_excess(d, agent, "")


def session_closes(d: Decision, agent: Agent, closed: SessionClosed) -> None:
    """The current session ends, or its stream broke; an older session closes nothing."""
    if not agent.session_id or agent.session_id != closed.session_id:
        return
    if closed.reason is SessionCloseReason.STREAM_LOST:
        if agent.lease is Lease.CONNECTED or (agent.lease is Lease.SUSPECT and agent.attached):
            _lease(d, agent, Lease.SUSPECT)
            if agent.attached:
                # Their replica is silent, too, and that was all it said: said twice, it is the stream itself.
                _lease(d, agent, Lease.SUSPECT)
        return
    revoke_from(d, agent, OfferRevokedReason.AGENT_LOST)
    _let_go(d, agent, CloseReason.WRAP_UP_FINISHED, for_good=agent.removed)
    d.emit(AgentSignedOut(pool=agent.pool, agent_id=agent.agent_id, session_id=agent.session_id))
    if agent.status is not AgentStatus.OFFLINE or agent.next_status is not AgentStatus.UNSPECIFIED:
        # Whoever signs out says that they are not at work: tomorrow they declare themselves anew.
        d.emit(
            AgentStatusDeclared(
                pool=agent.pool,
                agent_id=agent.agent_id,
                status=AgentStatus.OFFLINE,
                reason_code="",
                next_status=AgentStatus.UNSPECIFIED,
                next_reason_code="",
            )
        )


def replica_lives(d: Decision, replica: str) -> None:
    """A replica gave a sign of life: its suspected sessions are connected again, unless their own stream broke."""
    d.emit(ReplicaSeen(replica_id=replica))
    for agent in _agents_on(d, replica):
        if agent.lease is Lease.SUSPECT and agent.attached:
            _lease(d, agent, Lease.CONNECTED)


def replica_falls_silent(d: Decision, replica: str, pool: str) -> None:
    """No sign of life for too long: its sessions of a pool get no new offers and keep their work."""
    for agent in _agents_on(d, replica):
        if agent.pool == pool and agent.lease is Lease.CONNECTED:
            _lease(d, agent, Lease.SUSPECT)


def grace_ends(d: Decision, agent: Agent) -> None:
    """The agent is lost: offers go back without penalty, and customers who wait for words wait for somebody else."""
    if agent.lease is not Lease.SUSPECT:
        return
    _lease(d, agent, Lease.LOST)
    revoke_from(d, agent, OfferRevokedReason.AGENT_LOST)
    _let_go(d, agent, CloseReason.AGENT_LOST, for_good=False)


def nobody_comes_back(d: Decision, pool: str) -> None:
    """Whoever has signed out and left the plan cannot sign in again: what they kept until then waits for others."""
    for agent in d.state.pools[pool].agents.values():
        if agent.removed and not agent.session_id:
            _let_go(d, agent, CloseReason.AGENT_LOST, for_good=True)


def _let_go(d: Decision, agent: Agent, wrap_up: CloseReason, *, for_good: bool) -> None:
    goes = {*Channel} - {Channel.VOICE} if for_good else LIVE_CHANNELS
    owned = [d.state.interactions[name] for name in agent.work]
    for interaction in sorted(owned, key=lambda one: one.sequence):
        if interaction.state is InteractionState.COMPLETED:
            close(d, interaction, wrap_up)
        elif interaction.channel in goes and interaction.state is not InteractionState.DORMANT:
            give_back(d, interaction, QueuedReason.AGENT_LOST)


def _lease(d: Decision, agent: Agent, lease: Lease) -> None:
    d.emit(AgentLeaseChanged(pool=agent.pool, agent_id=agent.agent_id, session_id=agent.session_id, lease=lease))


def _agents_on(d: Decision, replica: str) -> list[Agent]:
    pools = d.state.sessions.get(replica, {})
    names = sorted((pool, agent) for pool, agents in pools.items() for agent in agents)
    return [d.state.pools[pool].agents[agent] for pool, agent in names]
