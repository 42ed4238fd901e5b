"""The people of a replay: callers who wait as long as their patience lasts, agents who serve as long as it takes.

Promises that nobody acts on anything but facts and their own script: a caller leaves when patience ends unanswered, an
agent takes each offer, and whoever is last at work stays until nobody waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite

from kindline.commands.replaying.simulation import Simulation
from kindline.language import agents as a
from kindline.language import facts as f
from kindline.language.agents import AgentStatus
from kindline.language.content import Channel, Direction, ParticipantRole
from kindline.language.events import CustomerLeft, InteractionStarted, LegAnswered
from kindline.language.ids import Instant
from kindline.language.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What one customer does."""

    thread: str
    """Different for every caller."""
    entry_point: str
    arrives_at: Instant
    patience_seconds: float
    """How long they wait for an answer; infinite for ever."""
    service_seconds: float
    queue: str = ""
    priority: int | None = None
    language: str = ""
    customer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """An agent is at work; stretches of one agent do not overlap."""

    agent_id: str
    begins_at: Instant
    ends_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What no log tells of agents."""

    accept_seconds: float = 0.0
    """From the offer to the answer."""
    wrap_up_seconds: float | None = None
    """None: as long as the plan allows."""


class Callers:
    """Everybody who comes, in the order of their arrival; they may be drawn one by one, without an end in sight."""

    def __init__(self, simulation: Simulation, callers: Iterable[Caller]) -> None:
        """Begin with nobody; `come` lets the first one come."""
        self.waiting: dict[str, Caller] = {}
        self.arrived = 0
        self._simulation = simulation
        self._coming: Iterator[Caller] = iter(callers)
        self._by_interaction: dict[str, Caller] = {}
        simulation.on(f.InteractionReceived, self._received)
        simulation.on(f.InteractionAnswered, self._answered)
        for end in (f.InteractionAbandoned, f.InteractionExpired, f.InteractionClosed):
            simulation.on(end, self._ended)

    def come(self) -> None:
        """Let the first one come, and each one the next."""
        self._expect_next()

    def of(self, interaction_id: str) -> Caller | None:
        """The caller of an open interaction."""
        return self._by_interaction.get(interaction_id)

    def _expect_next(self) -> None:
        caller = next(self._coming, None)
        if caller is not None:
            self._simulation.at(caller.arrives_at, self._arrives, caller)

    def _arrives(self, caller: Caller) -> None:
        self._expect_next()
        simulation = self._simulation
        self.arrived += 1
        self.waiting[caller.thread] = caller
        started = InteractionStarted(
            direction=Direction.INBOUND,
            customer=caller.customer,
            language=caller.language,
            priority=caller.priority,
            queue=caller.queue,
        )
        now = simulation.now
        simulation.decide(simulation.voices.calls(caller.entry_point, caller.thread, started, now))
        if isfinite(caller.patience_seconds):
            # An answer in the very moment in which patience ends is an answer: so it was for those of the log.
            simulation.at(now + caller.patience_seconds, self._gives_up, caller, last=True)

    def _gives_up(self, caller: Caller) -> None:
        if caller.thread in self.waiting:
            simulation = self._simulation
            left = CustomerLeft(cause="hung up")
            simulation.decide(simulation.voices.tells(caller.entry_point, caller.thread, left, simulation.now))

    def _received(self, fact: f.InteractionReceived) -> None:
        self._by_interaction[fact.interaction_id] = self.waiting[fact.thread]

    def _answered(self, fact: f.InteractionAnswered) -> None:
        self.waiting.pop(self._by_interaction[fact.interaction_id].thread, None)

    def _ended(self, fact: f.InteractionAbandoned | f.InteractionExpired | f.InteractionClosed) -> None:
        caller = self._by_interaction.pop(fact.interaction_id)
        self.waiting.pop(caller.thread, None)


class Crew:
    """Everybody who serves."""

    def __init__(self, simulation: Simulation, callers: Callers, plan: Plan, habits: Habits) -> None:
        """Begin with nobody at work."""
        self._simulation = simulation
        self._callers = callers
        self._voice = {point.name for point in plan.entry_points if point.channel is Channel.VOICE}
        self._wrap_up = habits.wrap_up_seconds
        self._accept_seconds = habits.accept_seconds
        self._seated: set[str] = set()
        self._at_work: dict[str, None] = {}
        self._staying: dict[str, None] = {}
        simulation.on(f.OfferIssued, self._offered)
        simulation.on(f.OfferAccepted, self._accepted)
        simulation.on(f.InteractionAnswered, self._answered)
        simulation.on(f.InteractionAnswered, self._look_around)
        simulation.on(f.InteractionAbandoned, self._look_around)
        simulation.on(f.InteractionExpired, self._look_around)
        if self._wrap_up is not None:
            simulation.on(f.InteractionCompleted, self._completed)

    def works(self, stretches: Iterable[Stretch]) -> None:
        """Let agents come and go."""
        for stretch in stretches:
            self._simulation.at(stretch.begins_at, self._comes, stretch.agent_id)
            if isfinite(stretch.ends_at):
                self._simulation.at(stretch.ends_at, self._goes, stretch.agent_id)

    def _say(self, agent_id: str, command: a.Command) -> None:
        simulation = self._simulation
        simulation.decide(simulation.voices.commands(agent_id, command, simulation.now))

    # --- coming and going ---------------------------------------------------------------------------------------------

    def _comes(self, agent_id: str) -> None:
        simulation = self._simulation
        if agent_id not in self._seated:
            self._seated.add(agent_id)
            simulation.decide(simulation.voices.sits_down(agent_id, simulation.now))
        if agent_id in self._staying:
            del self._staying[agent_id]
        else:
            self._say(agent_id, a.SetStatus(status=AgentStatus.AVAILABLE))
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
            self._say(agent_id, a.SetStatus(status=AgentStatus.OFFLINE, when_work_ends=True))

    # --- serving ------------------------------------------------------------------------------------------------------

    def _offered(self, fact: f.OfferIssued) -> None:
        self._simulation.at(self._simulation.now + self._accept_seconds, self._accepts, fact)

    def _accepts(self, offer: f.OfferIssued) -> None:
        self._say(offer.agent_id, a.AcceptOffer(offer_id=offer.offer_id))

    def _accepted(self, fact: f.OfferAccepted) -> None:
        caller = self._callers.of(fact.interaction_id)
        if caller is not None and caller.entry_point in self._voice:
            self._simulation.at(self._simulation.now, self._connects, (caller, fact))

    def _connects(self, call: tuple[Caller, f.OfferAccepted]) -> None:
        caller, accepted = call
        simulation = self._simulation
        leg = LegAnswered(leg_id=accepted.offer_id, role=ParticipantRole.AGENT, agent_id=accepted.agent_id)
        simulation.decide(simulation.voices.tells(caller.entry_point, caller.thread, leg, simulation.now))

    def _answered(self, fact: f.InteractionAnswered) -> None:
        caller = self._callers.of(fact.interaction_id)
        if caller is not None:
            self._simulation.at(self._simulation.now + caller.service_seconds, self._completes, fact)

    def _completes(self, work: f.InteractionAnswered) -> None:
        # Work that lasted longer than the plan allows was ended by it.
        if self._callers.of(work.interaction_id) is not None:
            self._say(work.agent_id, a.CompleteInteraction(interaction_id=work.interaction_id))

    def _completed(self, fact: f.InteractionCompleted) -> None:
        self._simulation.at(self._simulation.now + (self._wrap_up or 0.0), self._finishes, fact)

    def _finishes(self, work: f.InteractionCompleted) -> None:
        if self._callers.of(work.interaction_id) is not None:
            self._say(work.agent_id, a.FinishWrapUp(interaction_id=work.interaction_id))
