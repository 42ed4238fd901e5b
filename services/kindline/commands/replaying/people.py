"""The people of a replay: callers with their script, and a crew that comes and goes as a roster says.

Promises that whoever is last at work stays until nobody waits, as in a house that sends nobody away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from kindline.commands.replaying.callers import Caller, Callers
from kindline.commands.replaying.serving import Habits, Serving
from kindline.commands.replaying.simulation import Simulation
from kindline.language import agents as a
from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.ids import Instant
from kindline.language.plan import Plan

__all__ = ["Caller", "Callers", "Crew", "Habits", "Stretch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """An agent is at work; stretches of one agent do not overlap."""

    agent_id: str
    begins_at: Instant
    ends_at: Instant


class Crew:
    """Everybody who serves."""

    def __init__(self, simulation: Simulation, callers: Callers, plan: Plan, habits: Habits) -> None:
        """Begin with nobody at work."""
        self._simulation = simulation
        self._callers = callers
        self._serving = Serving(simulation, callers, plan, habits)
        self._at_work: dict[str, None] = {}
        self._staying: dict[str, None] = {}
        simulation.on(f.InteractionAnswered, self._look_around)
        simulation.on(f.InteractionAbandoned, self._look_around)
        simulation.on(f.InteractionExpired, self._look_around)

    def works(self, stretches: Iterable[Stretch]) -> None:
        """Let agents come and go."""
        for stretch in stretches:
            self._simulation.at(stretch.begins_at, self._comes, stretch.agent_id)
            if isfinite(stretch.ends_at):
                self._simulation.at(stretch.ends_at, self._goes, stretch.agent_id)

    def _comes(self, agent_id: str) -> None:
        simulation = self._simulation
        if agent_id not in self._serving.seated:
            self._serving.seated.add(agent_id)
            simulation.decide(simulation.voices.sits_down(agent_id, simulation.now))
        if agent_id in self._staying:
            del self._staying[agent_id]
        else:
            self._serving.say(agent_id, a.SetStatus(status=AgentStatus.AVAILABLE))
        self._at_work[agent_id] = None
        self._let_go(None)

    def _goes(self, agent_id: str) -> None:
        self._at_work.pop(agent_id, None)
        self._staying[agent_id] = None
        if self._at_work or not self._callers.waiting:
            self._let_go(None)

    def _look_around(self, _fact: f.Fact) -> None:
        if self._staying and not self._callers.waiting:
            self._simulation.at(self._simulation.now, self._let_go, None)

    def _let_go(self, _nothing: None) -> None:
        while self._staying:
            agent_id, _ = self._staying.popitem()
            self._serving.say(agent_id, a.SetStatus(status=AgentStatus.OFFLINE, when_work_ends=True))
