"""The hands of the load bench, each in a process of its own, so that none measures the others' waiting.

A publisher sends at a rate, a raw trip goes on beside it, and a room of desks notes when each offer comes, and accepts
and completes what it is offered by the same records that any edge appends for an agent. Customers and agents have
machines of their own; here they go before the servers, where the system lets them, and do as little as they can.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from confluent_kafka import Producer

from kindline.language.events import InteractionStarted
from kindline.language.ids import shard_of
from kindline.ledger import topics
from kindline.ledger.commands import LATE_SECONDS
from kindline.ledger.envelope import headers
from kindline.runtime.identities import fresh_command_id
from kindline.runtime.running import RunningCentre
from kindline.v1 import agent_pb2
from tests.bench.desks import POOL, Desks
from tests.bench.publish_to_offer import PARTITIONS, interaction
from tests.bench.raw_trips import open_trip

TICK_SECONDS = 0.005
RAW_RATE = 25.0
QUIET_SECONDS = 8.0
LIMIT_SECONDS = 60.0
SHARD = shard_of(POOL, PARTITIONS)
KEY = POOL.encode()
FIRST = -10
"""Niceness of who measures."""

Headers = Sequence[tuple[str, bytes]]


class Heard(NamedTuple):
    """What the desks heard of a phase: when each offer came, how many interactions ended, and when the last one did."""

    offered: dict[str, float]
    ended: int
    ended_at: float


class Hand:
    """One process that does what it is asked, one thing at a time."""

    def __init__(self, work: Callable[..., None], *arguments: object) -> None:
        """Start it; `work` gets the other end of the pipe first."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=steady, args=(work, theirs, *arguments), daemon=True)
        self._process.start()

    def ask(self, *words: object) -> None:
        """Ask for something."""
        self._pipe.send(words)

    def answer(self, limit: float = 4 * LIMIT_SECONDS) -> Any:  # noqa: ANN401 - as asked
        """What came of it."""
        if not self._pipe.poll(limit):
            raise TimeoutError(f"{self._process.name} does not answer")
        return self._pipe.recv()

    def close(self) -> None:
        """End it."""
        self.ask("end")
        self._process.join(10.0)
        if self._process.is_alive():
            self._process.kill()


def steady(work: Callable[..., None], *arguments: object) -> None:
    """Do this first and without collecting garbage: what holds up who measures would pass for what is measured."""
    gc.disable()
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, FIRST)
    work(*arguments)


def publish(pipe: Connection, kafka: str) -> None:
    """Send interactions at a rate, 0 for all at once, and tell when each was sent."""
    producer = _edge_producer(kafka)
    while (asked := pipe.recv())[0] != "end":
        prefix, count, rate = asked
        pipe.send(_paced(producer, [f"{prefix}-{index}" for index in range(count)], rate))
    producer.flush(10.0)


def _edge_producer(kafka: str) -> Producer:
    """A producer that sends together what comes within 5 ms, as Kindline's edges do with commands.

    One request for each customer is a line before the broker, which serves a connection's requests one by one. And an
    idempotent one, which may have five under way, spins while they are (librdkafka 2.16): it kept the broker's
    collector, with which they share a processor, from the 40 ms that it needs for up to 400.
    """
    together = {"linger.ms": 1000 * LATE_SECONDS, "socket.nagle.disable": True}
    return Producer({"bootstrap.servers": kafka, "acks": "all", **together})


def _paced(producer: Producer, names: list[str], rate: float) -> dict[str, float]:
    sent: dict[str, float] = {}
    made = [(name, *interaction(name, InteractionStarted(attributes={"n": name}))) for name in names]
    begun = time.perf_counter()
    for index, (name, value, envelope) in enumerate(made):
        if rate:
            while (early := begun + index / rate - time.perf_counter()) > 0:
                producer.poll(0)
                time.sleep(min(early, TICK_SECONDS))
        sent[name] = time.perf_counter()
        producer.produce(topics.INTERACTIONS, value, KEY, SHARD, headers=list(envelope))
        producer.poll(0)
    producer.flush(30.0)
    return sent


def raw_trips(pipe: Connection, kafka: str, client: str) -> None:
    """Make raw round trips for so many seconds, and give their milliseconds."""
    trip = open_trip(client, kafka)
    number = 0
    while (asked := pipe.recv())[0] != "end":
        sent: dict[str, float] = {}
        begun = time.perf_counter()
        while (now := time.perf_counter()) < begun + asked[1]:
            name = f"raw-{number}"
            number += 1
            sent[name] = now
            trip.send(trip.topic, name.encode(), b"x" * 260, [], 0)
            time.sleep(1 / RAW_RATE)
        time.sleep(1.0)
        pipe.send([1000 * (trip.seen[n.encode()] - at) for n, at in sent.items() if n.encode() in trip.seen])
    trip.close()


def desks(pipe: Connection, running: RunningCentre, edge: str, agents: int) -> None:
    """Hold every agent's stream; tell when each offer came, and how many went through all of their life."""
    asyncio.run(_desks(pipe, running, edge, agents))


async def _desks(pipe: Connection, running: RunningCentre, edge: str, agents: int) -> None:
    room = Desks(running, {"owner": edge}, agents)
    await room.open()
    producer = _edge_producer(running.kafka)
    envelope = headers(kind="AgentCommand", event_id="", source="bench", happened_at=time.time())
    room.act = functools.partial(_act, producer, [each for each in envelope if each[0] != "ce_id"])
    pipe.send("open")
    loop = asyncio.get_running_loop()
    while (asked := await loop.run_in_executor(None, pipe.recv))[0] != "end":
        room.seen["owner"].clear()
        room.ended = 0
        pipe.send("ready")
        await _until_over(room, asked[1], producer)
        pipe.send(Heard(dict(room.seen["owner"]), room.ended, room.ended_at))
    await room.close()
    producer.flush(5.0)


async def _until_over(room: Desks, count: int, producer: Producer) -> None:
    """Wait until so many interactions have ended, or nothing more has come for a while."""
    before, moved = 0, time.perf_counter()
    while room.ended < count and time.perf_counter() < moved + (QUIET_SECONDS if before else LIMIT_SECONDS):
        await asyncio.sleep(0.05)
        producer.poll(0)
        if room.ended != before:
            before, moved = room.ended, time.perf_counter()


def _act(producer: Producer, envelope: Headers, item: Any, agent_id: str, session_id: str) -> None:  # noqa: ANN401 - generated
    """Accept what is offered, and complete it when it is there; a stream that began anew shows all of it at once."""
    kind = item.WhichOneof("item")
    offers = [item.offer] if kind == "offer" else item.snapshot.offers
    work = [item.work] if kind == "work" else item.snapshot.work
    commands = [_accept(offer.offer_id) for offer in offers]
    commands += [_complete(one.interaction_id) for one in work if one.state == ACTIVE]
    for command in commands:
        command.session_id, command.command_id = session_id, fresh_command_id()
        said = agent_pb2.AgentEvent(pool=POOL, agent_id=agent_id, agent_command=command)
        each: list[tuple[str, str | bytes | None]] = [*envelope, ("ce_id", command.command_id.encode())]
        producer.produce(topics.AGENTS, said.SerializeToString(), KEY, SHARD, headers=each)
    if commands:
        producer.poll(0)


def _accept(offer_id: str) -> agent_pb2.AgentCommand:
    return agent_pb2.AgentCommand(accept_offer=agent_pb2.AcceptOffer(offer_id=offer_id))


def _complete(interaction_id: str) -> agent_pb2.AgentCommand:
    return agent_pb2.AgentCommand(complete_interaction=agent_pb2.CompleteInteraction(interaction_id=interaction_id))


ACTIVE = 2
"""WORK_STATE_ACTIVE on the wire."""
