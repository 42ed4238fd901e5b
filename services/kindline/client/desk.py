"""A desk: presence and routing merged into one object, for whoever builds an agent's front end.

Promises one stream of typed events that survives restarts of either service without a gap, and commands that are
carried out once however often the network makes the desk repeat them.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

from google.protobuf.message import Message as WireMessage

from kindline.client import events as e
from kindline.client import reading
from kindline.client.connection import SessionLost, ask, bearer, channel, keep_open
from kindline.client.errors import DeskRefused, DeskUnreachable
from kindline.language import agents as a
from kindline.language.content import Content, Disposition
from kindline.language.facts import Fact
from kindline.ledger.codec import from_message, to_message
from kindline.runtime.identities import fresh_command_id, fresh_id
from kindline.runtime.outbox import Outbox
from kindline.v1 import presence_pb2, presence_pb2_grpc, routing_pb2, routing_pb2_grpc

PRESENCE = "127.0.0.1:7001"
ROUTING = "127.0.0.1:7002"
EVENTS_BOUND = 10_000
SIGN_OUT_SECONDS = 5.0

OfferName = e.Offer | str
WorkName = e.Work | e.Message | e.Offer | str


class Desk:
    """One signed-in agent; use it as an async context manager, which signs in and out."""

    def __init__(
        self, *, pool: str, agent_id: str, presence: str = PRESENCE, routing: str = ROUTING, sign_in_key: str = ""
    ) -> None:
        """Nothing is reached before the context is entered."""
        self.pool = pool
        self.agent_id = agent_id
        self.session_id = ""
        self.patience = 30.0
        """Seconds for which a command is repeated while a service is away."""
        self._sign_in_key = sign_in_key
        self._addresses = (presence, routing)
        self._token = ""
        self._resume_token = b""
        self._state: e.AgentState | None = None
        self._following = False
        self._outbox: Outbox[e.DeskEvent] = Outbox(EVENTS_BOUND)
        self._failure: Exception | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    def connect(
        cls, *, pool: str, agent_id: str, presence: str = PRESENCE, routing: str = ROUTING, sign_in_key: str = ""
    ) -> Self:
        """A desk for `async with`; addresses are `host:port`, or several by comma."""
        return cls(pool=pool, agent_id=agent_id, presence=presence, routing=routing, sign_in_key=sign_in_key)

    async def __aenter__(self) -> Self:
        """Sign in and open both streams. Raises DeskRefused, DeskUnreachable."""
        presence, routing = (channel(addresses) for addresses in self._addresses)
        self._channels = (presence, routing)
        self._presence: Any = presence_pb2_grpc.PresenceServiceStub(presence)
        self._routing: Any = routing_pb2_grpc.RoutingServiceStub(routing)
        request = presence_pb2.SignInRequest(pool=self.pool, agent_id=self.agent_id, sign_in_key=self._sign_in_key)
        try:
            response = await ask(self._presence.SignIn, request, "", self.patience)
        except BaseException:
            await self._close_channels()
            raise
        self._token, self.session_id = response.session_token, response.session_id
        self._tasks = [asyncio.create_task(self._attend()), asyncio.create_task(self._follow())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Sign out, unless the session is over or the services are away, and close."""
        if not self._outbox.closed:
            # If nobody is left to be told, the lease runs out by itself.
            with contextlib.suppress(DeskRefused, DeskUnreachable):
                await ask(self._presence.SignOut, presence_pb2.SignOutRequest(), self._token, SIGN_OUT_SECONDS)
        await self.vanish()

    async def vanish(self) -> None:
        """Close without signing out, as a crashed front end would."""
        self._outbox.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._close_channels()

    async def events(self) -> AsyncIterator[e.DeskEvent]:
        """Everything that happens, in order, until the session is over. Raises DeskRefused, DeskUnreachable."""
        while True:
            for event in await self._outbox.take(1.0):
                yield event
            if self._outbox.overflowed():
                # Whoever reads is too slow: begin again from a snapshot, rather than lose something.
                self._tasks[1].cancel()
                self._resume_token = b""
                self._tasks[1] = asyncio.create_task(self._follow())
            if self._outbox.ended:
                if self._failure:
                    raise self._failure
                return

    async def set_status(self, status: a.AgentStatus, reason_code: str = "", *, when_work_ends: bool = False) -> None:
        """Declare a status. Raises DeskRefused, DeskUnreachable, as all commands do."""
        command = a.SetStatus(status=status, reason_code=reason_code, when_work_ends=when_work_ends)
        request = presence_pb2.SetStatusRequest(command_id=fresh_command_id(), set_status=_wire(command))
        await ask(self._presence.SetStatus, request, self._token, self.patience)

    async def clear_not_responding(self) -> None:
        """Say that one is here again after offers went by."""
        request = presence_pb2.ClearNotRespondingRequest(command_id=fresh_command_id())
        await ask(self._presence.ClearNotResponding, request, self._token, self.patience)

    async def accept(self, offer: OfferName) -> None:
        """Take an offer; the work follows as an event."""
        await self._do("AcceptOffer", accept_offer=a.AcceptOffer(offer_id=_offer(offer)))

    async def decline(self, offer: OfferName, reason_code: str = "") -> None:
        """Leave an offer."""
        await self._do("DeclineOffer", decline_offer=a.DeclineOffer(offer_id=_offer(offer), reason_code=reason_code))

    async def send(self, work: WorkName, content: str | Content, message_id: str = "") -> None:
        """Say something to the customer; `message_id` is made unless given."""
        said = Content(body=content) if isinstance(content, str) else content
        command = a.SendMessage(interaction_id=_work(work), message_id=message_id or fresh_id(), content=said)
        await self._do("SendMessage", send_message=command)

    async def complete(self, work: WorkName, disposition: Disposition | None = None) -> None:
        """End the work; wrap-up begins."""
        command = a.CompleteInteraction(interaction_id=_work(work), disposition=disposition)
        await self._do("CompleteInteraction", complete_interaction=command)

    async def finish_wrap_up(self, work: WorkName) -> None:
        """End the wrap-up."""
        await self._do("FinishWrapUp", finish_wrap_up=a.FinishWrapUp(interaction_id=_work(work)))

    async def transfer(self, work: WorkName, queue: str, note: str = "") -> None:
        """Give the work to a queue, with a word for the next agent."""
        word = Content(body=note) if note else None
        command = a.TransferInteraction(interaction_id=_work(work), queue=queue, note=word)
        await self._do("TransferInteraction", transfer_interaction=command)

    async def hold(self, work: WorkName) -> None:
        """Put the customer on hold."""
        await self._do("HoldInteraction", hold_interaction=a.HoldInteraction(interaction_id=_work(work)))

    async def resume(self, work: WorkName) -> None:
        """Take the customer off hold."""
        await self._do("ResumeInteraction", resume_interaction=a.ResumeInteraction(interaction_id=_work(work)))

    async def explain(self, work: WorkName) -> list[tuple[float, Fact]]:
        """The story of an interaction: when each fact was decided, and the fact."""
        request = routing_pb2.ExplainInteractionRequest(interaction_id=_work(work))
        response = await ask(self._routing.ExplainInteraction, request, self._token, self.patience)
        return [(told.decided_at, from_message(told.fact)) for told in response.facts]

    async def _do(self, method: str, **command: a.Command) -> None:
        request_type = getattr(routing_pb2, f"{method}Request")
        wire = {name: _wire(value) for name, value in command.items()}
        request = request_type(command_id=fresh_command_id(), **wire)
        await ask(getattr(self._routing, method), request, self._token, self.patience)

    async def _attend(self) -> None:
        await self._keep(
            "presence",
            lambda: self._presence.Attend(presence_pb2.AttendRequest(), metadata=bearer(self._token)),
            self._hear_presence,
        )

    async def _follow(self) -> None:
        await self._keep(
            "routing",
            lambda: self._routing.FollowWork(
                routing_pb2.FollowWorkRequest(resume_token=self._resume_token), metadata=bearer(self._token)
            ),
            self._hear_work,
        )

    async def _keep(self, service: str, open_stream: Any, hear: Any) -> None:  # noqa: ANN401 - stubs are untyped.
        def interrupted(reason: str) -> None:
            self._following = self._following and service != "routing"
            self._state = None  # The first state afterwards is told even if it is the same: it says that all is well.
            self._outbox.put([e.Reconnecting(service, reason)])

        try:
            await keep_open(open_stream, hear, interrupted)
        except SessionLost as lost:
            self._outbox.put([e.SessionOver(lost.superseded)])
            self._outbox.close()
        except Exception as error:  # noqa: BLE001 - whatever ends a stream for good, the front end must hear of it.
            self._failure = error
            self._outbox.close()

    def _hear_presence(self, frame: presence_pb2.AttendResponse) -> None:
        kind = frame.WhichOneof("frame")
        if kind == "session_superseded":
            raise SessionLost(superseded=True)
        # Routing tells the same states in step with offers and work; this one only fills in while it is away.
        if kind == "state" and not self._following:
            self._show(e.StateChanged(reading.state(frame.state)))

    def _hear_work(self, frame: routing_pb2.FollowWorkResponse) -> None:
        self._following = True
        self._resume_token = frame.resume_token or self._resume_token
        for item in frame.items:
            if item.HasField("session_superseded"):
                raise SessionLost(superseded=True)
            for event in reading.work_events(item):
                self._show(event)

    def _show(self, event: e.DeskEvent) -> None:
        if isinstance(event, e.StateChanged | e.Refreshed):
            if isinstance(event, e.StateChanged) and event.state == self._state:
                return
            self._state = event.state
        if isinstance(event, e.WentStale):
            self._state = None  # The same state again is news then: decisions come once more.
        self._outbox.put([event])

    async def _close_channels(self) -> None:
        for each in self._channels:
            await each.close()


def _wire(command: a.Command) -> Any:  # noqa: ANN401 - each request wants its own message.
    message: WireMessage = to_message(command)
    return message


def _offer(offer: OfferName) -> str:
    return offer if isinstance(offer, str) else offer.offer_id


def _work(work: WorkName) -> str:
    return work if isinstance(work, str) else work.interaction_id
