"""Sessions on this replica: opens, attaches and closes them, and keeps the ledger told.

Promises that what was said of a session is said in order, that a lost stream is reported even while the call that
carried it is being cancelled, and that every shard hears a sign of life of this replica.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from kindline.language.agent_view import AgentKey, AgentView
from kindline.language.agents import AgentEvent, ReplicaAlive, SessionClosed, SessionCloseReason, SessionOpened
from kindline.ledger.attendance import Attendance, Behind
from kindline.ledger.commands import AgentsLog, CommandDesk, OutcomePending
from kindline.ledger.port import AppendUnknown, LedgerUnavailable
from kindline.presence.adapters.numbers import PresenceNumbers
from kindline.presence.domain.attachments import Attachments
from kindline.runtime.clock import System
from kindline.runtime.identities import fresh_id

OVERDUE_POLL_SECONDS = 1.0


class Sessions:
    """Everything this replica says on kindline.agents but commands."""

    def __init__(
        self, attendance: Attendance, desk: CommandDesk, agents_log: AgentsLog, system: System, numbers: PresenceNumbers
    ) -> None:
        """The replica's id is fresh for each start."""
        self._attendance = attendance
        self._desk = desk
        self._log = agents_log
        self._system = system
        self._numbers = numbers
        self._attachments = Attachments(fresh_id())
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def replica_id(self) -> str:
        """Names this start of the replica."""
        return self._attachments.replica_id

    async def sign_in(self, key: AgentKey, limit: float) -> str:
        """Open a session and wait until it counts; gives its id. Raises Behind, OutcomePending, Refused."""
        session_id = fresh_id()
        opened = self._attachments.sign_in(key, session_id, self._system.monotonic())
        # Should it fail, nobody knows whether the ledger took it: if no stream follows, the session is told to be lost.
        await self._desk.say(*key, opened)
        view = await self._attendance.until(key, lambda view: _knows(view, session_id), limit)
        if not _knows(view, session_id):
            raise OutcomePending("")
        return session_id

    async def attach(self, key: AgentKey, session_id: str) -> int:
        """A stream of the session is here; gives its number. Raises Behind."""
        stream, opened = self._attachments.attach(key, session_id, self._system.monotonic())
        if opened:
            try:
                await self._desk.say(*key, opened)
            except BaseException:
                # The ledger may have taken it, or take it yet.
                self.detach(key, session_id, stream)
                raise
        return stream

    def detach(self, key: AgentKey, session_id: str, stream: int) -> None:
        """The stream is gone; the ledger is told beside the call that ends."""
        closed = self._attachments.detach(key, session_id, stream)
        if closed:
            self._numbers.lost.inc()
            self._beside(self._tell(key, closed))

    def supersede(self, key: AgentKey, session_id: str) -> None:
        """A newer session took this one's place; the end of its stream is no news."""
        self._attachments.end(key, session_id)

    async def sign_out(self, key: AgentKey, session_id: str, limit: float) -> None:
        """End the session and wait until that counts. Raises Behind, OutcomePending."""
        await self._desk.say(*key, SessionClosed(session_id=session_id, reason=SessionCloseReason.SIGNED_OUT))
        self._attachments.end(key, session_id)
        view = await self._attendance.until(key, lambda view: view is None or view.session_id != session_id, limit)
        if view and view.session_id == session_id:
            raise OutcomePending("")

    def look(self, view: AgentView) -> None:
        """Open the session again if its lease was given up while its stream is here."""
        shard = self._attendance.shard(view.pool)
        if not self._attendance.caught_up(shard) or self._attendance.stale_seconds(shard):
            return
        opened = self._attachments.look(view, self._system.monotonic())
        if opened:
            self._numbers.reopened.inc()
            self._beside(self._tell((view.pool, view.agent_id), opened))

    async def live(self, every: float) -> None:
        """For ever: tell every shard that this replica lives, and close sessions whose stream never came."""
        asked = asyncio.create_task(self._close_overdue())
        try:
            while True:
                begun = self._system.monotonic()
                await asyncio.gather(*(self._alive(shard) for shard in range(self._attendance.shards)))
                await asyncio.sleep(max(0.0, every - (self._system.monotonic() - begun)))
        finally:
            asked.cancel()

    async def close(self) -> None:
        """Wait until all that is under way is told."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _alive(self, shard: int) -> None:
        event = AgentEvent(event=ReplicaAlive(replica_id=self.replica_id))
        try:
            await self._log.append(shard, event)
        except (LedgerUnavailable, AppendUnknown):
            self._numbers.failures.labels("ReplicaAlive").inc()

    async def _close_overdue(self) -> None:
        while True:
            for key, closed in self._attachments.overdue(self._system.monotonic()):
                self._beside(self._tell(key, closed))
            self._look_again()
            await asyncio.sleep(OVERDUE_POLL_SECONDS)

    def _look_again(self) -> None:
        # An opening that the ledger did not take is told by nobody: only looking again mends it.
        for key, _ in tuple(self._attachments.attached):
            if view := self._attendance.view(key):
                self.look(view)

    async def _tell(self, key: AgentKey, happening: SessionOpened | SessionClosed) -> None:
        try:
            await self._desk.say(*key, happening)
        except Behind:
            # The lease runs out by itself, and a session that is still attached is looked at again.
            self._numbers.failures.labels(type(happening).__name__).inc()

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


def _knows(view: AgentView | None, session_id: str) -> bool:
    return view is not None and (view.session_id == session_id or session_id in view.former_sessions)
