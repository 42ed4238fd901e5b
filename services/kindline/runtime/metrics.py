"""Metrics: each declared once per room with a sentence, in a registry of its own.

Promises SREs base units, the prefix `kindline_`, closed label sets, and no series that nobody declared; promises rooms
that a second declaration of a name fails at start, not at the first scrape.
"""

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

PREFIX = "kindline_"
LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds, for work of the machine."""
WAIT_BUCKETS = (5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Seconds, on the SLA targets, for waits of people."""


class Metrics:
    """The numbers one process shows; names are given without the prefix."""

    def __init__(self) -> None:
        """Begin with what every process shows of itself."""
        self.registry = CollectorRegistry()
        ProcessCollector(namespace="kindline", registry=self.registry)
        build = self.gauge("build_info", "What runs here: 1, with version and Python as labels.", ("version", "python"))
        build.labels(_version(), platform.python_version()).set(1)

    def counter(self, name: str, sentence: str, labels: Sequence[str] = ()) -> Counter:
        """Declare a number that only rises. Raises ValueError if the name is taken."""
        return Counter(_named(name, sentence), sentence, labels, registry=self.registry)

    def gauge(self, name: str, sentence: str, labels: Sequence[str] = ()) -> Gauge:
        """Declare a number that rises and falls. Raises ValueError if the name is taken."""
        return Gauge(_named(name, sentence), sentence, labels, registry=self.registry)

    def histogram(
        self, name: str, sentence: str, labels: Sequence[str] = (), buckets: Sequence[float] = LATENCY_BUCKETS
    ) -> Histogram:
        """Declare a distribution. Raises ValueError if the name is taken."""
        return Histogram(_named(name, sentence), sentence, labels, registry=self.registry, buckets=buckets)

    def names(self) -> frozenset[str]:
        """Every declared name, as a rule or panel would write it without suffix."""
        return frozenset(metric.name for metric in self.registry.collect())

    def page(self) -> bytes:
        """The whole page in Prometheus' text format."""
        return generate_latest(self.registry)


def _named(name: str, sentence: str) -> str:
    if name.startswith(PREFIX) or not sentence.endswith("."):
        raise ValueError(f"metric {name}: give the name without {PREFIX!r} and a whole sentence")
    return PREFIX + name


def _version() -> str:
    try:
        return version("kindline")
    except PackageNotFoundError:
        return "unknown"
