"""Whoever asks for what is not theirs to ask is told why in one word, and nothing changes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from kindline.client import events as e
from kindline.language.facts.interactions import InteractionCompleted
from kindline.runtime.identities import fresh_command_id
from kindline.runtime.running import RunningCentre
from kindline.runtime.tokens import Session, issue
from kindline.v1 import agent_pb2, presence_pb2, presence_pb2_grpc, routing_pb2, routing_pb2_grpc
from tests.journey.conftest import RunningHouse
from tests.journey.ledger_view import ledger_of
from tests.journey.people import at_desk, next_of
from tests.journey.pools import open_pool

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

POOL = "bad/commands"
DEADLINE_SECONDS = 20.0


class Front:
    """A front end that speaks the wire itself, so that nothing it does wrong is mended for it."""

    def __init__(self, presence: grpc.aio.Channel, routing: grpc.aio.Channel) -> None:
        """Hold both services."""
        self.presence: Any = presence_pb2_grpc.PresenceServiceStub(presence)
        self.routing: Any = routing_pb2_grpc.RoutingServiceStub(routing)

    async def sign_in(self, agent_id: str) -> str:
        """Sign in; gives the session token."""
        request = presence_pb2.SignInRequest(pool=POOL, agent_id=agent_id)
        response = await self.presence.SignIn(request, timeout=DEADLINE_SECONDS)
        return str(response.session_token)

    async def complete(self, interaction_id: str, token: str | None, command_id: str = "") -> None:
        """Ask to end a piece of work."""
        command = agent_pb2.CompleteInteraction(interaction_id=interaction_id)
        request = routing_pb2.CompleteInteractionRequest(command_id=command_id, complete_interaction=command)
        metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        await self.routing.CompleteInteraction(request, timeout=DEADLINE_SECONDS, metadata=metadata)


@asynccontextmanager
async def front(running: RunningCentre) -> AsyncIterator[Front]:
    """A front end of one's own."""
    async with (
        grpc.aio.insecure_channel(running.presence) as presence,
        grpc.aio.insecure_channel(running.routing) as routing,
    ):
        yield Front(presence, routing)


async def refused(call: Callable[[], Awaitable[object]]) -> tuple[grpc.StatusCode, error_details_pb2.ErrorInfo]:
    """The code and the ErrorInfo of a call that must be refused."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call()
    status = rpc_status.from_call(error.value)  # type: ignore[arg-type]  # it asks for three methods, which this has.
    assert status is not None, error.value
    information = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(information) for detail in status.details), "the status carries no ErrorInfo"
    assert information.domain == "kindline"
    assert information.metadata["what_to_do"]
    return error.value.code(), information


async def test_what_is_not_an_agents_to_ask_is_refused_with_its_reason(house: RunningHouse) -> None:
    """A stranger, somebody else's work, no token, a forged one and an old command: five reasons, no work is ended."""
    async with ledger_of(house.running) as ledger, front(house.running) as wire:
        await open_pool(ledger, house.running, POOL)
        code, told = await refused(lambda: wire.sign_in("mallory"))
        assert (code, told.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_AGENT")
        async with at_desk(house.running, "ann", POOL) as ann:
            await ledger.write_as(POOL, "customer", "c-1")
            offer = (await next_of(ann, e.OfferReceived)).offer
            await ann.accept(offer)
            work, bob = offer.interaction_id, await wire.sign_in("bob")
            code, told = await refused(lambda: wire.complete(work, bob))
            assert (code, told.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_YOUR_INTERACTION")
            code, told = await refused(lambda: wire.complete(work, None))
            assert (code, told.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")
            forged = issue(b"a secret that is not the centre's own", Session(POOL, "ann", ann.session_id, time.time()))
            for token in (forged, "nonsense", bob[:-4] + "AAAA"):
                code, told = await refused(lambda token=token: wire.complete(work, token))  # type: ignore[misc]
                assert (code, told.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")
            old = fresh_command_id(time.time() - 601.0)
            code, told = await refused(lambda: wire.complete(work, bob, old))
            assert (code, told.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "COMMAND_TOO_OLD")
            assert told.metadata["retryable"] == "false"
            await ledger.decided()
            assert not ledger.facts(InteractionCompleted, POOL)
            await ann.complete(offer)
            await ann.finish_wrap_up(offer)
        await ledger.decided()
        assert [fact.interaction_id for fact in ledger.facts(InteractionCompleted, POOL)] == [work]
