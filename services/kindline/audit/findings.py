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
    WILLING = "willing"
    ABLE = "able"
    LEFT_OUT = "left_out"
    ORDER = "order"
    CEILING = "ceiling"
    CHOICE = "choice"
    PREFERENCE = "preference"
    PREFERENCE_ENDS = "preference_ends"
    LADDER = "ladder"
    PLACE_KEPT = "place_kept"
    IDLE = "idle"
    EXCEEDED = "exceeded"
    SLEEPERS = "sleepers"
    INTERRUPTED = "interrupted"
    HOURS = "hours"
    LIMITS = "limits"
    OVERFLOW = "overflow"
    POSITION = "position"
    CALL_BACKS = "call_backs"


WORDS = {
    Invariant.LOG: "facts refer to what is there",
    Invariant.ONE_OWNER: "one owner for each interaction, live offers within the queue's limit",
    Invariant.CAPACITY: "no offer above an agent's capacity",
    Invariant.NOTHING_LOST: "every input has its effect once, every interaction one state or one end",
    Invariant.GRAPH: "states move only along the graph",
    Invariant.PROMISES: "each promise is breached at most once, and if due, at least once",
    Invariant.NOTHING_BEFORE_IT_COUNTS: "nobody acted on a decision that does not count",
    Invariant.FLOOR: "the floor shows what the log says",
    Invariant.WILLING: "nobody who is on a break, lost or silent is offered anything",
    Invariant.ABLE: "nobody is offered what they cannot serve",
    Invariant.LEFT_OUT: "nobody who left an offer is asked again at once",
    Invariant.ORDER: "nobody is served before somebody who stands before them",
    Invariant.CEILING: "nobody who waits past the ceiling is passed by one who came later",
    Invariant.CHOICE: "among those who could serve it is whom the queue's rule means",
    Invariant.PREFERENCE: "while one agent is waited for nobody else is offered it",
    Invariant.PREFERENCE_ENDS: "nobody waits for one agent for longer than was said",
    Invariant.LADDER: "each step of a ladder is due, in order, and does what the plan says",
    Invariant.PLACE_KEPT: "nobody loses the age they have earned",
    Invariant.IDLE: "nobody waits beside a free agent who could serve them",
    Invariant.EXCEEDED: "more than an agent can hold is told, exactly",
    Invariant.SLEEPERS: "nobody's break waits for a dormant conversation",
    Invariant.INTERRUPTED: "who was interrupted is resumed when the interruption is over",
    Invariant.HOURS: "nobody new joins a queue that is closed",
    Invariant.LIMITS: "nobody new joins a queue that is full",
    Invariant.OVERFLOW: "whatever is sent elsewhere was sent for a true reason",
    Invariant.POSITION: "the place in line that customers are told is true",
    Invariant.CALL_BACKS: "whoever takes a call-back is promised it, and comes back in time",
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
