"""Which sessions are attached to this replica, and what the ledger must be told of them.

Promises that a session is opened once per attachment and closed once per loss, that only the last stream of a session
counts as its loss, and that a session whose lease the engine gave up while its stream is still here is opened again.
Times are seconds of a monotonic clock, given by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kindline.language.agent_view import AgentKey, AgentView
from kindline.language.agents import SessionClosed, SessionCloseReason, SessionOpened
from kindline.language.facts.agents import Lease

ATTEND_WITHIN_SECONDS = 10.0
REOPEN_AFTER_SECONDS = 1.0


@dataclass(slots=True)
class Attached:
    """A session with a stream here: the newest stream's number, and when it was last opened."""

    stream: int
    opened_at: float


@dataclass(slots=True)
class Attachments:
    """The sessions of one replica; its id is fresh for each start."""

    replica_id: str
    expected: dict[tuple[AgentKey, str], float] = field(default_factory=dict)
    attached: dict[tuple[AgentKey, str], Attached] = field(default_factory=dict)
    streams: int = 0

    def sign_in(self, key: AgentKey, session_id: str, now: float) -> SessionOpened:
        """A session begins; its stream must follow within 10 s."""
        self.expected[key, session_id] = now + ATTEND_WITHIN_SECONDS
        return self._opened(session_id)

    def attach(self, key: AgentKey, session_id: str, now: float) -> tuple[int, SessionOpened | None]:
        """A stream is here: its number, and what to tell, which is nothing when the sign-in told it just now."""
        self.streams += 1
        told = self.expected.pop((key, session_id), None) is not None
        self.attached[key, session_id] = Attached(self.streams, now)
        return self.streams, None if told else self._opened(session_id)

    def detach(self, key: AgentKey, session_id: str, stream: int) -> SessionClosed | None:
        """A stream is gone: what to tell, which is nothing when a newer stream of the session took its place."""
        attached = self.attached.get((key, session_id))
        if attached is None or attached.stream != stream:
            return None
        del self.attached[key, session_id]
        return SessionClosed(session_id=session_id, reason=SessionCloseReason.STREAM_LOST)

    def end(self, key: AgentKey, session_id: str) -> None:
        """The session is over, by sign-out or because a newer one took its place: its streams' end is no news."""
        self.attached.pop((key, session_id), None)
        self.expected.pop((key, session_id), None)

    def look(self, view: AgentView, now: float) -> SessionOpened | None:
        """The engine gave the lease up, or gives it to another replica, while the stream is here: open it again."""
        key = (view.pool, view.agent_id)
        attached = self.attached.get((key, view.session_id))
        if attached is None or (view.lease is Lease.CONNECTED and view.replica_id == self.replica_id):
            return None
        if now - attached.opened_at < REOPEN_AFTER_SECONDS:
            return None
        attached.opened_at = now
        return self._opened(view.session_id)

    def overdue(self, now: float) -> Iterator[tuple[AgentKey, SessionClosed]]:
        """Sessions whose stream never came: each is told once."""
        for (key, session_id), until in tuple(self.expected.items()):
            if now >= until:
                del self.expected[key, session_id]
                yield key, SessionClosed(session_id=session_id, reason=SessionCloseReason.STREAM_LOST)

    def _opened(self, session_id: str) -> SessionOpened:
        return SessionOpened(session_id=session_id, replica_id=self.replica_id)
