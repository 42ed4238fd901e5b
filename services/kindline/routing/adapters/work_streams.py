"""The streams on which agents learn of offers and work: each has an outbox, and a writer that drains it into one frame.

Promises front ends a snapshot first or a continuation without a gap, then what changes, in the log's order; a burst
costs one write; a front end that is too slow gets a fresh snapshot instead of a growing backlog.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from kindline.language.agent_view import AgentKey, AgentView, Standing, standing
from kindline.language.content import Because
from kindline.ledger.codec.agent_state import state_message
from kindline.routing.adapters.work_items import Item
from kindline.runtime.clock import System
from kindline.runtime.outbox import Outbox
from kindline.v1 import presence_pb2, routing_pb2

Frame = routing_pb2.FollowWorkResponse

FRAME_BYTES = 1024 * 1024
RECONNECT_WITHIN_SECONDS = 5.0


class Placed(NamedTuple):
    """An item and the batch after which a front end that has it may go on; None for what has no place in the log."""

    item: Item
    because: Because | None
    decided_at: float = 0.0


class WorkStream:
    """One open stream of one session."""

    def __init__(self, key: AgentKey, session_id: str, sign: Callable[[AgentKey, Because], bytes]) -> None:
        """`sign` makes the resume token of a place."""
        self.key = key
        self.session_id = session_id
        self.stale = False
        self._sign = sign
        self._outbox: Outbox[Placed] = Outbox()
        self._sequence = 0
        self._told: Because | None = None
        self._token = b""

    @property
    def open(self) -> bool:
        """Whether anything more may be put."""
        return not self._outbox.closed

    def put(self, items: Iterable[Placed]) -> None:
        """Let items wait for the writer."""
        self.stale = False
        self._outbox.put(items)

    def see(self, view: AgentView) -> None:
        """Show the agent as they stand, or say that the session is over."""
        match standing(view, self.session_id):
            case Standing.SUPERSEDED:
                self.end(Item(session_superseded=presence_pb2.SessionSuperseded()))
            case Standing.ENDED:
                self.end()
            case _:
                self.put([Placed(Item(state=state_message(view)), None)])

    def silent(self, seconds: float) -> None:
        """Say that what is shown may be old."""
        self._outbox.put([Placed(Item(stale=presence_pb2.Stale(silent_seconds=seconds)), None)])
        self.stale = True

    def end(self, last_word: Item | None = None) -> None:
        """Say one last word, if any, and end the stream."""
        if not self._outbox.closed:
            self._outbox.put([Placed(last_word, None)] if last_word else [])
            self._outbox.close()

    async def write(
        self,
        send: Callable[[Frame], Awaitable[None]],
        *,
        afresh: Callable[[], Iterable[Placed]],
        sent: Callable[[Sequence[Placed]], None],
        heartbeat_every: float,
        system: System,
    ) -> None:
        """Write until the stream ends; `afresh` gives a snapshot, `sent` hears what was written."""
        while True:
            items = await self._outbox.take(heartbeat_every)
            if self._outbox.overflowed():
                items = list(afresh())
            if not items and self.open and not self.stale:
                beat = presence_pb2.Heartbeat(server_time=system.wall())
                items = [Placed(Item(heartbeat=beat), None)]
            for frame in self._frames(items):
                await send(frame)
            sent(items)
            if self._outbox.ended:
                return

    def _frames(self, items: Sequence[Placed]) -> Iterator[Frame]:
        """Frames of about 1 MiB at most; only the last carries a token, for only then all of its batch was told."""
        waiting: list[Item] = []
        size = 0
        for placed in items:
            size += placed.item.ByteSize()
            if waiting and size > FRAME_BYTES:
                yield self._frame(waiting, b"")
                waiting, size = [], placed.item.ByteSize()
            waiting.append(placed.item)
        if waiting:
            self._sign_last(items)
            yield self._frame(waiting, self._token)

    def _sign_last(self, items: Sequence[Placed]) -> None:
        """Let the token name the batch of the last item that has one."""
        because = next((placed.because for placed in reversed(items) if placed.because), None)
        if because is not None and because is not self._told:
            self._told, self._token = because, self._sign(self.key, because)

    def _frame(self, items: list[Item], token: bytes) -> Frame:
        self._sequence += 1
        return Frame(items=items, sequence=self._sequence, resume_token=token)


def draining() -> Item:
    """The last word of a replica that shuts down."""
    return Item(draining=presence_pb2.Draining(reconnect_within_seconds=RECONNECT_WITHIN_SECONDS))
