"""The callers of a rehearsal: each does what their script says, when it says so, by the business clock.

Promises that a caller waits as long as their patience lasts and no longer, except while an agent's telephone rings for
them: on an accelerated clock that moment is the machine's, not the caller's.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

from kindline.language.ids import Instant
from kindline.language.log import DecisionBatch
from kindline.rehearsal.domain.fates import Fate, Fates
from kindline.rehearsal.domain.script import ScriptedCall
from kindline.rehearsal.switch import Switch
from kindline.runtime.clock import BusinessClock

LONGEST_SLEEP_SECONDS = 1.0
LOOK_AGAIN_SECONDS = 5.0
"""A decision that is not heard of is looked for again after so many seconds of the system."""


class Line:
    """Sleeps by the business clock, and wakes whoever waits for a call's fate."""

    def __init__(self, fates: Fates, clock: BusinessClock) -> None:
        """`fates` is fed through `heard`."""
        self.fates = fates
        self.clock = clock
        self._waiting: dict[str, list[asyncio.Event]] = defaultdict(list)

    def heard(self, batch: DecisionBatch, offset: int) -> Sequence[Fate]:
        """Take in a batch that counts; gives the fates that changed."""
        changed = self.fates.apply(batch, offset)
        for thread in changed:
            for event in self._waiting.get(thread, ()):
                event.set()
        return tuple(changed.values())

    async def until(self, instant: Instant) -> None:
        """Sleep until a business time."""
        # The wall may be set while we sleep, so a long sleep is taken in naps.
        while (left := instant - self.clock.now()) > 0:  # noqa: ASYNC110 - time itself is what is waited for
            await asyncio.sleep(min(self.clock.system_seconds(left), LONGEST_SLEEP_SECONDS))

    async def fate(self, thread: str, is_so: Callable[[Fate], bool], *, by: Instant | None = None) -> bool:
        """Wait until a call's fate is so, at the longest until a business time; whether it is."""
        changed = asyncio.Event()
        self._waiting[thread].append(changed)
        try:
            while True:
                changed.clear()
                found = self.fates.by_thread.get(thread)
                if found is not None and is_so(found):
                    return True
                left = LOOK_AGAIN_SECONDS if by is None else self.clock.system_seconds(by - self.clock.now())
                if left <= 0:
                    return False
                await _wait(changed, min(left, LOOK_AGAIN_SECONDS))
        finally:
            self._waiting[thread].remove(changed)


class Callers:
    """Everybody who calls in a span of the day."""

    def __init__(self, calls: Sequence[ScriptedCall], switch: Switch, line: Line) -> None:
        """`calls` in the order of their arrival."""
        self._calls = calls
        self._switch = switch
        self._line = line

    async def call(self) -> None:
        """Let everybody call; returns when each call has ended."""
        async with asyncio.TaskGroup() as group:
            for call in self._calls:
                await self._line.until(call.arrives_at)
                group.create_task(self._play(call))

    async def _play(self, call: ScriptedCall) -> None:
        await self._switch.rings(call)
        await self._line.until(call.leaves_menu_at)
        if call.wants_agent:
            await self._switch.asks_for_agent(call)
            await self._line.fate(call.thread, _in_queue_or_over)
            if not await self._line.fate(call.thread, _answered_or_over, by=call.gives_up_at):
                await self._line.fate(call.thread, _nobody_rings)
        if not self._answered_or_over(call):
            await self._switch.hangs_up(call, call.gives_up_at)
        await self._line.fate(call.thread, _over)

    def _answered_or_over(self, call: ScriptedCall) -> bool:
        found = self._line.fates.by_thread.get(call.thread)
        return found is not None and _answered_or_over(found)


def _in_queue_or_over(fate: Fate) -> bool:
    return fate.queued or _over(fate)


def _answered_or_over(fate: Fate) -> bool:
    return fate.served or _over(fate)


def _nobody_rings(fate: Fate) -> bool:
    return not fate.in_hand or _answered_or_over(fate)


def _over(fate: Fate) -> bool:
    return fate.ends > 0


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
