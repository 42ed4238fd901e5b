"""The last word of a stream is said, also where it comes while the writer is still busy with what was said before."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from kindline.presence.adapters import streams as attending
from kindline.routing.adapters.work_streams import Placed, WorkStream, draining
from kindline.runtime.clock import SystemClock
from kindline.v1 import presence_pb2, routing_pb2

AMY = ("acme/support", "amy")

Said = list[str]


async def work_says(while_busy: Callable[[WorkStream], None]) -> Said:
    """What the stream of an agent's work says; `while_busy` happens while its first frame is on its way."""
    stream, said = WorkStream(AMY, "s", lambda _key, _because: b""), Said()

    async def send(frame: routing_pb2.FollowWorkResponse) -> None:
        said.extend(str(item.WhichOneof("item")) for item in frame.items)
        await asyncio.sleep(0)
        if len(said) == 1:
            while_busy(stream)

    stream.put([stale_item()])
    async with asyncio.timeout(5.0):
        await stream.write(send, afresh=tuple, sent=lambda _said: None, heartbeat_every=60.0, system=SystemClock())
    return said


async def presence_says(while_busy: Callable[[attending.AttendStream], None]) -> Said:
    """The same of the stream that proves an agent alive."""
    stream, said = attending.AttendStream(AMY, "s"), Said()

    async def send(frame: presence_pb2.AttendResponse) -> None:
        said.append(str(frame.WhichOneof("frame")))
        await asyncio.sleep(0)
        if len(said) == 1:
            while_busy(stream)

    stream.silent(1.0)
    async with asyncio.timeout(5.0):
        await stream.write(send, 60.0, SystemClock())
    return said


def stale_item() -> Placed:
    """Something to say first."""
    return Placed(routing_pb2.WorkItem(stale=presence_pb2.Stale(silent_seconds=1.0)), None)


async def test_a_replica_that_leaves_while_it_writes_still_says_so() -> None:
    """Front ends hear DRAINING although the end came in the middle of a frame, so that they go elsewhere at once."""
    assert await work_says(lambda stream: stream.end(draining())) == ["stale", "draining"]
    word = attending.Frame(draining=presence_pb2.Draining(reconnect_within_seconds=1.0))
    assert await presence_says(lambda stream: stream.end(word)) == ["stale", "draining"]


async def test_nothing_is_said_after_the_last_word() -> None:
    """What happens after the end of a stream is not told on it any more."""

    def leaves(stream: Any) -> None:  # noqa: ANN401 - either kind of stream
        stream.end(draining())
        stream.silent(1.0)

    assert await work_says(leaves) == ["stale", "draining"]


@pytest.mark.parametrize("says", [work_says, presence_says])
async def test_an_end_without_a_word_is_an_end(says: Callable[[Callable[[Any], None]], Any]) -> None:
    """A session that is over ends its streams without waiting for a heartbeat."""
    assert await says(lambda stream: stream.end()) == ["stale"]
