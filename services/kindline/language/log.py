"""The records of kindline.decisions: batches of facts, and claims to own a shard."""

from __future__ import annotations

from dataclasses import dataclass

from kindline.language.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochClaim:
    """EpochClaim asks to own the shard; it counts only if its epoch is the current one plus 1."""

    epoch: int
    owner: str
    claimant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputPosition:
    """InputPosition is how far an input topic has been decided."""

    topic: str
    next_offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionBatch:
    """DecisionBatch is one step; it counts only if epoch and owner are current and seq is the last plus 1."""

    epoch: int
    owner: str
    seq: int
    level: int
    input_positions: tuple[InputPosition, ...] = ()
    decided_at: float
    facts: tuple[Fact, ...] = ()
    next_within: float
    released: bool


DecisionRecord = DecisionBatch | EpochClaim

LEVEL = 1
"""The level of understanding that this code has: a batch that asks for more stops its shard."""
