"""Notices when customers are gone for good, and says so once.

Promises routing a CustomerLeft for every customer whose page has been away longer than the grace, also for those whose
first words no decision has shown yet, and never one on a guess: while decisions do not come, it waits.
"""

from __future__ import annotations

import asyncio
import logging

from kindline.channels.adapters.attendance import Attendance, Gone
from kindline.channels.adapters.following import Following
from kindline.channels.adapters.publishing import NeverStored, NotStored, Publisher
from kindline.channels.domain.conversations import Thread
from kindline.channels.domain.identities import CHAT_SOURCE, ended_event, entry_point_of, left_event
from kindline.channels.domain.saying import leaves_as
from kindline.language.events import CustomerLeft, InteractionEnded, InteractionEvent
from kindline.runtime.clock import System

SWEEP_SECONDS = 0.5

log = logging.getLogger(__name__)


class Departures:
    """Looks twice a second for customers who are gone."""

    def __init__(
        self, attendance: Attendance, following: Following, publisher: Publisher, system: System, orphan_seconds: float
    ) -> None:
        """`orphan_seconds`: how long pages may take to come back after a start; 0 for ever."""
        self._attendance = attendance
        self._following = following
        self._publisher = publisher
        self._system = system
        self._orphan_seconds = orphan_seconds
        self._adopted: set[int] = set()
        self._current: set[int] = set()

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.sweep()
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """Look once."""
        now = self._system.monotonic()
        self._adopt(now)
        self._tell_availability()
        for gone in self._attendance.overdue(now):
            # Writing takes its time, and whoever came back meanwhile is not gone.
            if self._attendance.expected(gone) and self._following.current(self._following.shard(gone.thread[0])):
                await self._settle(gone)

    def _adopt(self, now: float) -> None:
        """Expect back the pages of conversations that were open before this process started."""
        for shard in range(self._following.shards):
            if self._orphan_seconds and shard not in self._adopted and self._following.current(shard):
                self._adopted.add(shard)
                for conversation in self._following.at(shard).open():
                    thread = (conversation.received.pool, conversation.received.thread)
                    self._attendance.miss(thread, now + self._orphan_seconds)

    def _tell_availability(self) -> None:
        """Wake every page when decisions stop coming, or come again."""
        current = {shard for shard in range(self._following.shards) if self._following.current(shard)}
        if current != self._current:
            self._current = current
            self._attendance.wake_all()

    async def _settle(self, gone: Gone) -> None:
        pool, thread = gone.thread
        conversation = self._following.of(pool).at(pool, thread)
        interaction_id, subject = "", ""
        if conversation is not None and conversation.open:
            interaction_id, subject = conversation.received.interaction_id, leaves_as(conversation)
        elif gone.accepted is not None:
            # Their words are in the ledger, but nothing was decided on them: the engine will read this after them.
            said = conversation.lines if conversation is not None else []
            if gone.accepted.message_id not in {line.message_id for line in said}:
                subject = gone.accepted.event_id
        if not subject or await self.publish(gone.thread, interaction_id, subject, CustomerLeft(cause="page closed")):
            self._attendance.settled(gone)

    async def publish(
        self, thread: Thread, interaction_id: str, subject: str, happening: CustomerLeft | InteractionEnded
    ) -> bool:
        """Say that a customer left, or ended it; False when the ledger is away."""
        pool, name = thread
        event_id = left_event(subject) if isinstance(happening, CustomerLeft) else ended_event(subject)
        event = InteractionEvent(
            pool=pool,
            entry_point=entry_point_of(name),
            thread=name,
            interaction_id=interaction_id,
            event=happening,
        )
        try:
            await self._publisher.publish(event, source=CHAT_SOURCE, event_id=event_id, channel="chat")
        except NotStored:
            return False
        except NeverStored:
            return True
        return True
