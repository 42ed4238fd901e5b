"""What SREs see of a stream room's progress, the same in every such room."""

from kindline.ledger.port import Partition, Record
from kindline.ledger.stream.progress import Progress
from kindline.runtime.metrics import Metrics

NOW = 1_000.0


class Stopped:
    """A system clock that stands still."""

    def wall(self) -> float:
        """Now."""
        return NOW

    def monotonic(self) -> float:
        """The same."""
        return NOW


def shown(progress: Progress, metrics: Metrics, shards: list[int]) -> float | None:
    """The age that a scrape finds while these shards are held."""
    progress.show(shards, lag=3)
    assert metrics.registry.get_sample_value("kindline_consumer_lag_records") == 3
    return metrics.registry.get_sample_value("kindline_event_age_seconds")


def test_the_age_is_that_of_the_shard_furthest_behind_among_those_held() -> None:
    """A room is as old as its oldest shard; one that was given away counts no more, and nothing is younger than new."""
    metrics = Metrics()
    progress = Progress(metrics, Stopped())
    for shard, seconds in ((0, 2.0), (1, 40.0), (2, -5.0)):
        progress.folded(shard, Record(Partition("decisions", shard), 7, NOW - seconds, None, b""))

    assert shown(progress, metrics, [0, 1, 2]) == 40.0
    assert shown(progress, metrics, [0, 2]) == 2.0
    assert shown(progress, metrics, [2]) == 0.0
    assert shown(progress, metrics, []) == 0.0


def test_a_shard_whose_rows_are_folded_again_is_counted_by_its_reason() -> None:
    """An alert can tell a rebuild that somebody asked for from one that a fault forced."""
    metrics = Metrics()
    progress = Progress(metrics, Stopped())
    progress.rebuilt("unreadable")
    progress.rebuilt("unreadable")
    assert metrics.registry.get_sample_value("kindline_state_rebuilds_total", {"reason": "unreadable"}) == 2
