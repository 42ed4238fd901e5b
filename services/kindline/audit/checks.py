"""The table of checks that judge each fact by the hall as it was before: one place to see them all, and to add one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from kindline.audit.call_backs import CallBacks
from kindline.audit.capacity import Capacity
from kindline.audit.choice import Choice
from kindline.audit.deserted import Deserted
from kindline.audit.findings import Findings
from kindline.audit.folding import fold
from kindline.audit.hall import Hall
from kindline.audit.idle import Idle
from kindline.audit.informed import Informed
from kindline.audit.interruptions import Interruptions
from kindline.audit.ladder import Ladder
from kindline.audit.offers import Offers
from kindline.audit.order import Order
from kindline.audit.overflow import Overflow
from kindline.audit.preference import Preference
from kindline.audit.sleepers import Sleepers
from kindline.language import facts as f
from kindline.language.ids import Instant


class Check(Protocol):
    """What every check can do."""

    def judge(self, fact: f.Fact, at: Instant, place: str) -> None:
        """Look at one fact, decided at `at`, before it is folded into the hall."""

    def close(self, at: Instant, place: str) -> None:
        """Look at the hall once all facts of a batch are folded."""


CHECKS: tuple[Callable[[Hall, Findings], Check], ...] = (
    Offers,
    Order,
    Choice,
    Capacity,
    Interruptions,
    Sleepers,
    Idle,
    Ladder,
    Deserted,
    Overflow,
    Preference,
    Informed,
    CallBacks,
)

NEED_EVERYBODY = frozenset({Deserted, Overflow, Preference})
"""Checks that must know who is signed in: a log whose beginning was trimmed does not tell them that."""


class Checks:
    """All of them, over one hall."""

    def __init__(self, findings: Findings, *, whole: bool = True) -> None:
        """Begin with an empty hall; `whole` is False for a log whose beginning was trimmed."""
        self.hall = Hall(whole=whole)
        self._checks = [check(self.hall, findings) for check in CHECKS if whole or check not in NEED_EVERYBODY]

    def take(self, fact: f.Fact, at: Instant, place: str) -> None:
        """Let every check look at a fact, then fold it."""
        # Before its plan is known nothing can be said of a pool.
        if isinstance(fact, f.PlanAdopted) or getattr(fact, "pool", "") in self.hall.houses:
            for check in self._checks:
                check.judge(fact, at, place)
        fold(self.hall, fact, at)

    def close(self, at: Instant, place: str) -> None:
        """Let every check look at the hall when a batch is over."""
        for check in self._checks:
            check.close(at, place)
        self.hall.facts = 0
        self.hall.stirred.clear()
        self.hall.stirred_cases.clear()
