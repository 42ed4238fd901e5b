"""The crew of a rehearsed bank day: the log's own servers, at their seats in the quarter hours in which they served.

Promises the day that a conversation lasts as long as its script says, that work in hand is finished before anybody
goes, and that the last crew stays until the last caller has been served or has gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from kindline.client import AgentStatus, Desk, Work
from kindline.language.ids import Instant
from kindline.rehearsal.callers import Line
from kindline.rehearsal.domain.script import ScriptedCall
from kindline.rehearsal.domain.staffing import Shift
from kindline.rehearsal.seat import Place, Say, Seat, Trade

SIT_DOWN_SECONDS = 1.5
"""Seconds of the system before a stretch, for signing in."""
WRAP_UP_SECONDS = 2.0
GO_HOME_SECONDS = 10.0
"""Seconds of the system in which a status must have come to count at the end."""


class Crew:
    """Everybody at work in a span of the day."""

    def __init__(self, place: Place, calls: Mapping[str, ScriptedCall], line: Line, say: Say) -> None:
        """`calls` by thread."""
        self._place = place
        self._calls = calls
        self._line = line
        self._say = say
        self._closed = asyncio.Event()

    def close(self) -> None:
        """The last caller is gone: the last crew may go home."""
        self._closed.set()

    async def work(self, shifts: Sequence[Shift], midnight: Instant) -> None:
        """Let everybody work their shift; returns when all have gone home."""
        last = max((shift.stretches[-1][1] for shift in shifts), default=0.0)
        async with asyncio.TaskGroup() as group:
            for shift in shifts:
                group.create_task(self._shift(shift, midnight, stays=shift.stretches[-1][1] == last))

    async def _shift(self, shift: Shift, midnight: Instant, *, stays: bool) -> None:
        seat = Seat(self._place, shift.agent_id, Trade(talk=self._talk, wrap_up=self._wrap_up), self._say)
        early = SIT_DOWN_SECONDS * self._line.clock.factor
        await self._until(midnight + shift.stretches[0][0] - early)
        sitting = asyncio.create_task(seat.sit())
        try:
            for begin, until in shift.stretches:
                await self._until(midnight + begin)
                if self._closed.is_set():
                    break
                await seat.declare(AgentStatus.AVAILABLE)
                final = until == shift.stretches[-1][1]
                if final and stays:
                    await self._closed.wait()
                else:
                    await self._until(midnight + until)
                    if not final:
                        await seat.declare(AgentStatus.BREAK, "break", when_work_ends=True)
            await seat.declare(AgentStatus.OFFLINE, "end-of-shift", when_work_ends=True)
            await self._rest(seat)
        finally:
            sitting.cancel()
            await asyncio.gather(sitting, return_exceptions=True)

    async def _until(self, instant: Instant) -> None:
        """Sleep until a business time, or until the last caller is gone."""
        sleeping = asyncio.ensure_future(self._line.until(instant))
        closed = asyncio.ensure_future(self._closed.wait())
        try:
            await asyncio.wait({sleeping, closed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            closed.cancel()

    async def _rest(self, seat: Seat) -> None:
        resting = asyncio.ensure_future(seat.rest())
        closed = asyncio.ensure_future(self._closed.wait())
        try:
            await asyncio.wait({resting, closed}, return_when=asyncio.FIRST_COMPLETED)
            # When the day is over nothing is left to finish; a status that never comes to count must not keep it open.
            await asyncio.wait({resting}, timeout=GO_HOME_SECONDS)
        finally:
            resting.cancel()
            closed.cancel()

    async def _talk(self, desk: Desk, work: Work) -> None:
        call = self._calls.get(work.thread)
        if call is None:
            return
        await self._line.fate(work.thread, lambda fate: fate.served)
        answered_at = self._line.fates.by_thread[work.thread].answered_at or self._line.clock.now()
        await self._line.until(answered_at + call.service_seconds)
        await desk.complete(work)

    async def _wrap_up(self, desk: Desk, work: Work) -> None:
        await self._line.until(self._line.clock.now() + WRAP_UP_SECONDS)
        await desk.finish_wrap_up(work)
