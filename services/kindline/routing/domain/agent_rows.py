"""Agents as rows of a snapshot come back to life here."""

from __future__ import annotations

from kindline.language.plan import AgentPlan
from kindline.language.snapshot import AgentRow
from kindline.routing.domain import effort
from kindline.routing.domain.agents import Agent


def agent_of(row: AgentRow, *, removed: bool) -> Agent:
    """Bring a row back to life; `removed` says that the plan in force does not name the agent."""
    return Agent(
        pool=row.pool,
        agent_id=row.agent_id,
        plan=row.plan or AgentPlan(agent_id=row.agent_id),
        session_id=row.session_id,
        replica_id=row.replica_id,
        status=row.status,
        reason_code=row.reason_code,
        next_status=row.next_status,
        next_reason_code=row.next_reason_code,
        lease=row.lease,
        routing_state=row.routing_state,
        reason=row.reason,
        since=row.since,
        missed_offers=row.missed_offers,
        not_responding=row.not_responding,
        last_assigned_at=row.last_assigned_at,
        idle_since=row.idle_since,
        spans=effort.spans_of((span.from_time, span.to_time, span.load) for span in row.spans),
        seen_at=row.seen_at,
        attached=row.attached,
        removed=removed,
    )
