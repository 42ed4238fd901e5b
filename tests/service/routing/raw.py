"""Routing and presence as a front end without our client meets them: bare stubs, bare frames, bare errors."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc.aio
import pytest

from kindline.client.errors import DeskRefused, refusal_of
from kindline.v1 import presence_pb2, presence_pb2_grpc, routing_pb2, routing_pb2_grpc
from tests.given import POOL
from tests.service.routing.house import LIMIT, Process, address


class Raw:
    """One channel to a process of each room, and the token of whoever signed in through it."""

    def __init__(self, presence: Process[Any], routing: Process[Any], token: str = "") -> None:
        """Connect to these processes."""
        self._channels = [grpc.aio.insecure_channel(address(each.room.port)) for each in (presence, routing)]
        self.presence: Any = presence_pb2_grpc.PresenceServiceStub(self._channels[0])
        self.routing: Any = routing_pb2_grpc.RoutingServiceStub(self._channels[1])
        self.token = token

    def other(self, token: str = "") -> "Raw":
        """Somebody else on the same channels."""
        twin = Raw.__new__(Raw)
        twin.__dict__ = {**self.__dict__, "token": token}
        return twin

    async def sign_in(self, agent_id: str, key: str = "") -> "Raw":
        """Sign in and keep the token."""
        request = presence_pb2.SignInRequest(pool=POOL, agent_id=agent_id, sign_in_key=key)
        self.token = (await self.presence.SignIn(request, timeout=5.0)).session_token
        return self

    def call(self, method: Any, request: object, timeout: float | None = 5.0) -> Awaitable[Any]:  # noqa: ANN401
        """Call a method with the token."""
        answer: Awaitable[Any] = method(request, timeout=timeout, metadata=self.metadata)
        return answer

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Who is calling."""
        return (("authorization", f"Bearer {self.token}"),) if self.token else ()

    def follow(self, resume_token: bytes = b"") -> "Frames":
        """Open the stream of work."""
        request = routing_pb2.FollowWorkRequest(resume_token=resume_token)
        return Frames(self.routing.FollowWork(request, metadata=self.metadata))

    def attend(self) -> "Frames":
        """Open the stream that proves the agent alive."""
        return Frames(self.presence.Attend(presence_pb2.AttendRequest(), metadata=self.metadata))

    async def close(self) -> None:
        """Let go of the channels."""
        for channel in self._channels:
            await channel.close()


class Frames:
    """The frames of one stream, read by the test when it wants to."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - stubs are untyped.
        """Read this stream."""
        self._stream = stream
        self.token = b""
        self.sequence = 0

    async def next(self, limit: float = LIMIT) -> Any:  # noqa: ANN401
        """The next frame; None at the end of the stream."""
        async with asyncio.timeout(limit):
            frame = await self._stream.read()
        if frame is grpc.aio.EOF:
            return None
        if isinstance(frame, routing_pb2.FollowWorkResponse):
            assert frame.sequence == self.sequence + 1
            self.sequence, self.token = frame.sequence, frame.resume_token or self.token
        return frame

    async def until(self, kind: str) -> Any:  # noqa: ANN401
        """The next item of a kind, whatever comes before it."""
        return (await self.items_until(kind))[-1]

    async def items_until(self, kind: str) -> list[Any]:
        """All items up to the end of the frame in which the first of a kind came; the last one is of that kind."""
        items: list[Any] = []
        while (frame := await self.next()) is not None:
            items += frame.items if isinstance(frame, routing_pb2.FollowWorkResponse) else [frame]
            found = [item for item in items if item.WhichOneof(item.DESCRIPTOR.oneofs[0].name) == kind]
            if found:
                return [*(item for item in items if item is not found[0]), found[0]]
        raise AssertionError(f"the stream ended before {kind}")

    def leave(self) -> None:
        """Be gone, as a closed browser tab is."""
        self._stream.cancel()


async def refusal(call: Callable[[], Awaitable[object]]) -> DeskRefused:
    """The refusal that a call meets."""
    with pytest.raises(grpc.aio.AioRpcError) as met:
        await call()
    refused = refusal_of(met.value)
    assert refused is not None, f"{met.value.code()}: {met.value.details()}"
    return refused
