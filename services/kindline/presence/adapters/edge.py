"""PresenceService over gRPC: checks who calls, turns messages into commands, and answers when the decision counts."""

from typing import Any

import grpc.aio

from kindline.language.agent_view import AgentKey
from kindline.language.agents import ClearNotResponding, Command, SetStatus
from kindline.ledger.attendance import Attendance
from kindline.ledger.codec import from_message
from kindline.ledger.commands import Asked, CommandDesk, require_done
from kindline.presence.adapters.numbers import PresenceNumbers
from kindline.presence.adapters.sessions import Sessions
from kindline.presence.adapters.settings import PresenceSettings
from kindline.presence.adapters.streams import AttendStream, AttendStreams
from kindline.runtime.callers import caller
from kindline.runtime.clock import System
from kindline.runtime.refused import Refused
from kindline.runtime.tokens import Session, agent_key_matches, issue
from kindline.v1 import presence_pb2, presence_pb2_grpc

SERVICES = (presence_pb2.DESCRIPTOR.services_by_name["PresenceService"].full_name,)
ANSWER_MARGIN_SECONDS = 0.1
"""What is left of a deadline for the answer's way back."""


class PresenceEdge(presence_pb2_grpc.PresenceServiceServicer):
    """The servicer."""

    def __init__(
        self,
        settings: PresenceSettings,
        attendance: Attendance,
        desk: CommandDesk,
        sessions: Sessions,
        system: System,
        numbers: PresenceNumbers,
    ) -> None:
        """Streams are public so that the process can drain them."""
        self.streams = AttendStreams(attendance, sessions, numbers)
        self._settings = settings
        self._attendance = attendance
        self._desk = desk
        self._sessions = sessions
        self._system = system
        self._numbers = numbers

    def add_to(self, server: grpc.aio.Server) -> None:
        """Serve from this server."""
        presence_pb2_grpc.add_PresenceServiceServicer_to_server(self, server)

    async def SignIn(self, request: presence_pb2.SignInRequest, context: Any) -> presence_pb2.SignInResponse:  # noqa: ANN401
        """Begin a session."""
        key = (request.pool, request.agent_id)
        try:
            self._require_credential(key, request.sign_in_key)
            self._attendance.require_planned(key)
            session_id = await self._sessions.sign_in(key, _limit(context))
        except Refused as refused:
            self._numbers.sign_ins.labels(refused.reason).inc()
            raise
        self._numbers.sign_ins.labels("OK").inc()
        session = Session(request.pool, request.agent_id, session_id, self._system.wall())
        return presence_pb2.SignInResponse(
            session_token=issue(self._settings.rpc.token_secret, session), session_id=session_id
        )

    async def Attend(  # type: ignore[override]  # the stub knows generators only; this one writes to its context
        self,
        request: presence_pb2.AttendRequest,
        context: Any,  # noqa: ANN401
    ) -> None:
        """Prove that the agent is there, until the stream ends."""
        session = self._caller(context)
        key = (session.pool, session.agent_id)
        view = await self._attendance.require_session(key, session.session_id)
        number = await self._sessions.attach(key, session.session_id)
        stream = AttendStream(key, session.session_id)
        self.streams.open(stream, self._attendance.view(key) or view)
        try:
            await stream.write(context.write, self._settings.heartbeat_every, self._system)
        finally:
            self.streams.close(stream)
            self._sessions.detach(key, session.session_id, number)

    async def SetStatus(self, request: presence_pb2.SetStatusRequest, context: Any) -> presence_pb2.SetStatusResponse:  # noqa: ANN401
        """Declare a status."""
        command = from_message(request.set_status)
        if not isinstance(command, SetStatus) or not command.status:
            raise Refused("INVALID_COMMAND", "set_status.status is not set")
        await self._ask(context, command, request.command_id)
        return presence_pb2.SetStatusResponse()

    async def ClearNotResponding(
        self,
        request: presence_pb2.ClearNotRespondingRequest,
        context: Any,  # noqa: ANN401
    ) -> presence_pb2.ClearNotRespondingResponse:
        """Say that the agent is here again."""
        await self._ask(context, ClearNotResponding(), request.command_id)
        return presence_pb2.ClearNotRespondingResponse()

    async def SignOut(self, request: presence_pb2.SignOutRequest, context: Any) -> presence_pb2.SignOutResponse:  # noqa: ANN401
        """End the session."""
        session = self._caller(context)
        key = (session.pool, session.agent_id)
        self._attendance.require_current(self._attendance.shard(session.pool))
        await self._attendance.require_session(key, session.session_id)
        await self._sessions.sign_out(key, session.session_id, _limit(context))
        return presence_pb2.SignOutResponse()

    async def _ask(self, context: Any, command: Command, command_id: str) -> None:  # noqa: ANN401
        session = self._caller(context)
        await self._attendance.require_session((session.pool, session.agent_id), session.session_id)
        asked = Asked(
            pool=session.pool,
            agent_id=session.agent_id,
            session_id=session.session_id,
            command=command,
            command_id=command_id,
        )
        require_done(await self._desk.ask(asked, _limit(context)))

    def _caller(self, context: Any) -> Session:  # noqa: ANN401
        return caller(context, self._settings.rpc.token_secret)

    def _require_credential(self, key: AgentKey, given: str) -> None:
        rpc = self._settings.rpc
        if (given or not rpc.loopback) and not agent_key_matches(rpc.token_secret, *key, given):
            raise Refused("CREDENTIAL_WRONG")


def _limit(context: Any) -> float:  # noqa: ANN401
    remaining: float = context.time_remaining()
    return max(0.0, remaining - ANSWER_MARGIN_SECONDS)
