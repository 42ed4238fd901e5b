"""The floor of one shard, folded from counting batches: queues, agents, and the contacts they are counted from.

Promises displays that a row is said once per batch in which it changed, and that after every batch what was said last
equals what the state implies: whoever restarts at any batch goes on with the same words. Time is `decided_at`; figures
that fade with time alone are looked at again in every new slot of five seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kindline.language import facts as f
from kindline.language.floor import AgentState, FloorRow, QueueState
from kindline.language.ids import Instant
from kindline.language.log import DecisionBatch
from kindline.queues.domain.agents import AGENT_FACTS, Agent, see
from kindline.queues.domain.contacts import Contact, ContactFact, move
from kindline.queues.domain.kept import Kept, Step
from kindline.queues.domain.measuring import measure
from kindline.queues.domain.plans import pool_plan
from kindline.queues.domain.showing import agent_state, queue_state
from kindline.queues.domain.tallies import Key, Tallies, places
from kindline.queues.domain.windows import Windows

SLOT_SECONDS = 5.0


class Floor:
    """One shard's floor; `queues` and `agents` are the rows as they were said last, without their time."""

    def __init__(self, kept: Kept) -> None:
        """Begin with what was kept: count it anew, and take for said what it implies."""
        self.kept = kept
        self.tallies = Tallies()
        for contact in kept.contacts.values():
            self.tallies.put(contact, 1)
        self.queues = {key: self._queue(key) for key in kept.queues}
        self.agents = {key: self._agent(key) for key in kept.agents}

    def apply(self, batch: DecisionBatch) -> Step:
        """Take in a counting batch: first its time passes, then its facts happen at that time."""
        step, now = Step(), batch.decided_at
        self._pass_time(now, step)
        for fact in batch.facts:
            self._apply(fact, now, step)
        if step:
            self.kept.now, step.time = now, True
            self._say(now, step)
        return step

    def every_row(self) -> Iterable[FloorRow]:
        """All rows as they were said last, at the newest time that is known."""
        now = self.kept.now or 0.0
        yield from (replace(queue, as_of=now) for queue in self.queues.values())
        yield from (replace(agent, as_of=now) for agent in self.agents.values())

    def _pass_time(self, now: Instant, step: Step) -> None:
        kept = self.kept
        if kept.now is None or now // SLOT_SECONDS <= kept.now // SLOT_SECONDS:
            return
        step.time = True
        for key, windows in tuple(kept.queues.items()):
            step.look_at_queues.add(key)
            if windows.forget(now):
                step.queues.add(key)
            if not windows and not kept.planned(key) and key not in self.tallies.queues:
                del kept.queues[key]
                step.queues.add(key)

    def _apply(self, fact: f.Fact, now: Instant, step: Step) -> None:
        if isinstance(fact, ContactFact):
            self._move(fact, now, step)
        elif isinstance(fact, AGENT_FACTS):
            key = (fact.pool, fact.agent_id)
            self.kept.agents[key] = see(self.kept.agents.get(key, Agent()), fact, now)
            step.agents.add(key)
            step.look_at_agents.add(key)
        elif isinstance(fact, f.PlanAdopted):
            self._adopt(fact, step)

    def _adopt(self, fact: f.PlanAdopted, step: Step) -> None:
        pool, kept = fact.plan.pool, self.kept
        kept.pools[pool] = pool_plan(fact.plan)
        step.pools.add(pool)
        for queue in kept.pools[pool].queues:
            self._open((pool, queue), step)
        step.look_at_queues.update(key for key in kept.queues if key[0] == pool)
        step.look_at_agents.update(key for key in kept.agents if key[0] == pool)

    def _move(self, fact: ContactFact, now: Instant, step: Step) -> None:
        """Move a contact; one that was never queued is not on the floor, so that facts about it say nothing here."""
        interaction_id = fact.interaction_id
        before = self.kept.contacts.get(interaction_id)
        promised = False
        if isinstance(fact, f.InteractionQueued):
            before = before or Contact(interaction_id=interaction_id, pool=fact.pool)
            promised = self.kept.target((fact.pool, fact.queue)) is not None
            self._open((fact.pool, fact.queue), step)
        if before is None:
            return
        after = move(before, fact, promised=promised)
        for key in measure(self.kept, before, fact, now):
            step.queues.add(key)
            step.look_at_queues.add(key)
        self.tallies.put(before, -1)
        self.kept.contacts.pop(interaction_id, None)
        if after is not None:
            self.tallies.put(after, 1)
            self.kept.contacts[interaction_id] = after
        step.contacts.add(interaction_id)
        for queues, agents in (places(contact) for contact in (before, after) if contact is not None):
            step.look_at_queues.update(queues)
            step.look_at_agents.update(agents)

    def _open(self, key: Key, step: Step) -> None:
        """Make sure that a queue is there."""
        if key not in self.kept.queues:
            self.kept.queues[key] = Windows()
            step.queues.add(key)
            step.look_at_queues.add(key)

    def _say(self, now: Instant, step: Step) -> None:
        for key in sorted(step.look_at_queues):
            if key not in self.kept.queues:
                step.gone += [key] if self.queues.pop(key, None) else []
            elif (queue := self._queue(key)) != self.queues.get(key):
                self.queues[key] = queue
                step.rows.append(replace(queue, as_of=now))
        for key in sorted(step.look_at_agents & self.kept.agents.keys()):
            if self._has_left(key):
                del self.kept.agents[key]
                step.agents.add(key)
                step.gone += [key] if self.agents.pop(key, None) else []
            elif (agent := self._agent(key)) != self.agents.get(key):
                self.agents[key] = agent
                step.rows.append(replace(agent, as_of=now))

    def _has_left(self, key: Key) -> bool:
        return not self.kept.agents[key].signed_in and not self.kept.employed(key) and not self.tallies.works(key)

    def _queue(self, key: Key) -> QueueState:
        slot = (self.kept.now or 0.0) // SLOT_SECONDS * SLOT_SECONDS
        return queue_state(key, self.tallies, self.kept.queues[key], target=self.kept.target(key), slot=slot)

    def _agent(self, key: Key) -> AgentState:
        return agent_state(key, self.tallies, self.kept.agents[key], self.kept.display_name(key))
