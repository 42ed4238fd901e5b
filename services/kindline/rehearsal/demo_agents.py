"""Demo agents: they sit at real desks, answer what is typed, take breaks, and leave one seat for the person watching.

Promises that a chat is answered within seconds, once for each line even after a reconnect, and that never two of them
are on a break at the same time.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence

from kindline.client import AgentStatus, Desk, Disposition, Message, ParticipantRole, Work
from kindline.rehearsal.domain.small_talk import answer, closing
from kindline.rehearsal.seat import Place, Say, Seat, Trade

CREW: dict[str, Sequence[str]] = {"acme/support": ("ben", "chen", "dana"), "borough/citizens": ("finn",)}
"""Pool to those who are practised by the demo; amy and eve are for people."""
BREAK_REASONS = {"acme/support": "rest"}

THINK_SECONDS = (0.4, 1.6)
BETWEEN_BREAKS_SECONDS = (300.0, 900.0)
BREAK_SECONDS = (30.0, 60.0)
WRAP_UP_SECONDS = (2.0, 5.0)
QUIET_SECONDS = 300.0


class DemoAgent:
    """One demo agent's manners; `Seat` keeps them at their desk."""

    def __init__(self, place: Place, agent_id: str, chance: random.Random, say: Say) -> None:
        """`chance` decides how long they think and when they rest."""
        self._chance = chance
        self._reason = BREAK_REASONS.get(place.pool, "")
        self._said: dict[str, dict[str, Message]] = defaultdict(dict)
        self._news = asyncio.Event()
        self._seat = Seat(place, agent_id, Trade(talk=self._talk, wrap_up=self._wrap_up, hear=self._hear), say)

    async def work(self, breaks: asyncio.Lock) -> None:
        """Sit, and rest now and then, until cancelled; `breaks` is held by whoever is on one."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._seat.sit())
            await self._seat.declare(AgentStatus.AVAILABLE)
            while True:
                await asyncio.sleep(self._chance.uniform(*BETWEEN_BREAKS_SECONDS))
                async with breaks:
                    await self._seat.declare(AgentStatus.BREAK, self._reason, when_work_ends=True)
                    await asyncio.sleep(self._chance.uniform(*BREAK_SECONDS))
                    await self._seat.declare(AgentStatus.AVAILABLE)

    def _hear(self, message: Message) -> None:
        self._said[message.interaction_id].setdefault(message.message_id, message)
        self._news.set()

    async def _talk(self, desk: Desk, work: Work) -> None:
        try:
            async with asyncio.timeout(QUIET_SECONDS) as quiet:
                while True:
                    unanswered = self._unanswered(work.interaction_id)
                    if unanswered is None:
                        self._news.clear()
                        await self._news.wait()
                        continue
                    await asyncio.sleep(self._chance.uniform(*THINK_SECONDS))
                    await desk.send(work, answer(unanswered.text, work.language), _answer_id(unanswered))
                    self._said[work.interaction_id][_answer_id(unanswered)] = unanswered
                    quiet.reschedule(asyncio.get_running_loop().time() + QUIET_SECONDS)
        except TimeoutError:
            await desk.send(work, closing(work.language))
            await desk.complete(work, Disposition(code="quiet"))

    def _unanswered(self, interaction_id: str) -> Message | None:
        said = self._said[interaction_id]
        for message in said.values():
            if message.author is ParticipantRole.CUSTOMER and _answer_id(message) not in said:
                return message
        return None

    async def _wrap_up(self, desk: Desk, work: Work) -> None:
        await asyncio.sleep(self._chance.uniform(*WRAP_UP_SECONDS))
        await desk.finish_wrap_up(work)
        self._said.pop(work.interaction_id, None)


def _answer_id(message: Message) -> str:
    """The same for the same line, so that an agent who comes back sees what they have answered already."""
    return f"demo-{message.message_id}"[:64]
