"""Every number that sla shows, each declared once with a sentence (the room's README lists them)."""

from __future__ import annotations

from collections.abc import Iterable

from kindline.language.sla import SlaBreached, SlaMet, SlaTarget
from kindline.ledger.port import Record
from kindline.ledger.stream.progress import Progress
from kindline.runtime.clock import System
from kindline.runtime.metrics import Metrics
from kindline.sla.adapters.folding import ClocksFold
from kindline.sla.domain.clocks import Step

LABELS = ("pool", "queue", "target")


class Numbers:
    """The room's numbers; label sets are closed and never name a person."""

    def __init__(self, metrics: Metrics, system: System) -> None:
        """Declare them all."""
        self.progress = Progress(metrics, system)
        self.breached = metrics.counter("sla_breaches_total", "Promises whose deadline passed unanswered.", LABELS)
        self.met = metrics.counter("sla_met_total", "Promises that were kept.", LABELS)
        self.warned = metrics.counter("sla_warnings_total", "Promises of which little was left.", LABELS)
        self.running = metrics.gauge("sla_clocks_running", "Promises that are neither kept, broken nor cancelled yet.")

    def folded(self, fold: ClocksFold, record: Record, step: Step) -> None:
        """Note a batch; called for every batch that was folded, so it must be light."""
        self.progress.folded(fold.shard, record)
        for event in step.events:
            clock = event.clock
            if isinstance(event, SlaBreached):
                counter = self.breached
            else:
                counter = self.met if isinstance(event, SlaMet) else self.warned
            counter.labels(clock.pool, clock.queue, SlaTarget(clock.target).name.lower()).inc()

    def show(self, folds: Iterable[ClocksFold], lag: int) -> None:
        """Show the shards that are held now, and no others."""
        held = list(folds)
        self.running.set(sum(fold.clocks.running for fold in held))
        self.progress.show([fold.shard for fold in held], lag)
