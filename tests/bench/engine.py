"""How fast the engine alone decides and folds: 1,000 agents, 10,000 waiting, 64 skills, 500 kinds of need.

`measure()` gives a dict of figures; run the file to see them. Time is the processor's, of this process, for the
decisions that are counted: an agent frees and takes the next, an interaction arrives and is matched.
"""

from __future__ import annotations

import gc
import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kindline.language import agents as a
from kindline.language.content import Needs, SkillNeed
from kindline.language.facts import Fact, OfferIssued
from kindline.language.graph import WAITING as IN_LINE
from kindline.language.plan import AgentPlan, Plan, SkillPlan
from kindline.routing.domain.agents import Agent
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.inputs import Input
from kindline.routing.domain.pools import Pool
from tests.given import SHARDS, Centre, plan, queue

SKILLS = tuple(f"skill-{number}" for number in range(64))
AGENTS = 1_000
WAITING = 10_000
KINDS = 500
ROUNDS = 6


def big_plan(dice: random.Random) -> Plan:
    """A plan with a thousand agents of three to eight skills each."""
    agents = []
    for number in range(AGENTS):
        skills = tuple(
            SkillPlan(skill=skill, level=dice.randint(1, 5)) for skill in dice.sample(SKILLS, dice.randint(3, 8))
        )
        agents.append(AgentPlan(agent_id=f"agent-{number:04}", skills=skills))
    return replace(plan(), skills=SKILLS, queues=(queue(wrap_up_seconds=0.0), queue("billing")), agents=tuple(agents))


def kinds_of_need(dice: random.Random, in_force: Plan) -> list[Needs]:
    """What customers need: each kind is something that at least one agent can do."""
    kinds: list[Needs] = []
    while len(kinds) < KINDS:
        able = dice.choice(in_force.agents)
        skills = dice.sample(able.skills, dice.randint(1, 2))
        kinds.append(Needs(skills=tuple(SkillNeed(skill=s.skill, level=dice.randint(1, s.level)) for s in skills)))
    return kinds


class Bench:
    """One contact centre under load, and the clock on what it decides."""

    def __init__(self, seed: int = 1) -> None:
        """Begin with everybody at work and nobody waiting."""
        self.dice = random.Random(seed)
        in_force = big_plan(self.dice)
        self.kinds = kinds_of_need(self.dice, in_force)
        self.weights = [1.0 / rank for rank in range(1, KINDS + 1)]
        self.centre = Centre(in_force)
        self.centre.at_work(*(agent.agent_id for agent in in_force.agents))
        self.arrived = 0
        self.working: list[tuple[str, str, str]] = []

    def arrival(self) -> list[Fact]:
        """One customer more."""
        self.arrived += 1
        self.centre.now += 0.001
        needing = self.dice.choices(self.kinds, self.weights)[0]
        return self.centre.arrives(f"thread-{self.arrived}", needing=needing, priority=self.dice.randint(0, 9))

    def take_offers(self, facts: list[Fact]) -> None:
        """Whoever is offered something accepts it."""
        for fact in facts:
            if isinstance(fact, OfferIssued):
                self.centre.says(fact.agent_id, a.AcceptOffer(offer_id=fact.offer_id), session=f"{fact.agent_id}-1")
                self.working.append((fact.agent_id, fact.interaction_id, fact.offer_id))

    def completion(self) -> list[Fact]:
        """One agent is done."""
        at = self.dice.randrange(len(self.working))
        self.working[at], self.working[-1] = self.working[-1], self.working[at]
        agent_id, interaction_id, _ = self.working.pop()
        self.centre.now += 0.001
        command = a.CompleteInteraction(interaction_id=interaction_id)
        return self.centre.says(agent_id, command, session=f"{agent_id}-1")


class Recorder(Engine):
    """Stands in for the engine while inputs are made, so that making them is not timed."""

    def __init__(self, engine: Engine) -> None:
        """Stand in for this engine."""
        super().__init__(engine.shard, engine.shards)
        self.inputs: list[tuple[float, Input]] = []

    def decide(self, given: Input, now: float) -> list[Fact]:
        """Keep it for later."""
        self.inputs.append((now, given))
        return []


def seconds_for(bench: Bench, happen: Callable[[], list[Fact]], times: int) -> tuple[float, list[Fact]]:
    """Let something happen so many times in a row; the processor's seconds for deciding it, and the facts."""
    engine = bench.centre.engine
    bench.centre.engine = recorder = Recorder(engine)
    for _ in range(times):
        happen()
    bench.centre.engine = engine
    facts: list[Fact] = []
    started = time.process_time()
    for now, given in recorder.inputs:
        facts += engine.decide(given, now)
    spent = time.process_time() - started
    bench.centre.log.append((bench.centre.now, tuple(facts)))
    return spent, facts


def rate(bench: Bench, happen: Callable[[], list[Fact]], times: int, *, drain: bool = False) -> float:
    """Decisions per second in the best of some rounds; between them offers are accepted, and agents free to drain."""
    best = float("inf")
    for _ in range(ROUNDS):
        spent, facts = seconds_for(bench, happen, times)
        best = min(best, spent)
        bench.take_offers(facts)
        for _ in range(len(bench.working) - AGENTS * 9 // 10 if drain else 0):
            bench.take_offers(bench.completion())
    return times / best


def choices_per_second(bench: Bench, times: int) -> float:
    """How often a second the engine can answer "what next for this agent", on its live state with the full queue.

    Each time an agent's hands are emptied and filled again, so that every question has an answer to find; this is what
    DESIGN 4.12 calls a decision. What a whole input costs, with its facts, is measured beside it.
    """
    state = bench.centre.engine._state  # noqa: SLF001 - the matcher has no door of its own.
    pool = state.pools[bench.centre.pool]
    busy = [agent for agent in pool.agents.values() if len(agent.hands) == 1]
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        found = sum(_chooses(pool, busy[number % len(busy)], bench.centre.now) for number in range(times))
        best = min(best, time.process_time() - started)
        if found < times // 2:
            raise RuntimeError(f"only {found} of {times} questions had an answer: nothing was measured")
    return times / best


def _chooses(pool: Pool, agent: Agent, now: float) -> bool:
    [(held, hand)] = agent.hands.items()
    working = held in agent.work
    agent.lets_go(held)
    pool.matching.update(agent)
    answer = pool.matching.next_for(agent, now)
    agent.takes(held, hand.channel, hand.units)
    if working:
        agent.work[held] = None
    pool.matching.update(agent)
    return answer is not None


def measure() -> dict[str, dict[str, Any]]:
    """Each figure as {value, min, max, unit}; the engine's are the best of several rounds of processor time."""
    found = figures()
    return {name: {"value": value, "min": value, "max": value, "unit": "per second"} for name, value in found.items()}


def figures() -> dict[str, float]:
    """Decisions and facts per second of processor time, each the best of several rounds."""
    bench = Bench()
    while len(bench.working) < AGENTS * 9 // 10:
        bench.take_offers(bench.arrival())
    gc.collect()
    free = rate(bench, bench.arrival, times=80, drain=True)
    while sum(row.state in IN_LINE for row in bench.centre.engine.interactions()) < WAITING:
        bench.take_offers(bench.arrival())
    gc.collect()
    gc.freeze()
    choices = choices_per_second(bench, times=4_000)
    frees = rate(bench, bench.completion, times=400)
    full = rate(bench, bench.arrival, times=400)
    folded, facts = fold_again(bench)
    gc.unfreeze()
    return {
        "decisions_per_second": round(choices),
        "agent_frees_per_second": round(frees),
        "arrival_per_second_queue_full": round(full),
        "arrival_per_second_agents_free": round(free),
        "facts_per_second": round(facts / folded),
    }


def fold_again(bench: Bench) -> tuple[float, int]:
    """Fold the whole log into a fresh engine; the processor's seconds and the number of facts."""
    facts = sum(len(facts) for _, facts in bench.centre.log)
    reader = Engine(bench.centre.shard, SHARDS)
    gc.collect()
    started = time.process_time()
    for decided_at, batch in bench.centre.log:
        reader.apply(batch, decided_at)
    return time.process_time() - started, facts


if __name__ == "__main__":
    print(json.dumps(figures(), indent=2))
