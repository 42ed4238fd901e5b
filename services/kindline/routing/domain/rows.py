"""The whole state as rows and back: what is derived is derived again: hands here, the rest by `readiness`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import merge
from operator import attrgetter

from kindline.language.facts import EventParked, PlanAdopted
from kindline.language.graph import ENDS
from kindline.language.ids import Instant
from kindline.language.snapshot import (
    AgentRow,
    AnswerRow,
    IdentityRow,
    InteractionRow,
    InteractionState,
    LastAgentRow,
    QueueFlowRow,
    ReplicaRow,
    SnapshotRow,
)
from kindline.routing.domain.agent_rows import agent_of
from kindline.routing.domain.folding_endings import remember_ended
from kindline.routing.domain.folding_inputs import parked, plan_adopted
from kindline.routing.domain.hands import grip_of
from kindline.routing.domain.interaction_rows import interaction_of, row_of
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.replicas import join_replica
from kindline.routing.domain.state import ShardState
from kindline.routing.domain.waits import flow_rows, learn_again

SORTED_AT_ONCE = 1_000
_ENDED_AT = attrgetter("state_since")


def rows_of(state: ShardState) -> Iterator[SnapshotRow]:
    """Every row; their order is part of what they say."""
    for pool in state.pools.values():
        yield PlanAdopted(plan=pool.plan)
    for replica, seen_at in state.replicas.items():
        yield ReplicaRow(replica_id=replica, seen_at=seen_at)
    for pool in state.pools.values():
        for agent in pool.agents.values():
            yield agent.row()
    for pool in state.pools.values():
        yield from pool.last_agents.roll
    yield from map(row_of, state.roll)
    for pool in state.pools.values():
        yield from flow_rows(pool.name, pool.flows)
    yield from state.parked.values()
    yield from state.identities.rows()
    yield from state.answers.rows()


def taking_back(state: ShardState, rows: Iterable[SnapshotRow], decided_at: Instant) -> Iterator[None]:
    """Let a fresh state become the one that the rows tell of, as it was at `decided_at`, one row at each step."""
    state.decided_at = decided_at
    for row in rows:
        _take_back(state, row)
        yield
    yield from _fading_in_order(state)
    yield from _deriving(state)


def _fading_in_order(state: ShardState) -> Iterator[None]:
    """Those that ended are forgotten in the order in which they ended; at one go, 100,000 would take 50 ms to sort."""
    ended, runs = list(state.fading), []
    for start in range(0, len(ended), SORTED_AT_ONCE):
        runs.append(sorted(ended[start : start + SORTED_AT_ONCE], key=_ENDED_AT))
        yield
    state.fading = deque()
    for interaction in merge(*runs, key=_ENDED_AT):
        state.fading.append(interaction)
        yield


def _take_back(state: ShardState, row: SnapshotRow) -> None:
    match row:
        case PlanAdopted():
            plan_adopted(state, row, state.decided_at)
        case ReplicaRow():
            state.replicas[row.replica_id] = row.seen_at
        case AgentRow():
            _agent(state, row)
        case InteractionRow():
            _interaction(state, _alive(state, row))
        case QueueFlowRow():
            learn_again(state.pools[row.pool].flows, row)
        case LastAgentRow():
            state.pools[row.pool].last_agents.restore(row)
        case EventParked():
            parked(state, row, state.decided_at)
        case IdentityRow():
            state.identities.restore(row)
        case AnswerRow():
            answer = row.answer
            state.answers.keep((state.sharing.command(answer), row.answered_at, answer.refusal, answer.detail))


def _agent(state: ShardState, row: AgentRow) -> None:
    pool = state.pools[row.pool]
    agent = agent_of(row, removed=row.agent_id not in pool.agent_plans)
    pool.agents[row.agent_id] = agent
    if agent.session_id:
        join_replica(state, agent)


def _alive(state: ShardState, row: InteractionRow) -> Interaction:
    state.sharing.received(row.received)
    if row.queued is not None:
        state.sharing.queued(row.queued, row.received)
    return interaction_of(row, state.roll.end)


def _interaction(state: ShardState, interaction: Interaction) -> None:
    if interaction.state in ENDS:
        state.roll.add(interaction)
        remember_ended(state, interaction)
        return
    state.enter(interaction)
    pool = state.pools[interaction.pool]
    if interaction.state is not InteractionState.COMPLETED:
        state.threads[interaction.thread_key] = interaction.id
    for offer in interaction.offers.values():
        pool.agents[offer.agent_id].takes(interaction.id, offer.channel, offer.units, offer.queue)
    if interaction.agent_id:
        agent = pool.agents[interaction.agent_id]
        agent.takes(interaction.id, interaction.channel, interaction.units, interaction.queue)
        agent.holds(interaction.id, interaction.units, grip_of(interaction))
        agent.work[interaction.id] = None


def _deriving(state: ShardState) -> Iterator[None]:
    for pool in state.pools.values():
        for agent in pool.agents.values():
            # Not begun anew: the running stretch goes on from the end of the last span.
            agent.running = agent.is_available
    for interaction in state.everybody():
        state.settle_interaction(interaction)
        yield
