"""The room of queues: the floor as it stands, folded from the decisions and published for displays.

Promises `watch`, presence and channels the newest row of every queue and agent on kindline.floor, and the engine that
it never needs any of it: when this room is down, only displays stand still.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from kindline.language.log import DecisionRecord
from kindline.ledger.port import Ledger
from kindline.ledger.stream.hosting import HostedStream
from kindline.ledger.stream.room_settings import StreamRoomSettings
from kindline.queues.adapters.checking import SnapshotCheck
from kindline.queues.adapters.folding import FloorFold, queues_room
from kindline.queues.adapters.metrics import Numbers
from kindline.runtime.clock import BusinessClock
from kindline.runtime.on import On

SHOW_SECONDS = 1.0

read_settings = partial(StreamRoomSettings.read, "queues")


@dataclass(frozen=True, slots=True)
class Queues:
    """The running room, as a test or an embedding process sees it."""

    stream: HostedStream[DecisionRecord]
    opened: dict[int, FloorFold]

    def folds(self) -> dict[int, FloorFold]:
        """The floors of the shards that are held now."""
        return {number: self.opened[number] for number in self.stream.shards()}


async def build(
    settings: StreamRoomSettings,
    clock: BusinessClock,  # noqa: ARG001 - every room is built alike; here all time is in the decisions
    ledger: Ledger,
    on: On,
) -> Queues:
    """Hang the room up on `on`; it runs from now on, and is ready once it has read its shards."""
    numbers = Numbers(on.metrics, on.system)
    opened: dict[int, FloorFold] = {}
    room = queues_room(numbers.folded, opened)
    queues = Queues(HostedStream(room, settings.stream(newest_only_while_behind=True), on, numbers.progress), opened)
    on.task("numbers", _show(queues, numbers))
    on.task("snapshots", SnapshotCheck(queues.folds, queues.stream.rebuild).run(ledger))
    return queues


async def _show(queues: Queues, numbers: Numbers) -> None:
    while True:
        numbers.show(queues.folds().values(), queues.stream.lag())
        await asyncio.sleep(SHOW_SECONDS)
