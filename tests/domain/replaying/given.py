"""Given a small telephone bank: a plan, callers with a script, agents at work, and what the engine made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf

from kindline.commands.replaying.people import Caller, Callers, Crew, Habits, Stretch
from kindline.commands.replaying.simulation import Simulation
from kindline.language import facts as f
from kindline.language.content import Channel
from kindline.language.plan import AgentPlan, EntryPointPlan, Plan, QueuePlan
from kindline.routing.domain.engine import Engine

NINE = 1_000_000_000.0
"""Nine o'clock."""
ALL_DAY = Stretch(agent_id="amy", begins_at=NINE, ends_at=inf)


def plan(*agents: str, wrap_up_seconds: float = 0.0) -> Plan:
    """One queue, one telephone number."""
    return Plan(
        pool="bank/calls",
        queues=(QueuePlan(name="PS", wrap_up_seconds=wrap_up_seconds, answer_within_seconds=20.0),),
        entry_points=(EntryPointPlan(name="voice-PS", channel=Channel.VOICE, queue="PS"),),
        agents=tuple(AgentPlan(agent_id=name) for name in agents or ("amy",)),
    )


def caller(thread: str, *, after: float = 0.0, patience: float = inf, talks: float = 60.0) -> Caller:
    """Somebody who calls so many seconds after nine."""
    return Caller(
        thread=thread,
        entry_point="voice-PS",
        arrives_at=NINE + after,
        patience_seconds=patience,
        service_seconds=talks,
    )


@dataclass(slots=True)
class Morning:
    """What became of a morning; times are seconds after nine."""

    engine: Engine
    log: list[tuple[float, tuple[f.Fact, ...]]] = field(default_factory=list)

    def follow(self, at: float, facts: Sequence[f.Fact]) -> None:
        """Keep it."""
        self.log.append((at, tuple(facts)))

    def when(self, kind: type[f.Fact], thread: str = "") -> list[float]:
        """When facts of a kind happened, of one thread or of all."""
        ids = {
            fact.interaction_id
            for _, facts in self.log
            for fact in facts
            if isinstance(fact, f.InteractionReceived) and thread in {"", fact.thread}
        }
        return [
            at - NINE
            for at, facts in self.log
            for fact in facts
            if isinstance(fact, kind) and getattr(fact, "interaction_id", "") in (ids if thread else ids | {""})
        ]


def morning(
    in_force: Plan, coming: Sequence[Caller], working: Sequence[Stretch] = (ALL_DAY,), habits: Habits | None = None
) -> Morning:
    """Play a morning to its end."""
    engine = Engine(0, 1)
    found = Morning(engine)
    simulation = Simulation(in_force, begins_at=NINE - 3_600, engine=engine)
    simulation.follow(found.follow)
    callers = Callers(simulation, coming)
    Crew(simulation, callers, in_force, habits or Habits()).works(working)
    callers.come()
    simulation.run()
    return found


def until(stretch: Stretch, seconds: float) -> Stretch:
    """The same agent, who goes so many seconds after nine."""
    return replace(stretch, ends_at=NINE + seconds)
