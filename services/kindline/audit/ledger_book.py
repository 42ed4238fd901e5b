"""The whole ledger under audit: takes records of every topic, in each partition's order, and ends in a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kindline.audit.book import Book
from kindline.audit.figures import ends_of, figures_of
from kindline.audit.findings import WORDS, Findings, Invariant
from kindline.audit.floor import compare_floor
from kindline.audit.informed import share_kept
from kindline.audit.inputs import Inputs
from kindline.audit.promises import Published
from kindline.language.agents import AgentCommand, AgentEvent
from kindline.language.content import Because
from kindline.language.events import InteractionEvent
from kindline.language.facts.inputs import InputReference
from kindline.language.floor import FloorRow, QueueState
from kindline.language.ids import shard_of
from kindline.language.log import DecisionRecord
from kindline.language.sla import SlaEvent


@dataclass(slots=True)
class LedgerBook:
    """Everything that one audit has read."""

    shards: int
    begins: Mapping[int, int] = field(default_factory=dict)
    """For each shard the first offset of its decisions; above 0 the log was trimmed."""
    findings: Findings = field(default_factory=Findings)
    inputs: Inputs = field(init=False)
    books: dict[int, Book] = field(init=False)
    published: Published = field(init=False)
    floor: dict[str, QueueState] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open a book for every shard."""
        self.inputs = Inputs(self.findings)
        self.published = Published(self.findings)
        self.books = {
            shard: Book(shard, self.findings, self.inputs, whole=self.begins.get(shard, 0) == 0)
            for shard in range(self.shards)
        }

    def take_decision(self, shard: int, offset: int, record: DecisionRecord) -> None:
        """The next record of a shard's decisions. All decisions come before everything else."""
        self.books[shard].take(record, offset)

    def take_event(self, reference: InputReference, identity: bytes | None, event: InteractionEvent | None) -> None:
        """A record of kindline.interactions; None for what cannot be read."""
        self.inputs.check_event(reference, identity)
        if event is not None and event.because is not None:
            self._judge(event.pool, event.because, reference)

    def take_agent(self, reference: InputReference, event: AgentEvent | None) -> None:
        """A record of kindline.agents; None for what cannot be read."""
        if event is None or not isinstance(event.event, AgentCommand):
            return
        self.inputs.check_command(reference, event.event.command_id)
        if event.event.because is not None:
            self._judge(event.pool, event.event.because, reference)

    def take_sla(self, event_id: str, event: SlaEvent, place: str) -> None:
        """A record of kindline.sla."""
        self.published.take(event_id, event, place)

    def take_floor(self, key: str, row: FloorRow) -> None:
        """A record of kindline.floor; the last of a key stands."""
        if isinstance(row, QueueState):
            self.floor[key] = row

    def _judge(self, pool: str, because: Because, reference: InputReference) -> None:
        place = f"{reference.topic}/{reference.partition}@{reference.offset}"
        self.books[shard_of(pool, self.shards)].judge_cause(because, place)

    def compare_promises(self, *, grace: float) -> None:
        """Compare kindline.sla with what the decisions imply."""
        known: set[str] = set()
        for book in self.books.values():
            self.published.compare(book.promises, grace=grace)
            known |= book.promises.by_id.keys()
        self.published.strangers(known)

    def compare_floor(self) -> None:
        """Compare kindline.floor with what the decisions imply."""
        contacts = [contact for book in self.books.values() for contact in book.contacts.by_id.values()]
        compare_floor(self.floor, contacts, self.findings)

    def report(self, *, target_seconds: float) -> dict[str, Any]:
        """All findings and figures, ready to be shown or written as JSON."""
        contacts = [contact for book in self.books.values() for contact in book.contacts.by_id.values()]
        queues = sorted({(contact.pool, contact.first_queue) for contact in contacts if contact.first_queue})
        told = sum((book.checks.hall.told for book in self.books.values()), Counter[str]())
        outcomes = [promise.outcome for book in self.books.values() for promise in book.promises.by_id.values()]
        return {
            "violations": self.findings.total,
            "invariants": {
                key.value: {"promise": WORDS[key], "violations": self.findings.counts[key]} for key in Invariant
            },
            "found": [asdict(violation) for violation in self.findings.kept],
            "records": self.records,
            "log": {
                "claims": sum(book.figures.claims for book in self.books.values()),
                "batches": sum(book.figures.batches for book in self.books.values()),
                "heartbeats": sum(book.figures.heartbeats for book in self.books.values()),
                "facts": sum(book.figures.facts for book in self.books.values()),
                "ignored": sum(book.figures.ignored for book in self.books.values()),
                "longest_gap_seconds": max((gap for b in self.books.values() for gap in b.figures.gaps), default=0.0),
            },
            "all": asdict(figures_of(contacts, target_seconds=target_seconds)),
            "states": ends_of(contacts),
            "queues": {
                f"{pool}/{queue}": asdict(
                    figures_of(
                        [contact for contact in contacts if (contact.pool, contact.first_queue) == (pool, queue)],
                        target_seconds=target_seconds,
                    )
                )
                for pool, queue in queues
            },
            "told_waits": {"kept": told["kept"], "broken": told["broken"], "share_kept": share_kept(told)},
            "promises": {name: outcomes.count(name) for name in ("met", "breached", "cancelled", "running")},
        }
