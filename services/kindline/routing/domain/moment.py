"""The rows of one moment, given out little by little while the state goes on.

Promises whoever writes a snapshot that its rows are those of `rows_of` at the moment when this began, whatever is
folded between one row and the next; and that beginning takes no longer with a million interactions than with a few.

What makes it true: interactions, answers and customers' last agents stand on rolls (see `roll`), and whatever is about
to change is told of before. A fact changes the interaction that it names, the agent that it names, and the agent who
owns that interaction, and no other row: these are told of here, before the fact is folded. What leaves a roll is told
of by the roll. Resumed changes agents and what is in their hands, which are kept before it. PlanAdopted may change
everybody: all that is left is kept before it. Everything else is small and taken at the beginning, as values that never
change; of identities only how many there are, for more are only put behind them, and an hour that is forgotten is let
go whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kindline.language.facts import Fact, PlanAdopted, Resumed
from kindline.language.snapshot import AgentRow, AnswerRow, InteractionRow, LastAgentRow, ReplicaRow, SnapshotRow
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.answers import Answer
from kindline.routing.domain.in_hand import in_hand
from kindline.routing.domain.interaction_rows import row_of
from kindline.routing.domain.interactions import Interaction
from kindline.routing.domain.roll import Call, Row
from kindline.routing.domain.state import ShardState
from kindline.routing.domain.waits import flow_rows


class Moment:
    """All rows of a state as it stood when this began, once; to be closed, which the last row does too."""

    def __init__(self, state: ShardState) -> None:
        """Begin. Raises RuntimeError while another moment of this state is open."""
        if state.moment is not None:
            raise RuntimeError("another moment of this state is open")
        self._state = state
        pools = state.pools
        self._first: list[SnapshotRow] = [PlanAdopted(plan=pool.plan) for pool in pools.values()]
        self._first += [ReplicaRow(replica_id=replica, seen_at=at) for replica, at in state.replicas.items()]
        self._agents: dict[Agent, AgentRow | None] = {}
        for pool in pools.values():
            self._agents |= dict.fromkeys(pool.agents.values())
        self._last_agents: list[Call[LastAgentRow, LastAgentRow]] = [
            pool.last_agents.roll.call(_itself) for pool in pools.values()
        ]
        self._interactions: Call[Interaction, InteractionRow] = state.roll.call(row_of)
        self._others: list[SnapshotRow] = [row for pool in pools.values() for row in flow_rows(pool.name, pool.flows)]
        self._others += state.parked.values()
        self._identities = state.identities.rows()
        self._answers: Call[Answer, AnswerRow] = state.answers.call()
        state.moment = self
        self._rows = self._in_order()

    def __iter__(self) -> Iterator[SnapshotRow]:
        """The rows that were not given yet."""
        return self._rows

    def before(self, fact: Fact) -> None:
        """Keep what a fact may change; to be called before it is folded."""
        if isinstance(fact, PlanAdopted | Resumed):
            self._keep_many(fact)
            return
        state, pool = self._state, getattr(fact, "pool", "")
        interaction = state.interactions.get(getattr(fact, "interaction_id", ""))
        if interaction is not None:
            self._interactions.keep(interaction.sequence)
            self._keep_agent(interaction.pool, interaction.agent_id)
        self._keep_agent(pool, getattr(fact, "agent_id", ""))

    def close(self) -> None:
        """End it: what changes need not be kept any more."""
        for call in self._calls():
            call.close()
        if self._state.moment is self:
            self._state.moment = None

    def _keep_agent(self, pool: str, agent_id: str) -> None:
        agent = self._state.agent(pool, agent_id) if agent_id else None
        if agent is not None and self._agents.get(agent, agent) is None:
            self._agents[agent] = agent.row()

    def _keep_many(self, fact: PlanAdopted | Resumed) -> None:
        self._agents = {agent: row or agent.row() for agent, row in self._agents.items()}
        if isinstance(fact, Resumed):
            for interaction in in_hand(self._state):
                self._interactions.keep(interaction.sequence)
            return
        for call in self._calls():
            call.keep_all()

    def _calls(self) -> tuple[Call[Any, Any], ...]:
        return (*self._last_agents, self._interactions, self._answers)

    def _in_order(self) -> Iterator[SnapshotRow]:
        """As `rows_of` gives them."""
        try:
            yield from self._first
            for agent in list(self._agents):
                yield self._agents.pop(agent) or agent.row()
            for call in self._last_agents:
                yield from call.rows()
            yield from self._interactions.rows()
            yield from self._others
            yield from self._identities
            yield from self._answers.rows()
        finally:
            self.close()


def _itself(row: Row) -> Row:
    return row
