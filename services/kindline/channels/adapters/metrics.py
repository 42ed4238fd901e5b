"""Every number that channels shows, each declared once with a sentence (the room's README lists them)."""

from __future__ import annotations

from kindline.runtime.metrics import Metrics


class Numbers:
    """The room's numbers; label sets are closed and never name a person."""

    def __init__(self, metrics: Metrics) -> None:
        """Declare them all."""
        self._declare_edges(metrics)
        self._declare_ledger(metrics)

    def _declare_edges(self, metrics: Metrics) -> None:
        self.web_hooks = metrics.counter(
            "webhook_requests_total",
            "Web hooks received, by what became of them: accepted, bad_signature, stale, too_large, malformed, "
            "unknown, slow or unavailable.",
            ("channel", "result"),
        )
        self.notices = metrics.counter(
            "webhook_notices_total",
            "Web hooks sent, by what became of them: delivered, failed (given up) or retried.",
            ("channel", "result"),
        )
        self.notices_waiting = metrics.gauge(
            "webhook_notices_waiting", "Web hooks that are to be sent and have not been delivered yet."
        )
        self.sockets = metrics.gauge("chat_connections", "Chat pages that are connected now.")
        self.frames = metrics.counter(
            "chat_frames_total",
            "Frames from chat pages, by what became of them: accepted, ignored, too_fast, malformed or unavailable.",
            ("result",),
        )
        self.refused = metrics.counter(
            "chat_refusals_total",
            "Chat pages turned away, by reason: origin, full, hello, entry_point, subprotocol, abuse or starting.",
            ("reason",),
        )

    def _declare_ledger(self, metrics: Metrics) -> None:
        self.published = metrics.counter(
            "channel_events_total", "Events that channels wrote to the ledger, by kind.", ("channel", "kind")
        )
        self.append_seconds = metrics.histogram(
            "channel_append_seconds", "How long the ledger took to acknowledge an event of channels."
        )
        self.unavailable = metrics.counter(
            "channel_ledger_unavailable_total", "Times that an event could not be written because the ledger was away."
        )
        self.reports_dropped = metrics.counter(
            "channel_reports_dropped_total", "Delivery reports given up because too many were waiting for the ledger."
        )
        self.rebuilds = metrics.counter(
            "state_rebuilds_total", "Times that a position in the log was lost and begun again, by reason.", ("reason",)
        )
