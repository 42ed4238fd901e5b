"""Days that the real engine decided, as a log for the audit: whole, or with one fact put wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from kindline.audit.ledger_book import LedgerBook
from kindline.language import facts as f
from kindline.language.log import DecisionBatch, EpochClaim
from kindline.language.plan import Plan
from tests.given import Centre

OWNER = "owner-1"

Log = list[tuple[float, tuple[f.Fact, ...]]]


def audited(log: Iterable[tuple[float, tuple[f.Fact, ...]]], *, whole: bool = True) -> LedgerBook:
    """A book that has read this log of decisions, each a batch of its own; one that is not whole was trimmed."""
    book = LedgerBook(1, {} if whole else {0: 1})
    if whole:
        book.take_decision(0, 0, EpochClaim(epoch=1, owner=OWNER, claimant="test"))
    for number, (decided_at, facts) in enumerate(log, 1):
        batch = DecisionBatch(
            epoch=1,
            owner=OWNER,
            seq=number,
            level=1,
            decided_at=decided_at,
            facts=tuple(facts),
            next_within=0.5,
            released=False,
        )
        book.take_decision(0, number, batch)
    return book


def found(book: LedgerBook) -> dict[str, int]:
    """How many violations of each promise there are, those without any left out."""
    return {key.value: count for key, count in book.findings.counts.items() if count}


def judged(centre: Centre) -> dict[str, int]:
    """What the audit finds in all that a centre has decided so far."""
    return found(audited(centre.log))


def changed(log: Log, change: Callable[[f.Fact], f.Fact | None]) -> Log:
    """The log with each fact put through a function; None drops a fact."""
    return [(at, tuple(new for fact in facts if (new := change(fact)) is not None)) for at, facts in log]


def with_last(log: Log, kind: type[f.Fact], **changes: object) -> Log:
    """The log in which the last fact of a kind says something else."""
    last = next(fact for _, facts in reversed(log) for fact in reversed(facts) if isinstance(fact, kind))
    return changed(log, lambda fact: replace(fact, **changes) if fact is last else fact)  # type: ignore[arg-type]


def without(log: Log, kind: type[f.Fact]) -> Log:
    """The log without any fact of a kind."""
    return changed(log, lambda fact: None if isinstance(fact, kind) else fact)


def under(log: Log, other: Callable[[Plan], Plan]) -> Log:
    """The log as if each plan in it had said something else: what was right under the true one may be wrong now."""
    return changed(log, lambda fact: f.PlanAdopted(plan=other(fact.plan)) if isinstance(fact, f.PlanAdopted) else fact)


def beating(log: Log, batches: int = 25, seconds: float = 1.0) -> Log:
    """The log with heartbeats behind it, in which nothing is decided."""
    last = log[-1][0]
    return [*log, *((last + seconds * number, ()) for number in range(1, batches + 1))]
