"""A virtual clock over the real engine: what people do comes at its time, deadlines fall due when they do.

Promises that nothing but the agenda and the engine's own deadlines moves time, so that the same people under the same
plan give the same decisions, to the last fact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from typing import Any

from kindline.commands.replaying.voices import SHARD, Voices
from kindline.language.facts import CommandAnswered, Fact, InputDeadLettered, InteractionReceived
from kindline.language.facts.agents import RefusalReason
from kindline.language.facts.interactions import (
    InteractionAbandoned,
    InteractionCancelled,
    InteractionClosed,
    InteractionDeflected,
    InteractionExpired,
)
from kindline.language.ids import Instant
from kindline.language.plan import Plan
from kindline.routing.domain.engine import Engine
from kindline.routing.domain.inputs import Input, TimersDue

FOREVER_SECONDS = 5 * 365 * 86_400.0
"""No line breaks in a replay: a front end is never silent, because there is none. (A plan allows ten years.)"""
LAST = 1 << 60
"""More than any agenda has entries."""

ENDS: tuple[type[Fact], ...] = (
    InteractionClosed,
    InteractionAbandoned,
    InteractionExpired,
    InteractionDeflected,
    InteractionCancelled,
)

Follow = Callable[[Instant, Sequence[Fact]], None]


class ReplayBroken(Exception):
    """The engine refused what a replay put before it; the message says what."""


class Simulation:
    """One pool under one plan, from an instant on."""

    def __init__(self, plan: Plan, *, begins_at: Instant, engine: Engine | None = None) -> None:
        """Begin with an empty agenda; `engine` is of shard 0 of 1 and empty."""
        limits = replace(plan.limits, suspect_after_seconds=FOREVER_SECONDS, lost_after_seconds=FOREVER_SECONDS)
        self.now = begins_at
        self.inputs = 0
        self.voices = Voices(plan.pool)
        self._engine = engine or Engine(SHARD, 1)
        self._agenda: list[tuple[Instant, int, Callable[[Any], None], Any]] = []
        self._numbers = 0
        self._open = 0
        self._follow: list[Follow] = []
        self._hearing: dict[type[Fact], list[Callable[[Any], None]]] = {}
        self.on(InputDeadLettered, _break_on_dead_letter)
        self.on(CommandAnswered, _break_on_refusal)
        self.on(InteractionReceived, self._opens)
        for end in ENDS:
            self.on(end, self._ends)
        self._plan = replace(plan, limits=limits)

    def follow(self, follow: Follow) -> None:
        """Let somebody see the time and the facts of each decision, in order."""
        self._follow.append(follow)

    def on(self, kind: type[Fact], hear: Callable[[Any], None]) -> None:
        """Let somebody hear the facts of a kind; what they do about it they put on the agenda."""
        self._hearing.setdefault(kind, []).append(hear)

    def at(self, instant: Instant, do: Callable[[Any], None], what: object, *, last: bool = False) -> None:
        """Put something on the agenda; of equal instants what was put there first comes first, and `last` after all."""
        self._numbers += 1
        number = self._numbers + (LAST if last else 0)
        heappush(self._agenda, (max(instant, self.now), number, do, what))

    def decide(self, given: Input) -> None:
        """Put an input before the engine, now."""
        self.inputs += 1
        facts = self._engine.decide(given, self.now)
        if not facts:
            return
        for follow in self._follow:
            follow(self.now, facts)
        hearing = self._hearing
        for fact in facts:
            for hear in hearing.get(type(fact), ()):
                hear(fact)

    def run(self) -> None:
        """Adopt the plan, and go on until the agenda is empty and every interaction has ended. Raises ReplayBroken."""
        self.decide(self.voices.publishes(self._plan))
        agenda, engine = self._agenda, self._engine
        while agenda or self._open:
            due = engine.next_due()
            if agenda and (due is None or agenda[0][0] < due):
                self.now, _, do, what = heappop(agenda)
                do(what)
            elif due is None:
                message = f"{self._open} interactions are open, and nothing will ever end them"
                raise ReplayBroken(message)
            else:
                self.now = max(self.now, due)
                self.decide(TimersDue())

    def _opens(self, _fact: InteractionReceived) -> None:
        self._open += 1

    def _ends(self, _fact: Fact) -> None:
        self._open -= 1


def _break_on_dead_letter(fact: InputDeadLettered) -> None:
    message = f"the engine cannot use an input ({fact.reason.name}): {fact.detail}"
    raise ReplayBroken(message)


def _break_on_refusal(fact: CommandAnswered) -> None:
    if fact.refusal not in {RefusalReason.UNSPECIFIED, RefusalReason.OFFER_GONE}:
        message = f"the engine refused {fact.agent_id} ({fact.refusal.name}): {fact.detail}"
        raise ReplayBroken(message)
