"""How a state takes in facts that count: each is looked at by the invariants, and folded; nothing is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from kindline.language.facts import Fact
from kindline.language.ids import Instant
from kindline.routing.domain.folding import FOLDS
from kindline.routing.domain.invariants import BREAKABLE, violations
from kindline.routing.domain.state import ShardState


def count(state: ShardState, facts: Iterable[Fact], decided_at: Instant, broken: Counter[str]) -> None:
    """Fold facts that were decided at an instant; `broken` counts the invariants they break. KeyError out of order."""
    state.decided_at = max(state.decided_at, decided_at)
    moment = state.moment
    for fact in facts:
        if moment is not None:
            moment.before(fact)
        kind = type(fact)
        if kind in BREAKABLE and (found := violations(state, fact)):
            broken.update(found)
        FOLDS[kind](state, fact, decided_at)
    if state.is_ready:  # If not, nothing was noted, and nobody watches for anything.
        while state.wakes.take(decided_at) is not None:
            pass  # Whoever decided took note of them; what came of it is among the facts.
        state.forget_notes()
