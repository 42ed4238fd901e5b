"""How fast the engine alone decides and folds: 1,000 agents, 10,000 waiting, 64 skills, 500 kinds of need.

`measure()` gives a dict of figures; run the file to see them. Time is the processor's, of this process, for the
decisions that are counted: an agent frees and takes the next, an interaction arrives and is matched.
"""

from __future__ import annotations

import gc
import json
import random
import time
from dataclasses import replace

from kindline.language import agents as a
from kindline.language.content import Needs, SkillNeed
from kindline.language.facts import Fact, OfferIssued
from kindline.language.plan import AgentPlan, Plan, SkillPlan
from kindline.routing.domain.engine import Engine
from tests.given import SHARDS, Centre, plan, queue

SKILLS = tuple(f"skill-{number}" for number in range(64))
AGENTS = 1_000
WAITING = 10_000
KINDS = 500


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


def timed(bench: Bench, rounds: int) -> dict[str, float]:
    """Seconds of processor per decision, by kind, with a full queue: an agent frees, then a customer arrives."""
    bench.centre.engine = clocked = Clocked(bench.centre.engine)
    frees = arrivals = 0.0
    for _ in range(rounds):
        facts = bench.completion()
        frees += clocked.spent
        bench.take_offers(facts)
        facts = bench.arrival()
        arrivals += clocked.spent
        bench.take_offers(facts)
    bench.centre.engine = clocked.engine
    return {"frees": frees / rounds, "arrives": arrivals / rounds}


class Clocked(Engine):
    """The engine, with the processor time of its last decision."""

    def __init__(self, engine: Engine) -> None:
        """Time this engine."""
        super().__init__(engine.shard, engine.shards)
        self.engine = engine
        self._state = engine._state  # noqa: SLF001  # The same state: the clock stands beside the engine.
        self.spent = 0.0

    def decide(self, given: object, now: float) -> list[Fact]:
        """Decide and look at the clock."""
        started = time.process_time()
        facts = super().decide(given, now)  # type: ignore[arg-type]
        self.spent = time.process_time() - started
        return facts


def measure(rounds: int = 3_000) -> dict[str, float]:
    """Decisions and facts per second of processor time."""
    bench = Bench()
    while len(bench.working) < AGENTS * 9 // 10:
        bench.take_offers(bench.arrival())
    gc.collect()
    free = timed_free(bench, rounds)
    while sum(count.count for count in bench.centre.engine.queue_counts()) < WAITING:
        bench.take_offers(bench.arrival())
    gc.collect()
    gc.freeze()
    full = timed(bench, rounds)
    facts = sum(len(facts) for _, facts in bench.centre.log)
    reader = Engine(bench.centre.shard, SHARDS)
    gc.collect()
    started = time.process_time()
    for decided_at, batch in bench.centre.log:
        reader.apply(batch, decided_at)
    folded = time.process_time() - started
    gc.unfreeze()
    return {
        "agent_frees_per_second": round(1 / full["frees"]),
        "arrival_per_second_queue_full": round(1 / full["arrives"]),
        "arrival_per_second_agents_free": round(1 / free),
        "facts_folded_per_second": round(facts / folded),
        "facts": facts,
        "same_state": float(reader.fingerprint() == bench.centre.engine.fingerprint()),
    }


def timed_free(bench: Bench, rounds: int) -> float:
    """Seconds of processor per arrival while a tenth of the agents is free."""
    bench.centre.engine = clocked = Clocked(bench.centre.engine)
    spent = 0.0
    for _ in range(rounds):
        facts = bench.arrival()
        spent += clocked.spent
        bench.take_offers(facts)
        bench.take_offers(bench.completion())
    bench.centre.engine = clocked.engine
    return spent / rounds


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
