"""What an audit finds: violations of named invariants, each with where in the ledger it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

KEPT_PER_INVARIANT = 50


class Invariant(StrEnum):
    """The promises of DESIGN 4.5, and what they rest on."""

    LOG = "log"
    ONE_OWNER = "I1"
    CAPACITY = "I2"
    NOTHING_LOST = "I3"
    GRAPH = "I4"
    PROMISES = "I5"
    NOTHING_BEFORE_IT_COUNTS = "I6"
    FLOOR = "floor"


WORDS = {
    Invariant.LOG: "facts refer to what is there",
    Invariant.ONE_OWNER: "one owner for each interaction, live offers within the queue's limit",
    Invariant.CAPACITY: "no offer above an agent's capacity",
    Invariant.NOTHING_LOST: "every input has its effect once, every interaction one state or one end",
    Invariant.GRAPH: "states move only along the graph",
    Invariant.PROMISES: "each promise is breached at most once, and if due, at least once",
    Invariant.NOTHING_BEFORE_IT_COUNTS: "nobody acted on a decision that does not count",
    Invariant.FLOOR: "the floor shows what the log says",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise."""

    invariant: Invariant
    place: str
    """Topic, partition and offset, or the name of an interaction."""
    what: str


@dataclass(slots=True)
class Findings:
    """All violations of one audit: the first of each invariant in full, the rest as a number."""

    kept: list[Violation] = field(default_factory=list)
    counts: dict[Invariant, int] = field(default_factory=lambda: dict.fromkeys(Invariant, 0))

    def find(self, invariant: Invariant, place: str, what: str) -> None:
        """Note one violation."""
        self.counts[invariant] += 1
        if self.counts[invariant] <= KEPT_PER_INVARIANT:
            self.kept.append(Violation(invariant, place, what))

    @property
    def total(self) -> int:
        """How many violations there are in all."""
        return sum(self.counts.values())
