"""The desks of a bench: agents signed in once through presence, each followed on one stream at every edge."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import grpc.aio

from kindline.client.connection import bearer
from kindline.language.agents import AgentStatus, SetStatus
from kindline.ledger.codec import to_message
from kindline.runtime.identities import fresh_command_id
from kindline.runtime.running import RunningCentre
from kindline.v1 import presence_pb2, presence_pb2_grpc, routing_pb2, routing_pb2_grpc

POOL = "bench/pool"


class Desks:
    """All agents of the bench: signed in once, followed at both edges."""

    def __init__(self, running: RunningCentre, edges: dict[str, str], agents: int) -> None:
        self._agents = agents
        self.ended = 0
        self.ended_at = 0.0
        self.act: Callable[[Any, str, str], None] | None = None
        """Hears every item with its agent and session, when the desks shall do something about it."""
        self.seen: dict[str, dict[str, float]] = {name: {} for name in edges}
        self._presence = grpc.aio.insecure_channel(running.presence)
        self._edges = {name: grpc.aio.insecure_channel(address) for name, address in edges.items()}
        self._tasks: list[asyncio.Task[None]] = []
        self._open = 0

    async def open(self) -> None:
        """Sign everybody in and begin to listen."""
        presence: Any = presence_pb2_grpc.PresenceServiceStub(self._presence)
        for number in range(self._agents):
            request = presence_pb2.SignInRequest(pool=POOL, agent_id=f"agent-{number}")
            answer = await presence.SignIn(request, timeout=10.0)
            token, session = answer.session_token, answer.session_id
            self._tasks.append(asyncio.create_task(self._attend(presence, token)))
            await asyncio.sleep(0.02)
            command: Any = to_message(SetStatus(status=AgentStatus.AVAILABLE))
            wanted = presence_pb2.SetStatusRequest(command_id=fresh_command_id(), set_status=command)
            await presence.SetStatus(wanted, timeout=10.0, metadata=bearer(token))
            for name, channel in self._edges.items():
                who = (f"agent-{number}", session)
                self._tasks.append(asyncio.create_task(self._follow(name, channel, token, who)))
        async with asyncio.timeout(20.0):
            while self._open < self._agents * len(self._edges):
                await asyncio.sleep(0.05)

    async def _attend(self, presence: Any, token: str) -> None:  # noqa: ANN401 - generated stubs are untyped
        async for _ in presence.Attend(presence_pb2.AttendRequest(), metadata=bearer(token)):
            pass

    async def _follow(self, name: str, channel: grpc.aio.Channel, token: str, who: tuple[str, str]) -> None:
        routing: Any = routing_pb2_grpc.RoutingServiceStub(channel)
        begun = False
        hands: set[str] = set()
        async for frame in routing.FollowWork(routing_pb2.FollowWorkRequest(), metadata=bearer(token)):
            now = time.perf_counter()
            self._open += not begun
            begun = True
            for item in frame.items:
                for offer in (item.offer,) if item.HasField("offer") else item.snapshot.offers:
                    self.seen[name].setdefault(offer.attributes["n"], now)
                self._end(_over(hands, item), now)
                if self.act is not None:
                    self.act(item, *who)

    def _end(self, over: int, now: float) -> None:
        if over:
            self.ended, self.ended_at = self.ended + over, now

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for channel in (self._presence, *self._edges.values()):
            await channel.close()


def _over(hands: set[str], item: Any) -> int:  # noqa: ANN401 - generated
    """How many interactions in an agent's hands end with this item; a snapshot does not name those that are gone."""
    match item.WhichOneof("item"):
        case "offer":
            hands.add(item.offer.interaction_id)
        case "work_ended":
            hands.discard(item.work_ended.interaction_id)
            return 1
        case "snapshot":
            there = {one.interaction_id for one in (*item.snapshot.offers, *item.snapshot.work)}
            gone = len(hands - there)
            hands.clear()
            hands.update(there)
            return gone
    return 0
