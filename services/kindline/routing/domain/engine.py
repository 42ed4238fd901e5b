"""The engine of one shard: inputs and time in, facts out; the same facts again give the same state (DESIGN 4.1).

For the shard's loop (decide), for followers and replay (apply), for snapshots (rows, restore) and for the gRPC edge
(the read-only views). Nothing here reads a clock, draws a number or waits.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

from kindline.language.facts import Fact
from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.language.snapshot import AgentRow, InteractionRow, SnapshotRow
from kindline.routing.domain.aftermath import follow_up
from kindline.routing.domain.assignment import assign, wake
from kindline.routing.domain.candidates import Considered, considered
from kindline.routing.domain.counting import count
from kindline.routing.domain.decision import Decision
from kindline.routing.domain.informing import inform
from kindline.routing.domain.inputs import Input
from kindline.routing.domain.interaction_rows import row_of
from kindline.routing.domain.letting_go import letting_go
from kindline.routing.domain.moment import Moment
from kindline.routing.domain.readiness import get_ready, getting_ready
from kindline.routing.domain.routes import route
from kindline.routing.domain.routing_states import announce_routing_states
from kindline.routing.domain.rows import rows_of, taking_back
from kindline.routing.domain.state import ShardState


class Engine:
    """Decides for every pool that lives on one shard of `shards`."""

    __slots__ = ("_state", "shard", "shards", "violations")

    def __init__(self, shard: int, shards: int, pace: float = 1.0) -> None:
        """Begin with an empty log; `pace` is how many business seconds pass in one second of the system clock."""
        self.shard, self.shards = shard, shards
        self._state = ShardState(pace)
        self.violations: Counter[str] = Counter()
        """Facts given to apply() that broke an invariant, by its name; must read 0."""

    def decide(self, given: Input, now: Instant) -> list[Fact]:
        """Decide on one input; the state has changed by the facts when this returns.

        All decisions that go into one batch must be given the same `now`, the batch's decided_at. An instant before the
        last decision counts as that instant. On any exception the engine must be thrown away.
        """
        state = get_ready(self._state)
        state.decided_at = now = max(now, state.decided_at)
        decision = Decision(state, now, self.shard, self.shards)
        route(decision, given)
        follow_up(decision)
        wake(decision)
        assign(decision)
        inform(decision)
        announce_routing_states(decision)
        state.forget_notes()
        return decision.facts

    def apply(self, facts: Iterable[Fact], decided_at: Instant) -> None:
        """Fold facts that were decided elsewhere, or before; nothing is decided. Raises KeyError out of order."""
        count(self._state, facts, decided_at, self.violations)

    def restore(self, rows: Iterable[SnapshotRow], decided_at: Instant) -> None:
        """Begin anew from the rows of a snapshot that was taken when `decided_at` was the last decision's time."""
        for _ in self.restoring(rows, decided_at):
            pass

    def restoring(self, rows: Iterable[SnapshotRow], decided_at: Instant) -> Iterator[None]:
        """As restore(), row by row; until the last step this engine is what it was before."""
        state = ShardState(self._state.pace)
        yield from taking_back(state, rows, decided_at)
        self._state = state

    def getting_ready(self) -> Iterator[None]:
        """Prepare for decide() one by one, which else does it at once; to be gone through before anything else."""
        yield from getting_ready(self._state)

    def letting_go(self) -> Iterator[None]:
        """Drop the state bit by bit, when nobody needs it any more; nothing may be asked of it afterwards."""
        return letting_go(self._state)

    def rows(self) -> Iterator[SnapshotRow]:
        """The whole state as rows, for a snapshot; their order matters."""
        return rows_of(self._state)

    def moment(self) -> Moment:
        """The same rows, one by one while the engine goes on; one at a time, else RuntimeError. To be closed."""
        return Moment(self._state)

    def fingerprint(self) -> str:
        """A digest of the state, equal for engines that will decide equally."""
        digest = hashlib.sha256()
        for row in self.rows():
            digest.update(repr(row).encode())
        return digest.hexdigest()

    def next_due(self) -> Instant | None:
        """When TimersDue has something to do next, in business time, or None."""
        state = get_ready(self._state)
        dues = (state.timers.next_due(), state.wakes.next_due())
        return min((due for due in dues if due is not None), default=None)

    def is_quiet(self) -> bool:
        """Whether nothing is open or parked and nobody is signed in."""
        return not (self._state.interactions or self._state.parked or self._state.sessions)

    @property
    def decided_at(self) -> Instant:
        """The time of the last decision; 0 before the first."""
        return self._state.decided_at

    def plan(self, pool: str) -> Plan | None:
        """The plan in force for a pool, or None."""
        return found.plan if (found := self._state.pools.get(pool)) else None

    def pools(self) -> tuple[str, ...]:
        """The pools that have a plan here."""
        return tuple(self._state.pools)

    def agent(self, pool: str, agent_id: str) -> AgentRow | None:
        """An agent who has been seen, or None."""
        return agent.row() if (agent := self._state.agent(pool, agent_id)) else None

    def agents(self, pool: str) -> tuple[AgentRow, ...]:
        """Every agent of a pool who has been seen."""
        return tuple(agent.row() for agent in self._state.pools[pool].agents.values()) if self.plan(pool) else ()

    def interaction(self, interaction_id: str) -> InteractionRow | None:
        """An interaction that is open, or ended in the last minutes; None otherwise."""
        found = self._state.interactions.get(interaction_id) or self._state.ended.get(interaction_id)
        return row_of(found) if found else None

    def interactions(self) -> Iterator[InteractionRow]:
        """Every open interaction, in order of arrival."""
        return map(row_of, self._state.everybody())

    def work_of(self, pool: str, agent_id: str) -> tuple[InteractionRow, ...]:
        """What is offered to an agent or with them, in order of arrival."""
        agent = self._state.agent(pool, agent_id)
        found = [self._state.interactions[name] for name in (agent.hands if agent else ())]
        return tuple(map(row_of, sorted(found, key=lambda one: one.sequence)))

    def considers(self, interaction_id: str, now: Instant) -> Considered:
        """Who can be chosen for an open interaction now, and which rule leaves out whom. Raises KeyError."""
        return considered(get_ready(self._state), interaction_id, now)
