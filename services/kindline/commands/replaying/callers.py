"""Customers of a replay: they come when they came, wait while their patience lasts, are served as long as it takes.

Promises that nobody acts on anything but facts and their own script: the same script under another plan differs only in
what the plan decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite

from kindline.commands.replaying.simulation import ENDS, Simulation
from kindline.language import facts as f
from kindline.language.content import Direction
from kindline.language.events import CustomerLeft, InteractionHappening, InteractionStarted
from kindline.language.facts.interactions import QueuedReason
from kindline.language.ids import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A stretch of a customer's conversation with one agent."""

    seconds: float
    transfer_to: str = ""
    """The queue to which the agent gives the customer then; empty where the work is done."""
    said: tuple[tuple[float, bool], ...] = ()
    """What was written meanwhile: seconds after the answer, and whether the agent wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What one customer does."""

    thread: str
    """Different for every caller."""
    entry_point: str
    arrives_at: Instant
    patience_seconds: float
    """How long they wait in a queue for an answer; infinite for ever."""
    service_seconds: float
    queue: str = ""
    priority: int | None = None
    language: str = ""
    customer: str = ""
    opening: InteractionHappening | None = None
    """How they come, to the last field; None: the fields above say it all."""
    identity: bytes = b""
    """Of the event by which they come, where a ledger knows it: it gives the interaction its id."""
    later: tuple[tuple[float, InteractionHappening], ...] = ()
    """What else happens while a bot or menu has them, so many seconds after they came."""
    talks: tuple[Talk, ...] = ()
    """Their conversations, where there is more to say of them than `service_seconds`."""
    accept_seconds: float | None = None
    """How long an agent takes to accept them; None: as all agents do."""
    wrap_up_seconds: float | None = None
    """How long an agent wraps up after them; None: as all agents do."""

    @property
    def joins_at_once(self) -> bool:
        """Whether they wait in a queue from their arrival on."""
        return not getattr(self.opening, "held_by_bot", False)


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
        simulation.on(f.InteractionQueued, self._queued)
        simulation.on(f.InteractionAnswered, self._answered)
        for end in ENDS:
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
        opening = caller.opening or InteractionStarted(
            direction=Direction.INBOUND,
            customer=caller.customer,
            language=caller.language,
            priority=caller.priority,
            queue=caller.queue,
        )
        voices, now = simulation.voices, simulation.now
        if caller.identity:
            simulation.decide(
                voices.comes_again(caller.entry_point, caller.thread, opening, now, identity=caller.identity)
            )
        else:
            simulation.decide(voices.calls(caller.entry_point, caller.thread, opening, now))
        for after, happening in caller.later:
            simulation.at(simulation.now + after, self._happens, (caller, happening))
        if caller.joins_at_once:
            self._waits(caller)

    def _waits(self, caller: Caller) -> None:
        if isfinite(caller.patience_seconds):
            # An answer in the very moment in which patience ends is an answer: so it was for those of the log.
            self._simulation.at(self._simulation.now + caller.patience_seconds, self._gives_up, caller, last=True)

    def _happens(self, what: tuple[Caller, InteractionHappening]) -> None:
        caller, happening = what
        if caller.thread in self.waiting:
            self.says(caller, happening)

    def _gives_up(self, caller: Caller) -> None:
        if caller.thread in self.waiting:
            self.says(caller, CustomerLeft(cause="hung up"))

    def says(self, caller: Caller, happening: InteractionHappening) -> None:
        """Something happens on a caller's thread, now."""
        simulation = self._simulation
        simulation.decide(simulation.voices.tells(caller.entry_point, caller.thread, happening, simulation.now))

    def _received(self, fact: f.InteractionReceived) -> None:
        self._by_interaction[fact.interaction_id] = self.waiting[fact.thread]

    def _queued(self, fact: f.InteractionQueued) -> None:
        if fact.reason is QueuedReason.ARRIVED:
            return
        caller = self._by_interaction[fact.interaction_id]
        if caller.thread not in self.waiting:
            # Whoever was answered once waits again, with patience anew.
            self.waiting[caller.thread] = caller
            self._waits(caller)
        elif fact.reason is QueuedReason.HANDED_OVER:
            self._waits(caller)

    def _answered(self, fact: f.InteractionAnswered) -> None:
        self.waiting.pop(self._by_interaction[fact.interaction_id].thread, None)

    def _ended(self, fact: f.InteractionClosed) -> None:
        caller = self._by_interaction.pop(fact.interaction_id)
        self.waiting.pop(caller.thread, None)
