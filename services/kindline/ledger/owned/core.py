"""What the owned log asks of the state it drives, of the clock and of its settings.

The log knows batches, claims and the reading rule, but not what is decided: a `Core` is any deterministic state that
folds facts and answers inputs with facts. Routing's engine is one; the simulation's counter is another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from kindline.language.facts import Fact
from kindline.language.log import DecisionBatch
from kindline.language.snapshot import SnapshotRow

Given = TypeVar("Given")
GivenIn = TypeVar("GivenIn", contravariant=True)
GivenOut = TypeVar("GivenOut", covariant=True)

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Taken(Generic[GivenOut]):
    """One input in the form the core understands, and where it stands in its topic."""

    topic: str
    offset: int
    given: GivenOut


class Moment(Protocol):
    """A state's rows as of the moment when this was asked for, each given once, whatever is folded meanwhile."""

    def __iter__(self) -> Iterator[SnapshotRow]:
        """Those that were not given yet."""

    def close(self) -> None:
        """Nobody wants the others."""


class Core(Protocol[GivenIn]):
    """A deterministic state. No method may wait, look at a clock or draw lots; any may raise, see `refuse`."""

    def restoring(self, rows: Iterable[SnapshotRow], decided_at: float) -> Iterator[None]:
        """Become the state that gave these rows, one small step at a time; begun once, on a fresh core.

        Others may run between two steps, as long as the rows stay those of one moment.
        """

    def getting_ready(self) -> Iterator[None]:
        """Derive, one small step at a time, what only who decides needs; else the first decision does it at once."""

    def letting_go(self) -> Iterator[None]:
        """Drop the state one small step at a time, whatever failed in it; nothing may be asked of this core any more.

        A large state that goes at once takes as long as it takes to drop a million things.
        """

    def rows(self) -> Iterable[SnapshotRow]:
        """The whole state, as rows that do not change when the state does."""

    def moment(self) -> Moment:
        """The same rows, which may be taken one by one while the state goes on. RuntimeError while one is open."""

    def apply(self, facts: Sequence[Fact], decided_at: float) -> None:
        """Fold facts that were decided elsewhere or earlier."""

    def decide(self, given: GivenIn, now: float) -> Sequence[Fact]:
        """Answer an input with facts, and fold them."""

    def resume(self, gap_seconds: float, now: float) -> Sequence[Fact]:
        """State that an owner decides again after a gap (DESIGN 4.4), and fold it."""

    def tick(self, now: float) -> Sequence[Fact]:
        """Do what is due at `now`, and fold it."""

    def refuse(self, given: GivenIn, error: str) -> Sequence[Fact]:
        """The facts that stand for an input on which decide() failed; they are not folded yet. Must not raise."""

    def next_due(self) -> float | None:
        """When tick() is next needed, in business time."""

    def quiet(self) -> bool:
        """Whether nothing is open and nobody is signed in, so that a slow heartbeat does."""


class Clock(Protocol):
    """Business time, as kindline.runtime.clock.BusinessClock gives it."""

    @property
    def accelerated(self) -> bool:
        """Whether business time is something else than the wall."""

    def now(self) -> float:
        """Business time in seconds since the Unix epoch."""

    def system_seconds(self, business_seconds: float) -> float:
        """How long to wait until so many business seconds have passed."""


OnCounted = Callable[[int, DecisionBatch, int], None]
"""Hears each counting batch of each shard once and in order: shard, batch, offset. Must not wait or raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedSettings:
    """Times in seconds of system time, sizes in bytes; every one has a usable default."""

    heartbeat_seconds: float = 0.5
    quiet_heartbeat_seconds: float = 5.0
    probe_seconds: float = 0.25
    silences: float = 4.0
    rank_seconds: float = 0.5
    facts_per_batch: int = 500
    bytes_per_batch: int = MEBIBYTE // 2
    bytes_per_decision: int = 4 * MEBIBYTE
    inbox: int = 10_000
    snapshot_facts: int = 50_000
    snapshot_seconds: float = 60.0
    clock_behind_seconds: float = 60.0
    clock_off_seconds: float = 2.0
    rest_after_clock_seconds: float = 30.0
    read_back_seconds: float = 5.0


class StandDown(Exception):
    """The owner must let go: its state and its producer are worth nothing any more."""

    def __init__(self, reason: str, rest_seconds: float = 0.0) -> None:
        """Keep why, and for how long this process should not claim again."""
        super().__init__(reason)
        self.rest_seconds = rest_seconds


class ShardStopped(Exception):
    """The process cannot read the shard any further: it neither skips nor claims, and says so until it is upgraded."""


class Feed(Protocol[GivenOut]):
    """Where an owner's inputs come from."""

    def begin(self, shard: int, positions: Mapping[str, int], sink: Sink[GivenOut]) -> None:
        """Give the shard's inputs from these positions, plan first; then, at the ends now seen, call caught_up()."""

    def end(self, shard: int) -> None:
        """Give no more to this shard."""


class Sink(Protocol[GivenIn]):
    """What takes an owner's inputs."""

    def offer(self, taken: Taken[GivenIn]) -> bool:
        """Take one input; False when there is no room: offer it again later, before those after it."""

    def room(self) -> bool:
        """Whether an offer would be taken."""

    def caught_up(self) -> None:
        """All inputs that stood in the topics when the owner began have been offered: timers may run."""
