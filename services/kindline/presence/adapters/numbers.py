"""The numbers presence shows, each declared once with a sentence."""

from kindline.runtime.metrics import Metrics


class PresenceNumbers:
    """Counters and gauges of one replica."""

    def __init__(self, metrics: Metrics) -> None:
        """Declare them."""
        self.streams = metrics.gauge("stream_sessions", "Streams of agents' front ends that are open here.")
        self.sign_ins = metrics.counter("sign_ins_total", "Sign-ins, by how they ended.", ("outcome",))
        self.reopened = metrics.counter(
            "sessions_reopened_total", "Sessions opened again because their lease was given up while attached."
        )
        self.lost = metrics.counter("streams_lost_total", "Streams that ended without a sign-out.")
        self.failures = metrics.counter(
            "session_facts_failed_total", "Facts about sessions that the ledger did not take, by kind.", ("kind",)
        )
