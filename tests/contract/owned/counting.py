"""The smallest state worth owning: it numbers its inputs, so that every decision depends on all before it."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from kindline.language.facts import Fact, InputRejected, ReplicaSeen, Resumed
from kindline.language.facts.inputs import InputReference
from kindline.language.snapshot import ReplicaRow, SnapshotRow
from kindline.ledger.owned.core import Moment
from kindline.ledger.port import Record

TICK_SECONDS = 1.5
TICK = "tick"


class CountingCore:
    """Each input leads to exactly one fact, which carries its name and its number."""

    def __init__(self, work: Callable[[], None] = lambda: None) -> None:
        """Do some `work` for each row that is restored."""
        self._work = work
        self.seen: list[tuple[str, float]] = []
        self.ticked_at = -math.inf
        self.moments_open = 0

    @staticmethod
    def of(*names: str, at: float) -> list[SnapshotRow]:
        """The rows of a core that saw these."""
        return [ReplicaRow(replica_id=name, seen_at=at) for name in names]

    def restoring(self, rows: Iterable[SnapshotRow], decided_at: float) -> Iterator[None]:
        """Begin with what was seen."""
        for row in rows:
            if isinstance(row, ReplicaRow):
                self._see(row.replica_id, row.seen_at)
                self._work()
                yield

    def getting_ready(self) -> Iterator[None]:
        """There is nothing to derive."""
        return iter(())

    def letting_go(self) -> Iterator[None]:
        """Forget what was seen."""
        self.seen.clear()
        return iter(())

    def rows(self) -> Iterable[SnapshotRow]:
        """All that was seen, in its order."""
        return [ReplicaRow(replica_id=name, seen_at=at) for name, at in self.seen]

    def moment(self) -> Moment:
        """The same, copied at once; RuntimeError while one is open."""
        if self.moments_open:
            raise RuntimeError("another moment is open")
        return CountingMoment(self)

    def apply(self, facts: Sequence[Fact], decided_at: float) -> None:
        """See what was decided."""
        for fact in facts:
            if isinstance(fact, ReplicaSeen):
                self._see(fact.replica_id, decided_at)

    def decide(self, given: str, now: float) -> Sequence[Fact]:
        """Number the input; a poisonous one breaks the core after it has changed."""
        fact = ReplicaSeen(replica_id=f"{given}#{len(self.seen)}")
        self._see(fact.replica_id, now)
        if given.endswith("poison"):
            raise ValueError("a customer's words")
        return [fact]

    def resume(self, gap_seconds: float, now: float) -> Sequence[Fact]:
        """Say so."""
        return [Resumed(gap_seconds=gap_seconds)]

    def tick(self, now: float) -> Sequence[Fact]:
        """Count a tick when one is due."""
        return self.decide(TICK, now) if now >= self.ticked_at + TICK_SECONDS else []

    def refuse(self, given: str, error: str) -> Sequence[Fact]:
        """Name the input in the refusal."""
        return [InputRejected(input=InputReference(topic=given[:20], partition=0, offset=0), error=error)]

    def next_due(self) -> float | None:
        """When the next tick is due."""
        return self.ticked_at + TICK_SECONDS if self.seen else None

    def quiet(self) -> bool:
        """Never."""
        return False

    def _see(self, name: str, at: float) -> None:
        self.seen.append((name, at))
        if name.startswith(TICK):
            self.ticked_at = at


class CountingMoment:
    """What a core had seen when this began."""

    def __init__(self, core: CountingCore) -> None:
        self._core, self._rows = core, list(core.rows())
        core.moments_open += 1

    def __iter__(self) -> Iterator[SnapshotRow]:
        """All of it."""
        return iter(self._rows)

    def close(self) -> None:
        """Let the next one begin."""
        self._core.moments_open = 0


def decoded(record: Record) -> str:
    """An input's name."""
    return (record.value or b"").decode()
