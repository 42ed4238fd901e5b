"""Tells the ledger how far agents' messages have come, each step once.

Promises the edges that reporting never waits and never repeats what is known; promises the ledger that every report
names the decision that made us deliver.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from dataclasses import dataclass

from kindline.channels.adapters.metrics import Numbers
from kindline.channels.adapters.publishing import NeverStored, NotStored, Publisher
from kindline.channels.domain.delivering import joined, news
from kindline.channels.domain.identities import delivery_event
from kindline.language.content import Because
from kindline.language.events import DeliveryState, InteractionEvent, MessageDeliveryReported
from kindline.language.facts import InteractionReceived

MOST_WAITING = 10_000
MOST_REMEMBERED = 50_000
RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How far one message came, on whose behalf it went out, and through which channel."""

    received: InteractionReceived
    message_id: str
    state: DeliveryState
    because: Because
    source: str
    channel: str
    cause: str = ""


class Reporter:
    """A bounded line of reports that are to be written."""

    def __init__(self, publisher: Publisher, numbers: Numbers) -> None:
        """Nothing is known yet."""
        self._publisher = publisher
        self._numbers = numbers
        self._waiting: deque[Report] = deque()
        self._woken = asyncio.Event()
        self._known: OrderedDict[tuple[str, str], DeliveryState] = OrderedDict()

    def report(self, report: Report) -> None:
        """Line up a report, unless it says nothing new. The oldest gives way when too many wait."""
        key = (report.received.interaction_id, report.message_id)
        before = self._known.get(key, DeliveryState.UNSPECIFIED)
        if not news(before, report.state):
            return
        self._known[key] = joined(before, report.state)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self._numbers.reports_dropped.inc()
        self._waiting.append(report)
        self._woken.set()

    async def run(self) -> None:
        """Write reports for ever, in their order; while the ledger is away they wait."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._waiting:
                report = self._waiting.popleft()
                if not await self._written(report):
                    self._waiting.appendleft(report)
                    await asyncio.sleep(RETRY_SECONDS)

    async def _written(self, report: Report) -> bool:
        received = report.received
        event = InteractionEvent(
            pool=received.pool,
            entry_point=received.entry_point,
            thread=received.thread,
            interaction_id=received.interaction_id,
            because=report.because,
            event=MessageDeliveryReported(
                message_id=report.message_id, delivery_state=report.state, cause=report.cause
            ),
        )
        event_id = delivery_event(received.interaction_id, report.message_id, report.state)
        try:
            await self._publisher.publish(event, source=report.source, event_id=event_id, channel=report.channel)
        except NotStored:
            return False
        except NeverStored:
            return True
        return True
