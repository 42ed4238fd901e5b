"""How a state takes in facts that count: each is looked at by the invariants, and folded; nothing is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from kindline.language.facts import Fact
from kindline.language.ids import Instant
from kindline.routing.domain.folding import OF_OPEN, OTHERS
from kindline.routing.domain.invariants import BEFORE, CHECKS, OTHER_CHECKS, Before
from kindline.routing.domain.state import ShardState

# Each asks for exactly the fact of its row, which no type of Python can say of a table.
Way = tuple[bool, Callable[..., Any] | None, Before | None, Callable[..., None]]

WAYS: dict[type[Fact], Way] = {
    **{kind: (True, CHECKS.get(kind), BEFORE.get(kind), fold) for kind, fold in OF_OPEN.items()},
    **{kind: (False, OTHER_CHECKS.get(kind), None, fold) for kind, fold in OTHERS.items()},
}
"""What to do with a fact of each kind: whether it is of an open interaction, which is looked for once for all of the
rest, then what is asked of it, from which states it may follow, and how it is folded."""


def count(state: ShardState, facts: Iterable[Fact], decided_at: Instant, broken: Counter[str]) -> None:
    """Fold facts that were decided at an instant; `broken` counts the invariants they break. KeyError out of order."""
    state.decided_at = max(state.decided_at, decided_at)
    moment, open_one = state.moment, state.interactions.get
    fact: Any
    for fact in facts:
        if moment is not None:
            moment.before(fact)
        is_of_open, check, before, fold = WAYS[type(fact)]
        if not is_of_open:
            if check is not None and (found := check(state, fact)):
                broken.update(found)
            fold(state, fact, decided_at)
            continue
        interaction = open_one(fact.interaction_id)
        if check is not None and (found := check(state, fact, interaction)):
            broken.update(found)
        if before is not None and (interaction is None or interaction.state not in before):
            broken["I4"] += 1
        if interaction is None:
            raise KeyError(fact.interaction_id)
        fold(state, interaction, fact, decided_at)
    if state.is_ready:  # If not, nothing was noted, and nobody watches for anything.
        _forget_notes(state, decided_at)


def _forget_notes(state: ShardState, decided_at: Instant) -> None:
    while state.wakes.take(decided_at) is not None:
        pass  # Whoever decided took note of them; what came of it is among the facts.
    state.forget_notes()
