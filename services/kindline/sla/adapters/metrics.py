"""Every number that sla shows, each declared once with a sentence (the room's README lists them)."""

from __future__ import annotations

from collections.abc import Iterable

from kindline.language.sla import SlaBreached, SlaMet, SlaTarget
from kindline.ledger.port import Record
from kindline.runtime.clock import System
from kindline.runtime.metrics import Metrics
from kindline.sla.adapters.folding import ClocksFold
from kindline.sla.domain.clocks import Step

LABELS = ("pool", "queue", "target")


class Numbers:
    """The room's numbers; label sets are closed and never name a person."""

    def __init__(self, metrics: Metrics, system: System) -> None:
        """Declare them all."""
        self._system = system
        self._newest: dict[int, float] = {}
        self.breached = metrics.counter("sla_breaches_total", "Promises whose deadline passed unanswered.", LABELS)
        self.met = metrics.counter("sla_met_total", "Promises that were kept.", LABELS)
        self.warned = metrics.counter("sla_warnings_total", "Promises of which little was left.", LABELS)
        self.running = metrics.gauge("sla_clocks_running", "Promises that are neither kept, broken nor cancelled yet.")
        self.age = metrics.gauge(
            "event_age_seconds", "Seconds since the newest folded record was appended, on the shard furthest behind."
        )
        self.lag = metrics.gauge("consumer_lag_records", "Records of the held shards that are not folded yet.")
        self.rebuilds = metrics.counter(
            "state_rebuilds_total",
            "Times that a shard's rows were thrown away and folded again, by reason.",
            ("reason",),
        )

    def folded(self, fold: ClocksFold, record: Record, step: Step) -> None:
        """Note a batch; called for every batch that was folded, so it must be light."""
        self._newest[fold.shard] = record.appended_at
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
        ages = [self._system.wall() - self._newest[fold.shard] for fold in held if fold.shard in self._newest]
        self.running.set(sum(fold.clocks.running for fold in held))
        self.age.set(max(ages, default=0.0))
        self.lag.set(lag)
