"""One shard's book: folds its decisions by the reading rule and lets every check see every fact that counts."""

from __future__ import annotations

from dataclasses import dataclass, field

from kindline.audit.checks import Checks
from kindline.audit.contacts import Contacts
from kindline.audit.findings import Findings, Invariant
from kindline.audit.inputs import Inputs
from kindline.audit.promises import Promises
from kindline.language import facts as f
from kindline.language.content import Because
from kindline.language.log import DecisionBatch, DecisionRecord, EpochClaim
from kindline.language.plan import Plan
from kindline.language.reading import Reading, Verdict, read

DECISIONS = "kindline.decisions"


@dataclass(slots=True)
class LogFigures:
    """What was seen in one shard's log."""

    batches: int = 0
    facts: int = 0
    ignored: int = 0
    """Records that did not count: what a zombie wrote, or a repeat."""
    claims: int = 0
    heartbeats: int = 0
    gaps: list[float] = field(default_factory=list)
    """Seconds without an owner, as Resumed states them."""


class Book:
    """The auditor's view of one shard."""

    def __init__(self, shard: int, findings: Findings, inputs: Inputs, *, whole: bool) -> None:
        """`inputs` is shared by all books, since an input may be sent on from one shard to another."""
        self.shard = shard
        self.figures = LogFigures()
        self.plans: dict[str, Plan] = {}
        self.contacts = Contacts(findings, whole=whole)
        self.promises = Promises(findings, self.plans)
        self.counting: dict[int, tuple[int, int]] = {}
        """Offset to (epoch, seq) of each batch that counts."""
        self._findings = findings
        self._inputs = inputs
        self.checks = Checks(findings, whole=whole)
        self._reading = Reading()
        self._adopt_first = not whole
        self._decided_at = 0.0

    def take(self, record: DecisionRecord, offset: int) -> None:
        """Take in the next record of the log."""
        if self._adopt_first and isinstance(record, DecisionBatch):
            self._reading = Reading(record.epoch, record.owner, record.seq - 1)
            self._adopt_first = False
        self._reading, verdict = read(self._reading, record)
        if verdict is Verdict.IGNORED:
            self.figures.ignored += 1
        elif isinstance(record, EpochClaim):
            self.figures.claims += 1
        else:
            self._count(record, offset)

    def _count(self, batch: DecisionBatch, offset: int) -> None:
        place = f"{DECISIONS}/{self.shard}@{offset}"
        self.counting[offset] = (batch.epoch, batch.seq)
        self.figures.batches += 1
        self.figures.heartbeats += not batch.facts
        if batch.decided_at < self._decided_at:
            self._findings.find(Invariant.LOG, place, f"time went back from {self._decided_at} to {batch.decided_at}")
        self._decided_at = batch.decided_at
        for position in batch.input_positions:
            self._inputs.position(position.topic, self.shard, position.next_offset, place)
        self.promises.tick(batch.decided_at)
        for fact in batch.facts:
            self._apply(fact, batch.decided_at, place)
        self.checks.close(batch.decided_at, place)

    def _apply(self, fact: f.Fact, at: float, place: str) -> None:
        self.figures.facts += 1
        if isinstance(fact, f.PlanAdopted):
            self.plans[fact.plan.pool] = fact.plan
        elif isinstance(fact, f.Resumed):
            self.figures.gaps.append(fact.gap_seconds)
        self._inputs.apply(fact, place)
        self.checks.take(fact, at, place)
        self.contacts.apply(fact, at=at, place=place, offers_at_once=self._offers_at_once(fact))
        self.promises.apply(fact, at)

    def _offers_at_once(self, fact: f.Fact) -> int:
        if not isinstance(fact, f.OfferIssued):
            return 1
        plan = self.plans.get(fact.pool)
        limits = [queue.offers_at_once for queue in plan.queues if queue.name == fact.queue] if plan else []
        # A queue that the plan has dropped drains under the limit it had; one offer is always allowed.
        return max(limits, default=1)

    def judge_cause(self, because: Because, place: str) -> None:
        """Check that the batch for whose sake somebody acted is one that counts (I6)."""
        if self.counting.get(because.offset) != (because.epoch, because.seq):
            what = f"acted on epoch {because.epoch}, seq {because.seq} at offset {because.offset}, which does not count"
            self._findings.find(Invariant.NOTHING_BEFORE_IT_COUNTS, place, what)
