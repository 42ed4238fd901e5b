"""Every number that queues shows, each declared once with a sentence (the room's README lists them)."""

from __future__ import annotations

from collections import Counter as Counting
from collections.abc import Iterable

from kindline.language.facts import InteractionAnswered
from kindline.language.facts.agents import RoutingState
from kindline.language.log import DecisionBatch
from kindline.ledger.port import Record
from kindline.ledger.stream.progress import Progress
from kindline.queues.adapters.folding import FloorFold
from kindline.runtime.clock import System
from kindline.runtime.metrics import WAIT_BUCKETS, Metrics


class Numbers:
    """The room's numbers; label sets are closed and never name a person."""

    def __init__(self, metrics: Metrics, system: System) -> None:
        """Declare them all."""
        self.progress = Progress(metrics, system)
        self._labels: set[tuple[str, str]] = set()
        self.waiting = metrics.gauge("queue_waiting", "Interactions that wait without an offer.", ("pool", "queue"))
        self.oldest = metrics.gauge(
            "queue_oldest_wait_seconds", "Business seconds that the oldest of them has waited.", ("pool", "queue")
        )
        self.answer_wait = metrics.histogram(
            "answer_wait_seconds",
            "Business seconds from arrival in a queue to the answer.",
            ("pool", "queue"),
            buckets=WAIT_BUCKETS,
        )
        self.agents = metrics.gauge("agents", "Agents by what the engine makes of them.", ("routing_state",))

    def folded(self, fold: FloorFold, record: Record, batch: DecisionBatch) -> None:
        """Note a batch; called for every batch that was folded, so it must be light."""
        self.progress.folded(fold.shard, record)
        for fact in batch.facts:
            if isinstance(fact, InteractionAnswered):
                self.answer_wait.labels(fact.pool, fact.queue).observe(fact.waited_seconds)

    def show(self, folds: Iterable[FloorFold], lag: int) -> None:
        """Show the shards that are held now, and no others."""
        seen: set[tuple[str, str]] = set()
        states = Counting[RoutingState]()
        held = list(folds)
        for fold in held:
            now = fold.floor.kept.now or 0.0
            for key, row in fold.floor.queues.items():
                seen.add(key)
                since = row.oldest_waiting_since
                self.waiting.labels(*key).set(row.waiting)
                self.oldest.labels(*key).set(0.0 if since is None else max(0.0, now - since))
            states.update(row.routing_state for row in fold.floor.agents.values())
        for gone in self._labels - seen:
            self.waiting.remove(*gone)
            self.oldest.remove(*gone)
        self._labels = seen
        for state in RoutingState:
            if state is not RoutingState.UNSPECIFIED:
                self.agents.labels(state.name.lower()).set(states[state])
        self.progress.show([fold.shard for fold in held], lag)
