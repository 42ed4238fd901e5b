"""From an event that is sent to an offer that an agent's front end has, beside the raw round trip of the same broker.

All are measured in one run, turn by turn, 50 a second together. Raw is a bare producer and consumer on a topic of its
own, once with kafka-python and once with confluent-kafka; after each raw trip the same producer sends an interaction,
whose way leads through the ledger, the engine, a decision that counts, and a gRPC stream, through the owner's edge and
through another replica's. A round with a lost offer counts as failed.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kindline.commands.centre import Centre, CentreOptions
from kindline.language.events import CustomerLeft, InteractionEvent, InteractionStarted
from kindline.language.ids import shard_of
from kindline.ledger import codec, topics
from kindline.ledger.envelope import headers
from kindline.runtime.running import RunningCentre
from tests.bench.desks import POOL, Desks
from tests.bench.figures import Figures, percentile, say, spread
from tests.bench.raw_trips import CLIENTS, RawTrip, open_trip

AGENTS = 20
ROUNDS = 9
TURNS_PER_ROUND = 120
"""Turns of a round; in each, every raw client makes its trip and is followed by an interaction."""
RATE = 50.0
OFFER_LIMIT_SECONDS = 10.0
PARTITIONS = 1
WAYS = ("raw", "owner", "other")

PLAN = """\
pools:
  - pool: bench/pool
    channels: [{{channel: chat, units: 0, at_once: 100000}}]
    queues: [{{name: all, choice: round_robin, offer_seconds: 3600, wrap_up_seconds: 0}}]
    entry_points: [{{name: web, channel: chat, queue: all}}]
    agents: [{agents}]
"""


@dataclass
class Round:
    """One round's samples by raw client and way, in milliseconds."""

    samples: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    lost: int = 0

    def of(self, client: str, way: str) -> list[float]:
        """The samples of one way beside one client."""
        return self.samples.setdefault((client, way), [])


def interaction(number: str, event: InteractionStarted | CustomerLeft) -> tuple[bytes, list[tuple[str, bytes]]]:
    """One event of the customer of this number."""
    value = codec.encode(InteractionEvent(pool=POOL, entry_point="web", thread=number, event=event))
    kind = type(event).__name__
    envelope = headers(kind=kind, event_id=f"{number}-{kind}", source="bench", happened_at=time.time())
    return value, list(envelope)


async def one_round(number: int, trips: dict[str, RawTrip], desks: Desks) -> Round:
    """Send raw records and interactions in turn, at the bench's rate, and wait for what must come of them."""
    sent: dict[tuple[str, str], dict[str, float]] = {}
    begin = time.perf_counter()
    turns = itertools.product(range(TURNS_PER_ROUND), trips, ("raw", "ours"))
    for index, (turn, client, way) in enumerate(turns):
        await asyncio.sleep(max(0.0, begin + index / RATE - time.perf_counter()))
        name = f"{number}-{turn}-{client}"
        value, envelope = interaction(name, InteractionStarted(attributes={"n": name}))
        topic, key = (f"{topics.INTERACTIONS}", POOL) if way == "ours" else (trips[client].topic, name)
        partition = shard_of(POOL, PARTITIONS) if way == "ours" else 0
        sent.setdefault((client, way), {})[name] = time.perf_counter()
        trips[client].send(topic, key.encode(), value, envelope, partition)
    found = await _collected(sent, trips, desks)
    for client, trip in trips.items():
        for name in sent[client, "ours"]:
            value, envelope = interaction(name, CustomerLeft())
            trip.send(topics.INTERACTIONS, POOL.encode(), value, envelope, shard_of(POOL, PARTITIONS))
    await asyncio.sleep(1.0)
    return found


async def _collected(sent: dict[tuple[str, str], dict[str, float]], trips: dict[str, RawTrip], desks: Desks) -> Round:
    offers = [name for client in trips for name in sent[client, "ours"]]
    deadline = time.perf_counter() + OFFER_LIMIT_SECONDS
    while time.perf_counter() < deadline and not all(all(n in seen for n in offers) for seen in desks.seen.values()):
        await asyncio.sleep(0.05)
    found = Round()
    for client, trip in trips.items():
        raw, ours = sent[client, "raw"], sent[client, "ours"]
        found.of(client, "raw").extend(
            1000 * (trip.seen[n.encode()] - at) for n, at in raw.items() if n.encode() in trip.seen
        )
        for edge, seen in desks.seen.items():
            found.of(client, edge).extend(1000 * (seen[name] - at) for name, at in ours.items() if name in seen)
            found.lost += sum(name not in seen for name in ours)
    return found


def summary(rounds: list[Round]) -> Figures:
    """Medians over the rounds, with minimum and maximum."""
    whole = [found for found in rounds if not found.lost]
    offers = sum(len(found.of(client, "owner")) for found in rounds for client in CLIENTS)
    figures: Figures = {
        "rounds_failed": {"value": len(rounds) - len(whole), "min": 0, "max": len(rounds), "unit": "rounds"},
        "offers": {"value": offers, "min": offers, "max": offers, "unit": "offers"},
    }
    for client, (share, word) in itertools.product(CLIENTS, ((0.5, "p50"), (0.99, "p99"))):
        beside = client.replace("-", "_")
        for way in WAYS:
            values = [percentile(found.of(client, way), share) for found in whole if found.of(client, way)]
            figures[f"{way}_{word}_beside_{beside}"] = spread(values, "ms")
            if way != "raw":
                pairs = [(found.of(client, way), found.of(client, "raw")) for found in whole if found.of(client, way)]
                ratios = [percentile(ours, share) / percentile(raw, share) for ours, raw in pairs]
                figures[f"{way}_{word}_ratio_beside_{beside}"] = spread(ratios, "x")
    return figures


async def _measure(running: RunningCentre, edges: dict[str, str], count: int) -> Figures:
    trips = {client: open_trip(client, running.kafka) for client in CLIENTS}
    desks = Desks(running, edges, AGENTS)
    try:
        await desks.open()
        await one_round(0, trips, desks)  # Warm: connections, caches, the first classes.
        rounds = []
        for number in range(1, count + 1):
            rounds.append(await one_round(number, trips, desks))
            say(f"round {number} of {count}: {rounds[-1].lost} lost")
        return summary(rounds)
    finally:
        await desks.close()
        for trip in trips.values():
            trip.close()


def owner_of(running: RunningCentre) -> str:
    """The service whose engine owns the bench's shard, by its own metrics."""
    for name in ("routing", "routing-2"):
        with urllib.request.urlopen(f"http://{running.admin[name]}/metrics", timeout=5.0) as page:
            for line in page.read().decode().splitlines():
                if line.startswith("kindline_owned_shards") and float(line.split()[-1]) > 0:
                    return name
    raise RuntimeError("nobody owns the shard")


def options_in(directory: Path, agents: int, **others: Any) -> CentreOptions:  # noqa: ANN401 - as the class says
    """A centre of the bench: one shard, and a plan in which everybody can take any number of chats."""
    names = ", ".join(f"{{agent_id: agent-{number}}}" for number in range(agents))
    (directory / "plan.yaml").write_text(PLAN.format(agents=names), encoding="utf-8")
    return CentreOptions(
        directory=directory,
        plan=directory / "plan.yaml",
        partitions=PARTITIONS,
        free_ports=True,
        services=("routing", "presence"),
        **others,
    )


def measure(rounds: int = ROUNDS) -> Figures:
    """Start Kafka, presence and two routing processes, measure, stop them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Centre(options_in(Path(folder), AGENTS, routers=2), say) as running,
    ):
        owner = owner_of(running)
        other = "routing-2" if owner == "routing" else "routing"
        edges = {"owner": running.edges[owner], "other": running.edges[other]}
        return asyncio.run(_measure(running, edges, rounds))
