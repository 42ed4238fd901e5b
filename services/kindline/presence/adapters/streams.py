"""The streams that prove agents alive: each has an outbox, and a writer that sends the newest state only.

Promises front ends the state first and at each change, a heartbeat when there is nothing else to say, STALE instead of
it while the decisions are silent, and one last word before the stream ends.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

from kindline.language.agent_view import AgentKey, AgentView, Standing, standing
from kindline.ledger.attendance import Attendance
from kindline.ledger.codec.agent_state import state_message
from kindline.presence.adapters.numbers import PresenceNumbers
from kindline.presence.adapters.sessions import Sessions
from kindline.runtime.clock import System
from kindline.runtime.outbox import Outbox
from kindline.v1 import presence_pb2

RECONNECT_WITHIN_SECONDS = 5.0

Frame = presence_pb2.AttendResponse


class AttendStream:
    """One open stream of one session."""

    def __init__(self, key: AgentKey, session_id: str) -> None:
        """Nothing waits to be written yet."""
        self.key = key
        self.session_id = session_id
        self.stale = False
        self._outbox: Outbox[Frame] = Outbox()

    def see(self, view: AgentView) -> None:
        """Show the agent as they stand, or say that the session is over."""
        match standing(view, self.session_id):
            case Standing.SUPERSEDED:
                self.end(Frame(session_superseded=presence_pb2.SessionSuperseded()))
            case Standing.ENDED:
                self.end()
            case _:
                self.stale = False
                self._outbox.put([Frame(state=state_message(view))])

    def silent(self, seconds: float) -> None:
        """Say that what is shown may be old."""
        self.stale = True
        self._outbox.put([Frame(stale=presence_pb2.Stale(silent_seconds=seconds))])

    def end(self, last_word: Frame | None = None) -> None:
        """Say one last word, if any, and end the stream."""
        if not self._outbox.closed:
            self._outbox.put([last_word] if last_word else [])
            self._outbox.close()

    async def write(self, send: Callable[[Frame], Awaitable[None]], heartbeat_every: float, system: System) -> None:
        """Write until the stream ends."""
        while True:
            frames = await self._outbox.take(heartbeat_every)
            if not frames and not self._outbox.closed and not self.stale:
                frames = [Frame(heartbeat=presence_pb2.Heartbeat(server_time=system.wall()))]
            for frame in newest(frames):
                await send(frame)
            if self._outbox.ended:
                return


class AttendStreams:
    """All streams of this replica, by shard."""

    def __init__(self, attendance: Attendance, sessions: Sessions, numbers: PresenceNumbers) -> None:
        """Sessions are told of every change, so that lost leases are opened again."""
        self._attendance = attendance
        self._sessions = sessions
        self._numbers = numbers
        self._streams: dict[int, set[AttendStream]] = defaultdict(set)
        self._draining = False

    def open(self, stream: AttendStream, view: AgentView) -> None:
        """Begin with the agent as they stand; an older stream of the same session ends."""
        shard = self._attendance.shard(stream.key[0])
        for older in self._streams[shard]:
            if older.session_id == stream.session_id:
                older.end()
        self._streams[shard].add(stream)
        self._numbers.streams.inc()
        self._attendance.watch(stream.key, stream.see)
        self._attendance.watch(stream.key, self._sessions.look)
        stream.see(view)
        if stale := self._attendance.stale_seconds(shard):
            stream.silent(stale)
        if self._draining:
            stream.end(_draining())

    def close(self, stream: AttendStream) -> None:
        """The stream is gone."""
        self._streams[self._attendance.shard(stream.key[0])].discard(stream)
        self._numbers.streams.dec()
        self._attendance.unwatch(stream.key, stream.see)
        self._attendance.unwatch(stream.key, self._sessions.look)
        view = self._attendance.view(stream.key)
        if standing(view, stream.session_id) in {Standing.SUPERSEDED, Standing.ENDED}:
            self._sessions.supersede(stream.key, stream.session_id)

    def silent(self, shard: int, seconds: float) -> None:
        """Tell a shard's streams that it is silent, or, with 0, how their agents are now that it is not."""
        for stream in self._streams[shard]:
            if seconds:
                stream.silent(seconds)
            elif view := self._attendance.view(stream.key):
                stream.see(view)

    def drain(self) -> None:
        """Tell every stream to attach elsewhere, and end it."""
        self._draining = True
        for streams in self._streams.values():
            for stream in streams:
                stream.end(_draining())


def newest(frames: Iterable[Frame]) -> list[Frame]:
    """What is worth writing of what waits: of several states only the last, the rest in its order."""
    kept: list[Frame] = []
    for frame in frames:
        if kept and frame.WhichOneof("frame") == "state" == kept[-1].WhichOneof("frame"):
            kept[-1] = frame
        else:
            kept.append(frame)
    return kept


def _draining() -> Frame:
    return Frame(draining=presence_pb2.Draining(reconnect_within_seconds=RECONNECT_WITHIN_SECONDS))
