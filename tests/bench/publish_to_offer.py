"""From an event that is sent to an offer that an agent's front end has, beside the raw round trip of the same broker.

Both are measured in one run, turn by turn, 50 a second together: raw is a bare kafka-python producer and consumer on a
topic of its own; the other way leads through the ledger, the engine, a decision that counts, and a gRPC stream, once
through the owner's edge and once through another replica's. A round with a lost offer counts as failed.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from kindline.client.connection import bearer
from kindline.commands.centre import Centre, CentreOptions
from kindline.language.agents import AgentStatus, SetStatus
from kindline.language.events import CustomerLeft, InteractionEvent, InteractionStarted
from kindline.language.ids import shard_of
from kindline.ledger import codec, topics
from kindline.ledger.codec import to_message
from kindline.ledger.envelope import headers
from kindline.runtime.identities import fresh_command_id
from kindline.runtime.running import RunningCentre
from kindline.v1 import presence_pb2, presence_pb2_grpc, routing_pb2, routing_pb2_grpc

POOL = "bench/pool"
RAW = "kindline-bench-raw"
AGENTS = 20
ROUNDS = 5
SAMPLES_PER_ROUND = 240
RATE = 50.0
OFFER_LIMIT_SECONDS = 10.0
PARTITIONS = 1

PLAN = """\
pools:
  - pool: bench/pool
    channels: [{{channel: chat, units: 0, at_once: 100000}}]
    queues: [{{name: all, offer_seconds: 3600, wrap_up_seconds: 0}}]
    entry_points: [{{name: web, channel: chat, queue: all}}]
    agents: [{agents}]
"""


@dataclass
class Round:
    """One round's samples, in milliseconds."""

    raw: list[float] = field(default_factory=list)
    owner: list[float] = field(default_factory=list)
    other: list[float] = field(default_factory=list)
    lost: int = 0


class RawRoundTrip:
    """A bare kafka-python producer and a consumer in a thread of its own."""

    def __init__(self, kafka: str) -> None:
        admin = KafkaAdminClient(bootstrap_servers=kafka)
        admin.create_topics([NewTopic(RAW, 1, 1)])
        admin.close()
        self.producer = KafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=0)
        self.seen: dict[bytes, float] = {}
        self._consumer = KafkaConsumer(
            bootstrap_servers=kafka, group_id=None, fetch_max_wait_ms=500, fetch_min_bytes=1, enable_auto_commit=False
        )
        self._consumer.assign([TopicPartition(RAW, 0)])
        self._consumer.seek_to_end()
        self._consumer.position(TopicPartition(RAW, 0))
        self._stopping = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._stopping:
            for records in self._consumer.poll(timeout_ms=500).values():
                now = time.perf_counter()
                for record in records:
                    self.seen[record.key] = now

    def close(self) -> None:
        """Stop the thread, then the clients."""
        self._stopping = True
        self._thread.join(5.0)
        self._consumer.close()
        self.producer.close()


class Desks:
    """All agents of the bench: signed in once, followed at both edges."""

    def __init__(self, running: RunningCentre, edges: dict[str, str]) -> None:
        self.seen: dict[str, dict[str, float]] = {name: {} for name in edges}
        self._presence = grpc.aio.insecure_channel(running.presence)
        self._edges = {name: grpc.aio.insecure_channel(address) for name, address in edges.items()}
        self._tasks: list[asyncio.Task[None]] = []
        self._open = 0

    async def open(self) -> None:
        """Sign everybody in and begin to listen."""
        presence: Any = presence_pb2_grpc.PresenceServiceStub(self._presence)
        for number in range(AGENTS):
            request = presence_pb2.SignInRequest(pool=POOL, agent_id=f"agent-{number}")
            token = (await presence.SignIn(request, timeout=10.0)).session_token
            self._tasks.append(asyncio.create_task(self._attend(presence, token)))
            await asyncio.sleep(0.02)
            command: Any = to_message(SetStatus(status=AgentStatus.AVAILABLE))
            wanted = presence_pb2.SetStatusRequest(command_id=fresh_command_id(), set_status=command)
            await presence.SetStatus(wanted, timeout=10.0, metadata=bearer(token))
            for name, channel in self._edges.items():
                self._tasks.append(asyncio.create_task(self._follow(name, channel, token)))
        async with asyncio.timeout(20.0):
            while self._open < AGENTS * len(self._edges):
                await asyncio.sleep(0.05)

    async def _attend(self, presence: Any, token: str) -> None:  # noqa: ANN401 - generated stubs are untyped
        async for _ in presence.Attend(presence_pb2.AttendRequest(), metadata=bearer(token)):
            pass

    async def _follow(self, name: str, channel: grpc.aio.Channel, token: str) -> None:
        routing: Any = routing_pb2_grpc.RoutingServiceStub(channel)
        begun = False
        async for frame in routing.FollowWork(routing_pb2.FollowWorkRequest(), metadata=bearer(token)):
            now = time.perf_counter()
            self._open += not begun
            begun = True
            for item in frame.items:
                if item.WhichOneof("item") == "offer":
                    self.seen[name][item.offer.attributes["n"]] = now

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for channel in (self._presence, *self._edges.values()):
            await channel.close()


def interaction(number: str, event: InteractionStarted | CustomerLeft) -> tuple[bytes, list[tuple[str, bytes]]]:
    """One event of the customer of this number."""
    value = codec.encode(InteractionEvent(pool=POOL, entry_point="web", thread=number, event=event))
    kind = type(event).__name__
    envelope = headers(kind=kind, event_id=f"{number}-{kind}", source="bench", happened_at=time.time())
    return value, list(envelope)


async def one_round(number: int, raw: RawRoundTrip, desks: Desks) -> Round:
    """Send raw records and interactions in turn, at the bench's rate, and wait for what must come of them."""
    sent: dict[str, float] = {}
    begin = time.perf_counter()
    for index in range(SAMPLES_PER_ROUND * 2):
        await asyncio.sleep(max(0.0, begin + index / RATE - time.perf_counter()))
        name = f"{number}-{index}"
        if index % 2:
            value, envelope = interaction(name, InteractionStarted(attributes={"n": name}))
            sent[name] = time.perf_counter()
            partition = shard_of(POOL, PARTITIONS)
            raw.producer.send(topics.INTERACTIONS, value, POOL.encode(), headers=envelope, partition=partition)
        else:
            value, envelope = interaction(name, InteractionStarted(attributes={"n": name}))
            sent[name] = time.perf_counter()
            raw.producer.send(RAW, value, name.encode(), headers=envelope, partition=0)
    offers = [name for name in sent if int(name.partition("-")[2]) % 2]
    deadline = time.perf_counter() + OFFER_LIMIT_SECONDS
    while time.perf_counter() < deadline and not all(all(n in seen for n in offers) for seen in desks.seen.values()):
        await asyncio.sleep(0.05)
    found = Round(raw=[1000 * (raw.seen[n.encode()] - sent[n]) for n in sent if n.encode() in raw.seen])
    for edge, into in (("owner", found.owner), ("other", found.other)):
        seen = desks.seen.get(edge, {})
        into.extend(1000 * (seen[name] - sent[name]) for name in offers if name in seen)
        found.lost += sum(name not in seen for name in offers) if edge in desks.seen else 0
    for name in offers:
        value, envelope = interaction(name, CustomerLeft())
        raw.producer.send(topics.INTERACTIONS, value, POOL.encode(), headers=envelope, partition=0)
    await asyncio.sleep(1.0)
    return found


def percentile(samples: list[float], share: float) -> float:
    """The sample below which this share of the samples lies."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def summary(rounds: list[Round]) -> dict[str, dict[str, Any]]:
    """Medians over the rounds, with minimum and maximum."""
    whole = [found for found in rounds if not found.lost]
    figures: dict[str, dict[str, Any]] = {
        "rounds_failed": {"value": len(rounds) - len(whole), "min": 0, "max": len(rounds), "unit": "rounds"},
        "offers": {"value": sum(len(found.owner) for found in rounds), "min": 0, "max": 0, "unit": "offers"},
    }
    for share, word in ((0.5, "p50"), (0.99, "p99")):
        for way in ("raw", "owner", "other"):
            values = [percentile(getattr(found, way), share) for found in whole if getattr(found, way)]
            figures[f"{way}_{word}"] = spread(values, "ms")
        for way in ("owner", "other"):
            pairs = [(getattr(found, way), found.raw) for found in whole if getattr(found, way)]
            figures[f"{way}_{word}_ratio"] = spread(
                [percentile(a, share) / percentile(b, share) for a, b in pairs], "x"
            )
    return figures


def spread(values: list[float], unit: str) -> dict[str, Any]:
    """The median of some values, with minimum and maximum."""
    if not values:
        return {"value": None, "min": None, "max": None, "unit": unit}
    return {"value": statistics.median(values), "min": min(values), "max": max(values), "unit": unit}


async def _measure(running: RunningCentre, edges: dict[str, str]) -> dict[str, dict[str, Any]]:
    raw, desks = RawRoundTrip(running.kafka), Desks(running, edges)
    try:
        await desks.open()
        await one_round(0, raw, desks)  # Warm: connections, caches, the first classes.
        rounds = []
        for number in range(1, ROUNDS + 1):
            rounds.append(await one_round(number, raw, desks))
            sys.stderr.write(f"  round {number} of {ROUNDS}: {rounds[-1].lost} lost\n")
        return summary(rounds)
    finally:
        await desks.close()
        raw.close()


def owner_of(running: RunningCentre) -> str:
    """The service whose engine owns the bench's shard, by its own metrics."""
    import urllib.request  # noqa: PLC0415 - only here

    for name in ("routing", "routing-2"):
        with urllib.request.urlopen(f"http://{running.admin[name]}/metrics", timeout=5.0) as page:
            for line in page.read().decode().splitlines():
                if line.startswith("kindline_owned_shards") and float(line.split()[-1]) > 0:
                    return name
    raise RuntimeError("nobody owns the shard")


def _say(line: str) -> None:
    sys.stderr.write(f"  {line}\n")


def measure() -> dict[str, dict[str, Any]]:
    """Start Kafka, presence and two routing processes, measure, stop them."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        agents = ", ".join(f"{{agent_id: agent-{number}}}" for number in range(AGENTS))
        (directory / "plan.yaml").write_text(PLAN.format(agents=agents), encoding="utf-8")
        options = CentreOptions(
            directory=directory,
            plan=directory / "plan.yaml",
            partitions=PARTITIONS,
            free_ports=True,
            routers=2,
            services=("routing", "presence"),
        )
        with Centre(options, _say) as running:
            owner = owner_of(running)
            other = "routing-2" if owner == "routing" else "routing"
            edges = {"owner": running.edges[owner], "other": running.edges[other]}
            return asyncio.run(_measure(running, edges))
