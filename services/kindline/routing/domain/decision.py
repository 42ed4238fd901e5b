"""A decision under way: the one place where facts are made, each changing the state at once."""

from __future__ import annotations

from kindline.language.facts import Fact, InputDeadLettered
from kindline.language.facts.inputs import DeadLetterReason, InputReference
from kindline.language.ids import Instant
from kindline.routing.domain.folding import fold
from kindline.routing.domain.state import ShardState


class Decision:
    """What is decided on one input, at one instant."""

    __slots__ = ("facts", "now", "shard", "shards", "state")

    def __init__(self, state: ShardState, now: Instant, shard: int, shards: int) -> None:
        """Begin with no facts."""
        self.state = state
        self.now = now
        self.shard = shard
        self.shards = shards
        self.facts: list[Fact] = []

    def emit(self, fact: Fact) -> None:
        """It is a fact from here on."""
        state = self.state
        if state.moment is not None:
            state.moment.before(fact)
        fold(state, fact, self.now)
        self.facts.append(fact)

    def refuse(self, reference: InputReference, reason: DeadLetterReason, detail: str) -> None:
        """The input goes to the dead letters, with what to do about it."""
        self.emit(InputDeadLettered(input=reference, reason=reason, detail=detail))
