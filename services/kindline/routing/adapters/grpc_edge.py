"""RoutingService over gRPC: checks who calls, turns messages into commands, and answers when the decision counts."""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

import grpc.aio
from google.protobuf.message import Message

from kindline.language import agents as a
from kindline.language.facts import Fact, InteractionAnswered, OfferIssued
from kindline.ledger.attendance import Attendance, Behind
from kindline.ledger.codec import Undecodable, from_message, to_union_message
from kindline.ledger.commands import Asked, CommandDesk, require_done
from kindline.ledger.port import LedgerUnavailable
from kindline.routing.adapters.grpc_settings import RoutingSettings
from kindline.routing.adapters.work_edge import WorkEdge
from kindline.routing.adapters.work_explain import Stories, Told
from kindline.runtime.callers import caller
from kindline.runtime.clock import System
from kindline.runtime.refused import Refused
from kindline.runtime.tokens import Session
from kindline.v1 import decision_pb2, routing_pb2_grpc
from kindline.v1 import routing_pb2 as r

SERVICES = (r.DESCRIPTOR.services_by_name["RoutingService"].full_name,)
ANSWER_MARGIN_SECONDS = 0.1
"""What is left of a deadline for the answer's way back."""

NEEDED = {
    a.AcceptOffer: ("offer_id",),
    a.DeclineOffer: ("offer_id",),
    a.SendMessage: ("interaction_id", "message_id", "content"),
    a.CompleteInteraction: ("interaction_id",),
    a.FinishWrapUp: ("interaction_id",),
    a.TransferInteraction: ("interaction_id", "queue"),
    a.HoldInteraction: ("interaction_id",),
    a.ResumeInteraction: ("interaction_id",),
}
"""The fields without which a command cannot mean anything."""


class RoutingEdge(routing_pb2_grpc.RoutingServiceServicer):
    """The servicer."""

    def __init__(
        self,
        settings: RoutingSettings,
        attendance: Attendance,
        desk: CommandDesk,
        work: WorkEdge,
        stories: Stories,
        system: System,
    ) -> None:
        """All of it is fed by the same ear on the decisions."""
        self._settings = settings
        self._attendance = attendance
        self._desk = desk
        self._work = work
        self._stories = stories
        self._system = system

    def add_to(self, server: grpc.aio.Server) -> None:
        """Serve from this server."""
        routing_pb2_grpc.add_RoutingServiceServicer_to_server(self, server)

    async def FollowWork(  # type: ignore[override]  # the stub knows generators only; this one writes to its context
        self,
        request: r.FollowWorkRequest,
        context: Any,  # noqa: ANN401
    ) -> None:
        """Push the agent's offers and work, until the stream ends."""
        session = caller(context, self._settings.rpc.token_secret)
        key = (session.pool, session.agent_id)
        await self._attendance.require_session(key, session.session_id)
        stream = self._work.stream(key, session.session_id)
        try:
            await self._work.open(stream, request.resume_token)
            await stream.write(
                context.write,
                afresh=lambda: self._work.afresh(stream),
                sent=self._work.sent,
                heartbeat_every=self._settings.heartbeat_every,
                system=self._system,
            )
        finally:
            self._work.close(stream)

    async def AcceptOffer(self, request: r.AcceptOfferRequest, context: Any) -> r.AcceptOfferResponse:  # noqa: ANN401
        """Take an offer."""
        await self._ask(context, request.command_id, request.accept_offer)
        return r.AcceptOfferResponse()

    async def DeclineOffer(self, request: r.DeclineOfferRequest, context: Any) -> r.DeclineOfferResponse:  # noqa: ANN401
        """Leave an offer."""
        await self._ask(context, request.command_id, request.decline_offer)
        return r.DeclineOfferResponse()

    async def SendMessage(self, request: r.SendMessageRequest, context: Any) -> r.SendMessageResponse:  # noqa: ANN401
        """Say something to the customer."""
        await self._ask(context, request.command_id, request.send_message)
        return r.SendMessageResponse()

    async def CompleteInteraction(
        self,
        request: r.CompleteInteractionRequest,
        context: Any,  # noqa: ANN401
    ) -> r.CompleteInteractionResponse:
        """End the work."""
        await self._ask(context, request.command_id, request.complete_interaction)
        return r.CompleteInteractionResponse()

    async def FinishWrapUp(self, request: r.FinishWrapUpRequest, context: Any) -> r.FinishWrapUpResponse:  # noqa: ANN401
        """End the wrap-up."""
        await self._ask(context, request.command_id, request.finish_wrap_up)
        return r.FinishWrapUpResponse()

    async def TransferInteraction(
        self,
        request: r.TransferInteractionRequest,
        context: Any,  # noqa: ANN401
    ) -> r.TransferInteractionResponse:
        """Give the work to a queue."""
        await self._ask(context, request.command_id, request.transfer_interaction)
        return r.TransferInteractionResponse()

    async def HoldInteraction(self, request: r.HoldInteractionRequest, context: Any) -> r.HoldInteractionResponse:  # noqa: ANN401
        """Put the customer on hold."""
        await self._ask(context, request.command_id, request.hold_interaction)
        return r.HoldInteractionResponse()

    async def ResumeInteraction(self, request: r.ResumeInteractionRequest, context: Any) -> r.ResumeInteractionResponse:  # noqa: ANN401
        """Take the customer off hold."""
        await self._ask(context, request.command_id, request.resume_interaction)
        return r.ResumeInteractionResponse()

    async def ExplainInteraction(
        self,
        request: r.ExplainInteractionRequest,
        context: Any,  # noqa: ANN401
    ) -> r.ExplainInteractionResponse:
        """Tell the facts of an interaction the agent owns or was offered, and why."""
        session = await self._session(context)
        shard = self._attendance.shard(session.pool)
        self._attendance.require_current(shard)
        if not self._stories.knows(shard, request.interaction_id):
            raise Refused("UNKNOWN_INTERACTION")
        try:
            async with asyncio.timeout(_limit(context)):
                told = await self._stories.tell(shard, request.interaction_id)
        except TimeoutError:
            raise Behind("the story could not be read in time") from None
        except LedgerUnavailable as error:
            raise Behind("the ledger does not answer") from error
        if not _concerns(told, session):
            raise Refused("NOT_YOUR_INTERACTION")
        return r.ExplainInteractionResponse(
            facts=[r.ExplainedFact(decided_at=at, fact=_fact_message(fact)) for at, fact in told]
        )

    async def _ask(self, context: Any, command_id: str, message: Message) -> None:  # noqa: ANN401
        session = await self._session(context)
        asked = Asked(
            pool=session.pool,
            agent_id=session.agent_id,
            session_id=session.session_id,
            command=_command(message),
            command_id=command_id,
        )
        require_done(await self._desk.ask(asked, _limit(context)))

    async def _session(self, context: Any) -> Session:  # noqa: ANN401
        session = caller(context, self._settings.rpc.token_secret)
        await self._attendance.require_session((session.pool, session.agent_id), session.session_id)
        return session


def _command(message: Message) -> a.Command:
    """The command in a request. Raises Refused when it lacks what it needs."""
    try:
        command = cast("a.Command", from_message(message))
    except Undecodable as error:
        raise Refused("INVALID_COMMAND", str(error)) from None
    for name in NEEDED[type(command)]:
        if not getattr(command, name):
            raise Refused("INVALID_COMMAND", f"{name} is not set")
    return command


def _concerns(told: Iterable[Told], session: Session) -> bool:
    key = (session.pool, session.agent_id)
    return any(
        (fact.pool, fact.agent_id) == key for _, fact in told if isinstance(fact, OfferIssued | InteractionAnswered)
    )


def _fact_message(fact: Fact) -> decision_pb2.Fact:
    return cast("decision_pb2.Fact", to_union_message("Fact", fact))


def _limit(context: Any) -> float:  # noqa: ANN401
    remaining: float = context.time_remaining()
    return max(0.0, remaining - ANSWER_MARGIN_SECONDS)
