"""How far a stream room is with the log: the numbers that every such room shows alike.

Promises SREs one reading of them in all rooms: the age of what is shown, the records that wait, the rows begun anew.
"""

from collections.abc import Iterable

from kindline.ledger.port import Record
from kindline.runtime.clock import System
from kindline.runtime.metrics import Metrics


class Progress:
    """The numbers of one room."""

    def __init__(self, metrics: Metrics, system: System) -> None:
        """Declare them all."""
        self._system = system
        self._newest: dict[int, float] = {}
        self._age = metrics.gauge(
            "event_age_seconds", "Seconds since the newest folded record was appended, on the shard furthest behind."
        )
        self._lag = metrics.gauge("consumer_lag_records", "Records of the held shards that are not folded yet.")
        self._rebuilds = metrics.counter(
            "state_rebuilds_total",
            "Times that a shard's rows were thrown away and folded again, by reason.",
            ("reason",),
        )

    def folded(self, shard: int, record: Record) -> None:
        """Note a record that was folded."""
        self._newest[shard] = record.appended_at

    def rebuilt(self, reason: str) -> None:
        """Note that a shard's rows are folded again."""
        self._rebuilds.labels(reason).inc()

    def show(self, shards: Iterable[int], lag: int) -> None:
        """Show the shards that are held now, and no others; `lag` in records."""
        now = self._system.wall()
        ages = [now - self._newest[shard] for shard in shards if shard in self._newest]
        # A broker's clock may be ahead of this machine's: nothing is younger than new.
        self._age.set(max([0.0, *ages]))
        self._lag.set(lag)
