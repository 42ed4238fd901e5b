"""The room of promises: every SLA clock, kept by the decisions' own time, and what became of it.

Promises whoever reads kindline.sla that each promise is told as met, breached or not at all, under an id that is the
same however often it is said; and the engine that it never waits for this room.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from kindline.language.log import DecisionRecord
from kindline.ledger.port import Ledger
from kindline.ledger.stream.hosting import HostedStream
from kindline.ledger.stream.room_settings import StreamRoomSettings
from kindline.runtime.clock import BusinessClock
from kindline.runtime.on import On
from kindline.sla.adapters.folding import ClocksFold, sla_room
from kindline.sla.adapters.metrics import Numbers

SHOW_SECONDS = 1.0

read_settings = partial(StreamRoomSettings.read, "sla")


@dataclass(frozen=True, slots=True)
class Sla:
    """The running room, as a test or an embedding process sees it."""

    stream: HostedStream[DecisionRecord]
    opened: dict[int, ClocksFold]

    def folds(self) -> list[ClocksFold]:
        """The clocks of the shards that are held now."""
        return [self.opened[number] for number in self.stream.shards()]


async def build(
    settings: StreamRoomSettings,
    clock: BusinessClock,  # noqa: ARG001 - every room is built alike; here all time is in the decisions
    ledger: Ledger,  # noqa: ARG001 - as clock; Faust has its own way to Kafka
    on: On,
) -> Sla:
    """Hang the room up on `on`; it runs from now on, and is ready once it has read its shards."""
    numbers = Numbers(on.metrics, on.system)
    opened: dict[int, ClocksFold] = {}
    room = sla_room(numbers.folded, opened)
    sla = Sla(HostedStream(room, settings.stream(newest_only_while_behind=False), on, numbers.progress), opened)
    on.task("numbers", _show(sla, numbers))
    return sla


async def _show(sla: Sla, numbers: Numbers) -> None:
    while True:
        numbers.show(sla.folds(), sla.stream.lag())
        await asyncio.sleep(SHOW_SECONDS)
