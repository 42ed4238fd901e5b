"""The numbers routing shows, each declared once with a sentence; facts are counted by the shard's owner only."""

from collections import Counter
from collections.abc import Collection, Mapping

from kindline.language import facts as f
from kindline.language.facts.agents import RoutingState
from kindline.language.log import DecisionBatch
from kindline.runtime.clock import BusinessClock
from kindline.runtime.metrics import WAIT_BUCKETS, Metrics

OFFER_OUTCOMES: Mapping[type, str] = {
    f.OfferIssued: "issued",
    f.OfferAccepted: "accepted",
    f.OfferDeclined: "declined",
    f.OfferExpired: "expired",
    f.OfferRevoked: "revoked",
    f.OfferRescinded: "rescinded",
    f.OfferFailed: "failed",
}
INTERACTION_OUTCOMES: Mapping[type, str] = {
    f.InteractionReceived: "received",
    f.InteractionAnswered: "answered",
    f.InteractionClosed: "closed",
    f.InteractionAbandoned: "abandoned",
    f.InteractionDeflected: "deflected",
    f.InteractionCancelled: "cancelled",
    f.InteractionExpired: "expired",
}
COUNTS: Mapping[str, tuple[str, str]] = {
    "claims": ("claims_total", "Attempts of this process to own a shard."),
    "takeovers": ("takeovers_total", "Times this process became the owner of a shard."),
    "stand_downs": ("stand_downs_total", "Times this process let go of a shard because its ownership was in doubt."),
    "snapshots": ("snapshots_total", "Snapshots of a shard that this process wrote."),
}


class RoutingNumbers:
    """Counters and gauges of one replica."""

    def __init__(self, metrics: Metrics, clock: BusinessClock) -> None:
        """Declare them."""
        self._clock = clock
        self.streams = metrics.gauge("stream_sessions", "Streams of agents' front ends that are open here.")
        self.resyncs = metrics.counter("resyncs_total", "Snapshots sent on a stream, by reason.", ("reason",))
        self._decisions = metrics.counter("decisions_total", "Decision batches of this owner that count.")
        self._facts = metrics.counter("facts_total", "Facts of this owner that count.")
        self._offers = metrics.counter("offers_total", "Offers, by what became of them.", ("outcome",))
        self._interactions = metrics.counter(
            "interactions_total", "Interactions, by channel and what became of them.", ("channel", "outcome")
        )
        self._answer_wait = metrics.histogram(
            "answer_wait_seconds", "How long customers waited for an agent, in business time.", (), WAIT_BUCKETS
        )
        self.offer_latency = metrics.histogram(
            "offer_latency_seconds", "From the decision to the agent's stream, in system time."
        )
        self._dead_letters = metrics.counter(
            "dead_letters_total", "Inputs that were refused, by topic and reason.", ("topic", "reason")
        )
        self._rejected = metrics.counter("inputs_rejected_total", "Inputs on which the engine failed.")
        self._epoch = metrics.gauge("owner_epoch", "The epoch in which this process last saw the shard.", ("shard",))
        self._owned = metrics.gauge("owned_shards", "Shards that this process owns now.")
        self._agents = metrics.gauge("agents", "Agents by routing state, of all shards.", ("routing_state",))
        self._rebuilds = metrics.counter("state_rebuilds_total", "Times a state was built anew.", ("reason",))
        self._relayed = metrics.counter(
            "relayed_total",
            "Inputs that were copied to another topic or shard, by topic and reason.",
            ("topic", "reason"),
        )
        self._mirrored = {name: metrics.counter(*words) for name, words in COUNTS.items()}
        self._seen: dict[str, int] = {}

    def counted(self, shard: int, batch: DecisionBatch, channel_of: Mapping[str, str]) -> None:
        """Count a batch of a shard that this process owns; `channel_of` names each interaction's channel."""
        self._decisions.inc()
        self._facts.inc(len(batch.facts))
        offers: Counter[str] = Counter()
        interactions: Counter[tuple[str, str]] = Counter()
        for fact in batch.facts:
            kind = type(fact)
            if kind in OFFER_OUTCOMES:
                offers[OFFER_OUTCOMES[kind]] += 1
            elif kind in INTERACTION_OUTCOMES:
                channel = channel_of.get(fact.interaction_id, "unknown")  # type: ignore[union-attr]
                interactions[channel, INTERACTION_OUTCOMES[kind]] += 1
                if kind is f.InteractionAnswered:
                    self._answer_wait.observe(fact.waited_seconds)  # type: ignore[union-attr]
            elif isinstance(fact, f.InputDeadLettered):
                self._dead_letters.labels(fact.input.topic, fact.reason.name.lower()).inc()
            elif isinstance(fact, f.InputRejected):
                self._rejected.inc()
        for outcome, count in offers.items():
            self._offers.labels(outcome).inc(count)
        for labels, count in interactions.items():
            self._interactions.labels(*labels).inc(count)

    def epoch(self, shard: int, epoch: int) -> None:
        """Show the epoch of a shard."""
        self._epoch.labels(str(shard)).set(epoch)

    def offer_pushed(self, decided_at: float) -> None:
        """An offer was written to its agent's stream."""
        self.offer_latency.observe(max(0.0, self._clock.system_seconds(self._clock.now() - decided_at)))

    def mirror(self, counts: Mapping[str, int], owned: Collection[int], agents: Mapping[RoutingState, int]) -> None:
        """Take over what others counted since the last time."""
        for name, counter in self._mirrored.items():
            counter.inc(self._risen(name, counts))
        self._rebuilds.labels("decision_failed").inc(self._risen("state_rebuilds", counts))
        self._owned.set(len(owned))
        for state in RoutingState:
            if state is not RoutingState.UNSPECIFIED:
                self._agents.labels(state.name.lower()).set(agents.get(state, 0))

    def relayed(self, copied: Mapping[tuple[str, str], int]) -> None:
        """Take over what the relay counted since the last time."""
        for (topic, reason), count in tuple(copied.items()):
            self._relayed.labels(topic, reason.lower()).inc(self._since(f"{topic}/{reason}", count))

    def _risen(self, name: str, counts: Mapping[str, int]) -> int:
        return self._since(name, counts.get(name, 0))

    def _since(self, name: str, now: int) -> int:
        before, self._seen[name] = self._seen.get(name, 0), now
        return now - before
