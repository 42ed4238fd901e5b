"""The engine as a queueing system: customers with lots for what they bring go in, what became of them comes out.

Everything that is measured is read from the engine's facts; the lots are only what customers bring.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

from kindline.commands.replaying.people import Caller, Callers, Crew, Habits, Stretch
from kindline.commands.replaying.simulation import Simulation
from kindline.language import facts as f
from kindline.language.content import Channel
from kindline.language.graph import WAITING
from kindline.language.plan import AgentPlan, ChannelPlan, EntryPointPlan, Plan, QueuePlan
from kindline.routing.domain.engine import Engine

POOL = "theory/queue"
BEGIN = 1_000_000_000.0

Lot = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system to be measured: seconds between arrivals, of service and of patience, each drawn anew."""

    agents: int
    between: Lot
    service: Lot
    patience: Lot = lambda: inf
    customers: int
    warm_up: int = 500
    """So many first customers are served and not counted: they found the room empty."""


@dataclass(slots=True)
class Customer:
    """What the facts say of one customer."""

    arrived_at: float
    waited: float = 0.0
    served: bool = False
    answered_at: float = 0.0
    work: float = 0.0
    """Seconds an agent was busy with them."""


@dataclass(slots=True)
class Level:
    """A number that changes in steps, and its integrals over time."""

    number: int = 0
    at: float = BEGIN
    area: float = 0.0
    square: float = 0.0
    marks: list[tuple[float, float, float]] = field(default_factory=list)
    """Time, area and square at each arrival, from which the mean over any stretch follows."""

    def change(self, by: int, at: float) -> None:
        """It is another number from here on."""
        self.area += self.number * (at - self.at)
        self.square += self.number**2 * (at - self.at)
        self.number, self.at = self.number + by, at


@dataclass(slots=True)
class Run:
    """Everybody who came, in the order of their arrival, and the numbers present."""

    customers: list[Customer]
    warm_up: int
    in_line: Level = field(default_factory=Level)
    present: Level = field(default_factory=Level)
    engine_agrees: bool = True
    """Whether the engine counted as many waiting as the facts, whenever both were compared."""

    @property
    def counted(self) -> list[Customer]:
        """Those who came after the warm-up."""
        return self.customers[self.warm_up :]

    def marks(self, level: Level) -> list[tuple[float, float, float]]:
        """A level's marks after the warm-up."""
        return level.marks[self.warm_up :]


def plan(agents: int) -> Plan:
    """One queue, one channel, one thing at a time, no wrap-up."""
    return Plan(
        pool=POOL,
        queues=(QueuePlan(name="line", wrap_up_seconds=0.0),),
        entry_points=(EntryPointPlan(name="door", channel=Channel.CHAT, queue="line"),),
        agents=tuple(AgentPlan(agent_id=f"agent-{number:03}") for number in range(agents)),
        channels=(ChannelPlan(channel=Channel.CHAT, units=100, at_once=1),),
    )


class Measure:
    """Reads the facts of a run."""

    COMPARE_EVERY = 500

    def __init__(self, engine: Engine, warm_up: int) -> None:
        """Begin with an empty room."""
        self.run = Run([], warm_up)
        self._engine = engine
        self._by_id: dict[str, Customer] = {}

    def follow(self, at: float, facts: Sequence[f.Fact]) -> None:
        """Take in one decision."""
        run = self.run
        for fact in facts:
            match fact:
                case f.InteractionQueued():
                    self._queued(fact.interaction_id, at)
                case f.InteractionAnswered():
                    customer = self._by_id[fact.interaction_id]
                    customer.waited, customer.served, customer.answered_at = fact.waited_seconds, True, at
                    run.in_line.change(-1, at)
                case f.InteractionAbandoned():
                    self._by_id.pop(fact.interaction_id).waited = fact.waited_seconds
                    run.in_line.change(-1, at)
                    run.present.change(-1, at)
                case f.InteractionClosed():
                    customer = self._by_id.pop(fact.interaction_id)
                    customer.work = at - customer.answered_at
                    run.present.change(-1, at)

    def _queued(self, interaction_id: str, at: float) -> None:
        run = self.run
        run.in_line.change(1, at)
        run.present.change(1, at)
        for level in (run.in_line, run.present):
            level.marks.append((at, level.area, level.square))
        self._by_id[interaction_id] = customer = Customer(at)
        run.customers.append(customer)
        if len(run.customers) % self.COMPARE_EVERY == 0:
            waiting = sum(row.state in WAITING for row in self._engine.interactions())
            run.engine_agrees &= waiting == run.in_line.number


def run(system: System) -> Run:
    """Let the engine serve everybody, from an empty room to an empty room."""
    in_force = plan(system.agents)
    engine = Engine(0, 1)
    simulation = Simulation(in_force, begins_at=BEGIN, engine=engine)
    measure = Measure(engine, system.warm_up)
    simulation.follow(measure.follow)
    callers = Callers(simulation, _customers(system))
    crew = Crew(simulation, callers, in_force, Habits())
    crew.works(Stretch(agent_id=agent.agent_id, begins_at=BEGIN, ends_at=inf) for agent in in_force.agents)
    callers.come()
    simulation.run()
    return measure.run


def _customers(system: System) -> Iterator[Caller]:
    at = BEGIN
    for number in range(system.customers):
        at += system.between()
        yield Caller(
            thread=f"customer-{number}",
            entry_point="door",
            arrives_at=at,
            patience_seconds=system.patience(),
            service_seconds=system.service(),
        )


def exponential(dice: random.Random, mean: float) -> Lot:
    """Times without memory."""
    return (lambda: inf) if mean == inf else (lambda: dice.expovariate(1 / mean))
