"""The telephone switch of a rehearsal: tells the ledger what callers and their legs do, as a real integration would.

Promises that an event is told until the ledger has it, under one id, so that telling it again changes nothing; an
outage of the ledger delays a rehearsal, it does not spoil it.
"""

from __future__ import annotations

import asyncio

from kindline.language.content import Direction, ParticipantRole
from kindline.language.events import (
    CustomerLeft,
    HandoverRequested,
    InteractionEvent,
    InteractionHappening,
    InteractionStarted,
    IvrStepEntered,
    LegAnswered,
)
from kindline.language.ids import Instant, shard_of
from kindline.ledger import codec, topics
from kindline.ledger.envelope import headers
from kindline.ledger.port import AppendUnknown, Ledger, LedgerUnavailable, Partition
from kindline.rehearsal.domain.bank_plan import ENTRY_POINT, POOL
from kindline.rehearsal.domain.fates import Connection
from kindline.rehearsal.domain.script import ScriptedCall
from kindline.runtime.clock import BusinessClock

SOURCE = "kindline/rehearsal/switch"
RETRY_SECONDS = 0.5


class Switch:
    """One switch of one bank; a context for the whole rehearsal."""

    def __init__(self, ledger: Ledger, clock: BusinessClock, shards: int) -> None:
        """`shards` is the ledger's partition count."""
        self._writer = ledger.writer()
        self._clock = clock
        self._partition = Partition(topics.INTERACTIONS, shard_of(POOL, shards))
        self.delays = 0
        """How often the ledger did not take an event at once."""

    async def rings(self, call: ScriptedCall) -> None:
        """A caller reaches the voice menu, which holds the call until it hands it over."""
        started = InteractionStarted(
            direction=Direction.INBOUND,
            customer=call.customer,
            language=call.language,
            attributes={"call_type": call.queue},
            priority=call.priority,
            held_by_bot=True,
        )
        await self._tell(call, started, "started", call.arrives_at)
        await self._tell(call, IvrStepEntered(step="main-menu"), "menu", call.arrives_at)

    async def asks_for_agent(self, call: ScriptedCall) -> None:
        """The voice menu hands the call over to its queue."""
        handover = HandoverRequested(
            reason="caller chose an agent",
            collected={"call_type": call.queue},
            queue=call.queue,
            priority=call.priority,
        )
        await self._tell(call, handover, "handover", call.leaves_menu_at)

    async def hangs_up(self, call: ScriptedCall, at: Instant) -> None:
        """The caller is gone."""
        await self._tell(call, CustomerLeft(cause="hung up"), "left", at)

    async def connects(self, call: ScriptedCall, connection: Connection) -> None:
        """The agent's leg is answered: both are together."""
        leg = f"{connection.offer_id}/agent"
        answered = LegAnswered(leg_id=leg, role=ParticipantRole.AGENT, agent_id=connection.agent_id)
        event = InteractionEvent(
            pool=POOL,
            entry_point=ENTRY_POINT.format(call.queue),
            thread=call.thread,
            interaction_id=connection.interaction_id,
            because=connection.because,
            event=answered,
        )
        await self._append(event, f"{connection.offer_id}/connected", self._clock.now())

    async def _tell(self, call: ScriptedCall, happening: InteractionHappening, name: str, at: Instant) -> None:
        entry_point = ENTRY_POINT.format(call.queue)
        event = InteractionEvent(
            pool=POOL, entry_point=entry_point, thread=call.thread, occurred_at=at, event=happening
        )
        await self._append(event, f"{call.thread}/{name}", at)

    async def _append(self, event: InteractionEvent, event_id: str, at: Instant) -> None:
        kind = type(event.event).__name__
        ce_headers = headers(kind=kind, event_id=event_id, source=SOURCE, happened_at=at, subject=event.thread)
        value = codec.encode(event)
        while True:
            try:
                await self._writer.append(self._partition, POOL.encode(), value, ce_headers)
            except (LedgerUnavailable, AppendUnknown):
                self.delays += 1
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def close(self) -> None:
        """Hang up the switch itself."""
        await self._writer.close()
